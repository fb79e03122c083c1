"""Measure the clean stage: redaction, text repair, speed, and where the time goes.

    python scripts/measure_clean.py                      # the redaction test set of this repository
    python scripts/measure_clean.py --shared ../shared   # and the public sets, where they are at hand
    python scripts/measure_clean.py --examples           # before and after, for each kind of dirt

A span counts as found when every letter and digit of it was replaced, whatever the type: what matters is that it is
gone. A replacement counts as right when it touches a span that was marked. On the support turns, codes and names
stand without their question and many true values carry no mark, so both figures there are lower bounds.
"""

from __future__ import annotations

import argparse
import cProfile
import csv
import gzip
import hashlib
import json
import pstats
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import ftfy
import ftfy.badness
import pandas as pd

from voicemine.backends.spacy_pipeline import SHIPPED, load_pipeline
from voicemine.stages.clean import CleanSettings, clean, explain
from voicemine.stages.clean.item import clean_many
from voicemine.stages.clean.language import identify
from voicemine.stages.clean.redact import find
from voicemine.stages.clean.repair import repair
from voicemine.stages.segment import SegmentSettings, segment

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = CleanSettings()
SLOTS = {
    "name": "PERSON", "username": "PERSON", "ssn": "NATIONAL_ID", "email_address": "EMAIL", "card_number": "CARD",
    "phonenumber": "PHONE",
    "phone_number": "PHONE", "account_number": "ACCOUNT", "target_account_number": "ACCOUNT", "account_id": "ACCOUNT",
    "policyid": "ACCOUNT", "claimid": "TICKET", "booking_confirmation_number": "ORDER", "address": "ADDRESS",
    "current_zipcode": "POSTCODE", "password": "PASSWORD"}
EXAMPLES = {
    "wrong encoding": "Itâ€™s a lovely cafÃ©, butâ€¦ the soup was cold ðŸ™‚",
    "HTML and entities": "<p>Late <b>again</b><br>&amp; nobody called &lt;3</p>",
    "invisible characters": "The la\u200bmp\u00a0broke\x07 twice",
    "elongation": "Sooooooo slow!!!!!!!!!!",
    "mail": "Dear team,\n\nThe kettle leaks again.\n\nKind regards,\nAnna Example\n\nOn Mon, 5 Jan 2026, Help "
            "<help@shop.example> wrote:\n> Sorry",
    "chat": "Agent: How can I help?\nCustomer: My line is dead since Monday.\nAgent: Sorry to hear that.",
    "personal data": "My name is Sarah Whitfield, order W-4471-99, call (415) 555-2671 or sarah.w@mail.example",
    "speech to text": "my name is jerry khan and booking confirmation number is h 76 k 98",
    "masks": "On XX/XX/2019 XXXX XXXX charged {$300.00} to ****4417",
    "non-answer": "n/a",
    "other language": "Der Service war wirklich sehr schlecht und viel zu teuer",
    "advert": "Earn $5000 per week from home, click here https://win.example/now",
    "brand reply": "@kim_77 We're so sorry to hear this! Please DM us your booking so we can look into it.",
}


class Hasher:
    """A keyed hash of fixed key: good enough to measure with."""

    def digest(self, text: str) -> str:
        return hashlib.blake2b(text.encode(), key=b"measure").hexdigest()


