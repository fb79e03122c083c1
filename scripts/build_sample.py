"""Build the sample corpus (survey, reviews, tickets and their truth) from the texts in `data/sample/source`.

The texts are written by hand; this script only adds what a shop's systems would add: ids, customers, dates that
follow the planted story, and a few repeated submissions. Same sources and seed give byte-identical files.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import yaml

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample"
SEED = 26
SOURCES = ("survey", "reviews", "tickets")
RETURNING = 0.41  # chance that a row comes from a customer who already wrote
MOST_ROWS = 4  # by one customer, repeats aside
EXACT_COPIES, NEAR_COPIES = 10, 15
SUMMER_TIME = datetime(2026, 3, 29, 1)
MONTHS = {"Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6, "Jul": 7}
QUOTED_DATE = re.compile(r"(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul)[a-z]* 2026(?:,? (?:at )?(\d\d):(\d\d))?")
HOURS = [*range(7, 23)]
HOUR_WEIGHTS = [2, 4, 7, 8, 7, 7, 9, 8, 6, 6, 6, 7, 8, 8, 6, 3]
DAY_WEIGHTS = [6, 6, 5, 5, 5, 4, 3]
# Screen names of reviewers are made of these, so that none is a person's name.
HANDLE_FIRST = ["mossy", "otter", "teapot", "quiet", "rainy", "copper", "wren", "puddle", "biscuit", "linen"]
HANDLE_FIRST += ["damson", "pebble", "gorse", "bramble", "rusty", "velvet", "saffron", "kettle", "cobble", "harbour"]
HANDLE_LAST = ["lane", "fox", "shed", "spoon", "boots", "garden", "moth", "cardigan", "dales", "hill", "badger"]
HANDLE_LAST += ["window", "attic", "heron", "sock", "bridge", "plum", "wool", "lantern", "mug", "cottage", "snail"]


@dataclass(frozen=True)
class Row:
    """One source row on its way to a file. `item_themes` maps each answer of the row ("" if only one) to its keys."""

    source: str
    number: int  # line in the source file: the tie-breaker everywhere
    data: dict[str, Any]
    item_themes: dict[str, list[str]]
    when: datetime = datetime.min
    customer: str = ""
    row_id: str = ""
    copy_of: int = -1
    copy_kind: str = ""
    themes: list[str] = field(default_factory=list)


def load(source_dir: Path, *, story: dict[str, Any]) -> list[Row]:
    """Read the three source files. Raises ValueError with file and line for an unknown theme or a bad window."""
    rows: list[Row] = []
    for source in SOURCES:
        path = source_dir / f"{source}.jsonl"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if not line.strip():
                continue
            data = json.loads(line)
            items = _item_themes(source, data, non_answers=frozenset(story["non_answers"]))
            themes = list(dict.fromkeys(key for keys in items.values() for key in keys))
            unknown = [key for key in themes if key not in story["themes"]]
            low, high = data["weeks"]
            if unknown or not 1 <= low <= high <= story["weeks"]:
                raise ValueError(f"{path.name} line {number}: unknown themes {unknown} or bad weeks {data['weeks']}")
            rows.append(Row(source, number, data, items, themes=themes))
    return rows


def _item_themes(source: str, data: dict[str, Any], *, non_answers: frozenset[str]) -> dict[str, list[str]]:
    """Keys per answer. Without a key, an answer is a non-answer or generic; a lone wish ("more colours") stays bare."""
    if source != "survey":
        return {"": list(data["themes"]) or ["generic"]}
    items: dict[str, list[str]] = {}
    for question in ("why", "improve"):
        text = str(data.get(question) or "").strip()
        if not text:
            continue
        bare = ["non_answer"] if text.casefold() in non_answers else ["generic"] if question == "why" else []
        items[question] = list(data[f"{question}_themes"]) or bare
    return items


def pick(random: Random, weights: Sequence[float]) -> int:
    """Index drawn by weight. Own code, because only `Random.random` is the same in every Python version."""
    point = random.random() * sum(weights)
    for index, weight in enumerate(weights):
        point -= weight
        if point < 0:
            return index
    return max(index for index, weight in enumerate(weights) if weight > 0)


def intensity(theme: dict[str, Any], weeks: int) -> list[float]:
    """Items a week by the story, index 0 = week 1."""
    rates = [0.0] * weeks
    for first, last, rate in theme["weekly"]:
        rates[first - 1 : last] = [float(rate)] * (last - first + 1)
    return rates


def date_rows(rows: list[Row], *, story: dict[str, Any], random: Random) -> list[Row]:
    """Give each row a time in its window, so that every theme follows its weekly intensity, with some noise.

    A row counts for the theme with the sharpest timing among its themes. Rows with narrow windows go first; a week
    is drawn by what the theme still lacks there.
    """
    weeks = story["weeks"]
    curves = {key: intensity(theme, weeks) for key, theme in story["themes"].items()}
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        lead = max(row.themes, key=lambda key: max(curves[key]) / (sum(curves[key]) or 1), default="")
        groups[lead].append(row)
    dated: list[Row] = []
    for key in sorted(groups):
        noisy = [rate * (0.85 + 0.3 * random.random()) for rate in curves.get(key, [1.0] * weeks)]
        lacking = [len(groups[key]) * rate / sum(noisy) for rate in noisy]
        order = sorted(groups[key], key=lambda r: (r.data["weeks"][1] - r.data["weeks"][0], r.source, r.number))
        for row in order:
            low, high = row.data["weeks"]
            week = low + pick(random, [max(lacking[w - 1], 0.02) for w in range(low, high + 1)])
            lacking[week - 1] -= 1
            dated.append(replace(row, when=_moment(row, week, story=story, random=random)))
    return dated


def _moment(row: Row, week: int, *, story: dict[str, Any], random: Random) -> datetime:
    monday = datetime.combine(story["first_monday"], datetime.min.time()) + timedelta(weeks=week - 1)
    after = latest_quoted(row.data.get("body", ""))
    if after and monday <= after < monday + timedelta(days=7):  # a reply comes after what it quotes
        left = monday + timedelta(days=7) - after
        when = after + timedelta(hours=1) + (min(left, timedelta(days=2)) - timedelta(hours=2)) * random.random()
        return when if when.hour >= HOURS[0] else when.replace(hour=21)
    day, hour = pick(random, DAY_WEIGHTS), HOURS[pick(random, HOUR_WEIGHTS)]
    return monday + timedelta(days=day, hours=hour, seconds=int(random.random() * 3600))


def latest_quoted(body: str) -> datetime | None:
    """The latest full date in a mail thread (its quoted headers), or None."""
    found = [
        datetime(2026, MONTHS[month], int(day), int(hour or 12), int(minute or 0))
        for day, month, hour, minute in QUOTED_DATE.findall(body)
    ]
    return max(found, default=None)


def add_copies(rows: list[Row], *, random: Random) -> list[Row]:
    """Add repeated submissions: some letter for letter within minutes, some slightly changed later in the week."""
    long = [i for i, row in enumerate(rows) if row.data["lang"] == "en" and sum(map(len, _texts(row))) > 40]
    copies: list[Row] = []
    for nth in range(EXACT_COPIES + NEAR_COPIES):
        mine = [i for i in long if rows[i].source == SOURCES[nth % 3]]
        index = mine[int(random.random() * len(mine))]
        long.remove(index)
        row, near = rows[index], nth >= EXACT_COPIES
        days = int(random.random() * (7 - row.when.weekday())) if near else 0
        when = row.when + timedelta(days=days, minutes=1 + random.random() * (40 if near else 9))
        data, kind = (_near(row, nth // 3), "near") if near else (row.data, "exact")
        copies.append(replace(row, data=data, when=when, copy_of=index, copy_kind=kind))
    return rows + copies


def _texts(row: Row) -> list[str]:
    names = {"survey": ("why", "improve"), "reviews": ("title", "text"), "tickets": ("subject", "body")}[row.source]
    return [str(row.data.get(name) or "") for name in names]


def _near(row: Row, nth: int) -> dict[str, Any]:
    data = dict(row.data)
    if row.source == "tickets":
        notes = ("Sending this again in case it got lost.\n\n", "2nd time of asking\n", "(resent, form froze)\n\n")
        data["body"] = notes[nth % 3] + data["body"]
    elif row.source == "reviews":
        elsewhere = {"web": "play_store", "play_store": "web", "app_store": "web"}
        data |= {"channel": elsewhere.get(data["channel"], "web"), "title": "", "app_version": ""}
        data["text"] = data["text"].lower() if nth % 2 else data["text"].rstrip(".!") + "!!"
    else:
        data["why"] = data["why"].rstrip(".") + (" " if nth % 2 else "...")
    return data


def assign_customers(rows: list[Row], *, random: Random) -> list[Row]:
    """Give each row a customer; some come back, mostly with the same trouble, also from survey to ticket.

    One profile (segment, region, age band) per customer, one signed e-mail per customer, and people who write in
    another language than English keep to themselves.
    """
    order = sorted(range(len(rows)), key=lambda i: (rows[i].when, rows[i].source, rows[i].number, rows[i].copy_kind))
    numbers = sorted({100_000 + int(random.random() * 900_000) for _ in range(2 * len(rows))})
    profiles: dict[str, tuple[str, ...] | None] = {}
    signed: set[str] = set()
    seen: list[tuple[str, Row]] = []
    written: Counter[str] = Counter()
    result = list(rows)
    for i in order:
        row = rows[i]
        profile = tuple(row.data[k] for k in ("segment", "region", "age_band")) if row.source == "survey" else None
        signs = row.source == "tickets" and row.data["channel"] == "email"
        free = [
            (c, old)
            for c, old in seen
            if written[c] < MOST_ROWS
            and (profile is None or profiles[c] in (None, profile))
            and not (signs and c in signed)
            and not (old.source == row.source and old.when > row.when - timedelta(days=5))
        ]
        alike = [c for c, old in free if set(old.themes) & set(row.themes)]
        if row.copy_of >= 0:
            customer = result[row.copy_of].customer
        elif row.data["lang"] == "en" and free and random.random() < RETURNING:
            choice = alike if alike and random.random() < 0.6 else [c for c, _ in free]
            customer = choice[int(random.random() * len(choice))]
        else:
            customer = f"FC{numbers.pop(int(random.random() * len(numbers)))}"
        written[customer] += 1
        profiles[customer] = profile or profiles.get(customer)
        if signs:
            signed.add(customer)
        if row.data["lang"] == "en":
            seen.append((customer, row))
        result[i] = replace(row, customer=customer)
    return result


def number_rows(rows: list[Row]) -> list[Row]:
    """Ids in order of time within each source."""
    result = list(rows)
    for source, prefix, start in (("survey", "SV", 1001), ("reviews", "RV", 1001), ("tickets", "TK", 40001)):
        mine = [i for i, row in enumerate(rows) if row.source == source]
        mine.sort(key=lambda i: (rows[i].when, rows[i].number, rows[i].copy_kind))
        for count, i in enumerate(mine):
            result[i] = replace(rows[i], row_id=f"{prefix}{start + count}")
    return result


def handles(rows: Iterable[Row], *, random: Random) -> dict[str, str]:
    """A reviewer's screen name per customer: plain words, never a person's name."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for customer in sorted({row.customer for row in rows}):
        first = HANDLE_FIRST[int(random.random() * len(HANDLE_FIRST))]
        last = HANDLE_LAST[int(random.random() * len(HANDLE_LAST))]
        digits = int(random.random() * 100)
        name = (f"{first}_{last}", f"{first}{last}{digits}", f"{last}{digits}")[pick(random, [3, 3, 2])]
        names[customer] = name if name not in taken else f"{first}.{last}.{len(taken)}"
        taken.add(names[customer])
    return names


def write_survey(path: Path, rows: Iterable[Row], *, questions: dict[str, str]) -> None:
    head = ["response_id", "submitted_at", "nps", questions["why"], questions["improve"], "customer_id"]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([*head, "segment", "region", "age_band"])
        for r in rows:
            d = r.data
            out.writerow([r.row_id, f"{r.when:%Y-%m-%d %H:%M}", d["nps"], d.get("why") or "", d.get("improve") or "",
                          r.customer, d["segment"], d["region"], d["age_band"]])  # fmt: skip


def review_records(rows: Iterable[Row], names: dict[str, str]) -> Iterator[dict[str, Any]]:
    for r in rows:
        d = r.data
        yield {
            "review_id": r.row_id, "posted_at": f"{r.when:%Y-%m-%dT%H:%M:%S}Z", "stars": d["stars"],
            "title": d.get("title") or "", "text": d["text"], "channel": d["channel"],
            "app_version": d.get("app_version") or None, "reviewer": names[r.customer],
        }  # fmt: skip


def ticket_records(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    for r in rows:
        zone = timezone(timedelta(hours=1 if r.when >= SUMMER_TIME else 0))
        yield {
            "ticket_id": r.row_id, "opened_at": r.when.replace(microsecond=0, tzinfo=zone).isoformat(),
            "channel": r.data["channel"], "subject": r.data["subject"], "body": r.data["body"],
            "customer_id": r.customer,
        }  # fmt: skip


def write_jsonl(path: Path, records: Iterable[dict[str, Any]]) -> None:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_text(text, encoding="utf-8", newline="\n")


def item_ids(row: Row) -> dict[str, str]:
    """Answer ("" if only one) to item id; a survey item is the response and the question, as `SV1001/why`."""
    return {answer: f"{row.row_id}/{answer}" if answer else row.row_id for answer in row.item_themes}


def truth(rows: list[Row], *, story: dict[str, Any]) -> dict[str, Any]:
    """The story, per theme its facts, weekly counts and item ids by source, and the list of copies."""
    monday = datetime.combine(story["first_monday"], datetime.min.time())
    themes: dict[str, Any] = {}
    by_id = sorted(rows, key=lambda r: r.row_id)
    for key, facts in story["themes"].items():
        ids: dict[str, list[str]] = {source: [] for source in SOURCES}
        weekly = [0] * story["weeks"]
        for row in by_id:
            carried = [item_ids(row)[answer] for answer, keys in row.item_themes.items() if key in keys]
            ids[row.source] += carried
            weekly[(row.when - monday).days // 7] += len(carried)
        facts = {name: value for name, value in facts.items() if name != "weekly"}
        themes[key] = facts | {"total": sum(weekly), "per_week": weekly, "items": ids}
    copies = [
        {"item": item_ids(row)[answer], "copy_of": item_ids(rows[row.copy_of])[answer], "kind": row.copy_kind}
        for row in by_id if row.copy_of >= 0 for answer in row.item_themes
    ]  # fmt: skip
    none = [item_ids(row)[answer] for row in by_id for answer, keys in row.item_themes.items() if not keys]
    foreign = {row.row_id: row.data["lang"] for row in by_id if row.data["lang"] != "en"}
    return {
        "first_monday": story["first_monday"], "weeks": story["weeks"],
        "item_ids": "reviews: review_id; tickets: ticket_id; survey: response_id/question, see questions",
        "questions": story["questions"], "items": sum(len(row.item_themes) for row in rows),
        "rows": {source: sum(row.source == source for row in rows) for source in SOURCES},
        "customers": len({row.customer for row in rows}), "themes": themes, "copies": copies,
        "without_theme": none, "languages": foreign,
    }  # fmt: skip


def build(source_dir: Path, out_dir: Path, *, seed: int = SEED) -> dict[str, Any]:
    """Write the four files of the corpus to `out_dir` and return the truth."""
    story = yaml.safe_load((source_dir / "story.yaml").read_text(encoding="utf-8"))
    random = Random(seed)
    rows = date_rows(load(source_dir, story=story), story=story, random=random)
    rows = number_rows(assign_customers(add_copies(rows, random=random), random=random))
    told = truth(rows, story=story)
    ordered = sorted(rows, key=lambda r: r.row_id)
    of = {source: [row for row in ordered if row.source == source] for source in SOURCES}
    out_dir.mkdir(parents=True, exist_ok=True)
    write_survey(out_dir / "survey.csv", of["survey"], questions=story["questions"])
    write_jsonl(out_dir / "reviews.jsonl", review_records(of["reviews"], handles(rows, random=random)))
    write_jsonl(out_dir / "tickets.jsonl", ticket_records(of["tickets"]))
    head = "# Made by scripts/build_sample.py from data/sample/source; do not edit by hand.\nstory: |\n"
    head += "".join(f"  {line}\n" for line in story["prose"].splitlines())
    body = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)
    (out_dir / "truth.yaml").write_text(head + body, encoding="utf-8", newline="\n")
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the sample corpus from its hand-written texts.")
    parser.add_argument("--source", type=Path, default=SAMPLE / "source", help="folder with the texts and story.yaml")
    parser.add_argument("--out", type=Path, default=SAMPLE, help="folder to write to")
    parser.add_argument("--seed", type=int, default=SEED)
    args = parser.parse_args()
    told = build(args.source, args.out, seed=args.seed)
    counts = ", ".join(f"{n} {source}" for source, n in told["rows"].items())
    print(f"{told['items']} items ({counts} rows) from {told['customers']} customers in {args.out}")


if __name__ == "__main__":
    main()