class Tally:
    """Found, missed and false by type."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.right: Counter[str] = Counter()
        self.false: Counter[str] = Counter()

    def judge(self, text: str, spans: list[tuple[str, int, int]]) -> None:
        findings = find(text, regions=SETTINGS.phone_regions)
        covered = {at for f in findings for at in range(f.start, f.end)}
        for kind, start, end in spans:
            gone = all(at in covered for at in range(start, end) if text[at].isalnum())
            (self.found if gone else self.missed)[kind] += 1
        for f in findings:
            touched = any(start < f.end and f.start < end for _, start, end in spans)
            (self.right if touched else self.false)[f.type] += 1

    def show(self, title: str) -> None:
        print(f"\n{title}\n{'type':<12} {'spans':>6} {'recall':>7} {'replaced':>9} {'precision':>10}")
        kinds = sorted({*self.found, *self.missed, *self.false, *self.right})
        patterned = [k for k in kinds if k not in ("PERSON", "MASKED")]
        for name, group in (*((k, [k]) for k in kinds), ("patterned", patterned)):
            spans = sum(self.found[k] + self.missed[k] for k in group)
            hits = sum(self.right[k] + self.false[k] for k in group)
            recall = f"{sum(self.found[k] for k in group) / spans:.3f}" if spans else "-"
            precision = f"{sum(self.right[k] for k in group) / hits:.3f}" if hits else "-"
            print(f"{name:<12} {spans:>6} {recall:>7} {hits:>9} {precision:>10}")


def own_set(split: str) -> Tally:
    tally = Tally()
    for line in (ROOT / "data/redaction/positives.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["split"] == split:
            tally.judge(row["text"], [(s["type"], s["start"], s["end"]) for s in row["spans"]])
    for line in (ROOT / "data/redaction/negatives.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["split"] == split:
            tally.judge(row["text"], [])
    return tally


def languages() -> None:
    """How often the language is told, and how often told wrong, on the test set of this repository."""
    told: Counter[str] = Counter()
    for line in (ROOT / "data/language/items.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        code = identify(row["text"], floor=SETTINGS.language_confidence).code
        kind = "right" if code == row["lang"] else "undetermined" if code == "und" else "wrong"
        told[f"{'und' if row['lang'] == 'und' else 'language'} {kind}"] += 1
    print("\nlanguage of short feedback in 17 languages, and of texts that have none")
    for kind, count in sorted(told.items()):
        print(f"  {kind:<28} {count:>6}")


def support_turns(path: Path) -> Tally:
    tally = Tally()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            words, slots = row["text"].split(" "), row["slots"].split()
            if len(words) == len(slots):
                tally.judge(row["text"], list(_slot_spans(words, slots)))
    return tally


def _slot_spans(words: list[str], slots: list[str]) -> Iterator[tuple[str, int, int]]:
    start = at = 0
    for number, word in enumerate(words):
        if number == 0 or slots[number] != slots[number - 1]:
            start = at
        last = number + 1 == len(words) or slots[number + 1] != slots[number]
        if last and slots[number] in SLOTS:
            yield SLOTS[slots[number]], start, at + len(word)
        at += len(word) + 1


def garbled(path: Path) -> None:
    """Reviews whose UTF-8 was read as Windows-1252: how many come back.

    The reference is the strict inverse of the wrong reading, taken over the whole text; where the file also holds
    the clean twin, that is counted apart.
    """
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        texts = [row["content"] for row in csv.DictReader(lines)]
    known = set(texts)
    wrong, restored, twins, undone = 0, 0, 0, 0
    for text in texts:
        try:
            reference = text.encode("sloppy-windows-1252").decode("utf-8")
        except UnicodeError:
            undone += not text.isascii()
            continue
        if reference != text:
            wrong += 1
            restored += repair(text).text == repair(reference).text
            twins += reference in known
    left = sum(ftfy.badness.is_bad(repair(text).text) for text in texts if not text.isascii())
    print(f"\ngarbled reviews with a strict inverse: {wrong}; restored exactly: {restored} "
          f"({restored / max(wrong, 1):.4f}); "
          f"clean twin in the file: {twins}; without strict inverse: {undone}; still garbled after repair: {left}")


def speed(path: Path, *, items: int, processes: int | None, profile: bool) -> None:
    """Items a second of clean and segment, and the memory of this process and of its largest worker."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for _, line in zip(range(items), lines, strict=False)]
    raw = pd.DataFrame({
        "source": "mix", "source_row": range(1, len(rows) + 1), "item_id": [r["id"] for r in rows], "author": None,
        "created_at": pd.to_datetime([r.get("date") for r in rows], utc=True, format="mixed"),
        "score": [r.get("rating") for r in rows],
        "score_kind": None, "channel": None, "question": None, "text": [r["text"] for r in rows],
        "attr_group": [r.get("group") for r in rows]})
    del rows
    chosen = SETTINGS if processes is None else CleanSettings(processes=processes)
    nlp = load_pipeline(SHIPPED, components=("senter", "clauser"))
    clean_many(["warm 123 456 7890, ça va très bien, mon ami"], settings=SETTINGS)
    started, burnt = time.perf_counter(), time.process_time()
    result = clean(raw, settings=chosen, hasher=Hasher())
    seconds, cpu = time.perf_counter() - started, time.process_time() - burnt
    started = time.perf_counter()
    mentions = segment(result.items_clean[result.items_clean["is_mined"]], settings=SegmentSettings(), nlp=nlp)
    cutting = time.perf_counter() - started
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    own, worker = (resource.getrusage(w).ru_maxrss // 1024 for w in who)
    print(f"\n{len(raw)} items, {chosen.processes} process(es): clean {len(raw) / seconds:.0f} items/s by the clock, "
          f"{len(raw) / cpu:.0f} by CPU time of this process; segment {len(raw) / cutting:.0f}; both "
          f"{len(raw) / (seconds + cutting):.0f}; {len(mentions)} mentions; peak {own} MiB, "
          f"largest worker {worker} MiB")
    for name, count in result.counts.items():
        print(f"  {name:<28} {count:>8}")
    if profile:
        profiler = cProfile.Profile()
        profiler.runcall(clean, raw.head(20_000), settings=SETTINGS, hasher=Hasher())
        stats = pstats.Stats(profiler, stream=sys.stdout).strip_dirs().sort_stats("cumtime")
        stats.print_stats(30)


def show_examples() -> None:
    for kind, text in EXAMPLES.items():
        print(f"\n{kind}\n  before  {text!r}")
        steps = explain({"text": text}, SETTINGS)
        print(f"  after   {steps[-1].text!r}\n  verdict {steps[-1].reason}")
        for step in steps[1:-2]:
            print(f"          {step.step}: {step.reason}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--shared", type=Path, help="folder of the public data sets")
    options.add_argument("--items", type=int, default=50_000, help="items of the speed run (default 50000)")
    options.add_argument("--processes", type=int, help="default: what clean.processes: auto chooses")
    options.add_argument("--profile", action="store_true", help="show where the time goes")
    options.add_argument("--examples", action="store_true", help="show before and after for each kind of dirt")
    given = options.parse_args()
    if given.examples:
        show_examples()
        return
    own_set("tuned").show("own test set, the part that the rules were tuned on")
    own_set("fresh").show("own test set, written after the rules")
    languages()
    if given.shared:
        data = given.shared / "data"
        support_turns(data / "labelled/multidogo_support_sentences.jsonl.gz").show("customer turns of "
                                                                                   "multidogo_support_sentences")
        garbled(data / "raw/uber_2024.csv.gz")
        speed(data / "corpus/feedback_mix.jsonl.gz", items=given.items, processes=given.processes,
              profile=given.profile)


if __name__ == "__main__":
    main()
