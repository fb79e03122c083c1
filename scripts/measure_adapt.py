"""Measure labels of a researcher's own: zero-shot from the taxonomy file, few-shot, and the frozen embedding.

    python scripts/measure_adapt.py --data FOLDER [--work FOLDER] [--seeds 5] [--out FILE.md]

Examples are drawn from silver, and every figure is on gold: on purpose changed stages, single stages and touchpoints
that the head is made to forget, and the themes of NHS feedback, which no head knew. Prints Markdown.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import f1_score

from voicemine.backends.branch_file import load_branch
from voicemine.backends.label_branch import LabelBranch
from voicemine.numerics.calibration import SetCalibration, calibration_from, expected_calibration_error, probabilities
from voicemine.numerics.shrunk_logistic import Linear
from voicemine.stages.classify.taxonomy import adapt
from voicemine.taxonomy import Stage, Taxonomy, load_taxonomy
from voicemine.training.adapt import Head, adapt_branch, with_head
from voicemine.training.baselines import frozen_logistic
from voicemine.training.data import as_model_reads, near_duplicates, read_rows
from voicemine.training.own_model import read_texts
from voicemine.training.states import Encoder, embed, load_encoder

ROOT = Path(__file__).resolve().parents[1]
SETS = ("stage", "touchpoint")
SIZES = (8, 16, 32)
FORGOTTEN = {
    "stage": ("purchase", "consideration", "onboarding", "support"),
    "touchpoint": ("delivery_shipping", "mobile_app", "phone_call_centre", "billing_pricing", "staff_in_person",
                   "account_login"),
}
PER_LABEL = {"stage": 110, "touchpoint": 70}
NHS_TRAIN, NHS_TEST = 40, 20
RENAMED = {"awareness": "choosing", "consideration": "choosing", "purchase": "buying", "onboarding": "getting_started"}
GOODS = frozenset({"product", "packaging", "mobile_app", "website", "account_login", "documents_info"})
SPLIT = {
    "using_the_product": (
        "Using the physical or digital product: its quality, fit, features, reliability, bugs of the app or website.",
        ("The zip broke after a week.", "The app crashes whenever I open my list.", "Soft, warm and true to size.")),
    "using_the_service": (
        "Receiving the service as performed: the trip, the stay, the meal, the treatment, staff at work, its price.",
        ("We sat on the train for two hours.", "The room was spotless.", "Fees went up again without a word.")),
    "choosing": (
        "Meeting the brand or deciding whether to buy: adverts, word of mouth, comparing offers, asking before buying.",
        ("I saw your advert on the bus.", "Do you ship to Ireland and how much would that cost?")),
}


@dataclass(frozen=True)
class Texts:
    """n rows: what the heads of the sets read, the frozen embeddings, the records."""

    x: Mapping[str, np.ndarray]
    vectors: np.ndarray
    rows: list[dict[str, Any]]


class Bench:
    """The shipped model and its encoder."""

    def __init__(self, folder: Path, work: Path | None) -> None:
        self.encoder: Encoder = load_encoder()
        self.branch: LabelBranch = load_branch(folder, encoder=self.encoder.folder)
        self.calibration = calibration_from(json.loads((folder / "calibration.json").read_text(encoding="utf8")))
        files = (ROOT / "configs" / "taxonomies" / f"{name}.yaml" for name in ("journey", "touchpoints"))
        self.taxonomy = load_taxonomy(*files)
        self.work = work
        self.card = (folder / "card.json").read_bytes()

    def texts(self, rows: list[dict[str, Any]]) -> Texts:
        read = [as_model_reads(str(r["text"])) for r in rows]
        digest = hashlib.sha256(self.card + "\0".join(read).encode()).hexdigest()[:16]
        kept = self.work / f"adapt-{digest}.npz" if self.work else None
        if kept is None or not kept.is_file():
            x, vectors = read_texts(read, self.branch, self.encoder, SETS)
            if kept is None:
                return Texts(x, vectors, rows)
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.savez(kept, vectors=vectors, **x)
        found = np.load(kept)
        return Texts({name: found[name] for name in SETS}, found["vectors"], rows)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return embed(list(texts), self.encoder, max_tokens=256)


def draw(rows: list[dict[str, Any]], columns: Mapping[str, int], seed: int) -> list[dict[str, Any]]:
    """At most so many rows of each label of each column, in the rows' order."""
    rng, kept = np.random.default_rng(seed), set()
    for column, most in columns.items():
        for label in sorted({r[column] for r in rows}):
            own = [i for i, r in enumerate(rows) if r[column] == label]
            kept |= set(rng.permutation(own)[:most].tolist())
    return [rows[i] for i in sorted(kept)]


def examples(truth: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Rows of `size` examples of each label, fewer where there are fewer, none of a label with fewer than 4."""
    rng = np.random.default_rng(seed)
    picked = [rng.permutation(np.flatnonzero(truth == label))[:size] for label in np.unique(truth)]
    return np.concatenate([p for p in picked if len(p) >= 4])


def without(bench: Bench, label_set: str, dropped: Sequence[str]) -> tuple[LabelBranch, dict[str, SetCalibration]]:
    """The branch whose head lacks some labels, as if it had never known them."""
    old, module = bench.branch.shape.labels[label_set], bench.branch.heads[label_set]
    keep = [i for i, label in enumerate(old) if label not in dropped]
    labels = tuple(old[i] for i in keep)
    linear = Linear(*(p.detach().numpy()[keep].astype(np.float64) for p in (module.weight, module.bias)))
    part = replace(bench.calibration[label_set], labels=labels, bias=())
    return (with_head(bench.branch, label_set, Head(labels, linear, np.zeros(len(labels)), 0.0)),
            {**bench.calibration, label_set: part})


def zero_shot(
    bench: Bench, branch: LabelBranch, calibration: Mapping[str, SetCalibration], taxonomy: Taxonomy, test: Texts
) -> dict[str, tuple[np.ndarray, tuple[str, ...]]]:
    """Probabilities and labels of both sets as classify gives them, in the taxonomy's terms."""
    given = {name: probabilities(logits_of(branch, name, test), calibration[name]) for name in SETS}
    both = {name: calibration[name] for name in SETS}
    found, read = adapt(given, both, taxonomy, vectors=lambda: test.vectors, embed=bench.embed)
    return {name: (found[name], read[name].labels) for name in SETS}


def logits_of(branch: LabelBranch, label_set: str, texts: Texts) -> np.ndarray:
    with torch.inference_mode():
        found: np.ndarray = branch.heads[label_set](torch.from_numpy(texts.x[label_set]).float()).numpy()
    return found


def scores(guess: np.ndarray, truth: np.ndarray, label: str | None, sure: np.ndarray | None = None) -> np.ndarray:
    """Recall and precision of one label, macro-F1, accuracy and calibration error of the set."""
    hits, told = guess[truth == label] == label, truth[guess == label] == label
    ece = np.nan if sure is None else expected_calibration_error(sure, guess == truth)
    return np.array([
        hits.mean() if len(hits) else np.nan, told.mean() if len(told) else 0.0,
        f1_score(truth, guess, average="macro", labels=np.unique(truth), zero_division=0), (guess == truth).mean(), ece,
    ])


def read_off(given: np.ndarray, labels: Sequence[str], truth: np.ndarray, label: str | None) -> np.ndarray:
    return scores(np.array(labels, object)[given.argmax(1)], truth, label, given.max(1))


def few_shot(
    branch: LabelBranch, calibration: Mapping[str, SetCalibration], label_set: str, pool: Texts, wanted: np.ndarray,
    test: Texts, truth: np.ndarray, *, label: str | None, size: int, seeds: int,
) -> dict[str, np.ndarray]:
    """Scores (seeds, 5) of the adapted head and of logistic regression on the frozen embedding."""
    ours, frozen = [], []
    for seed in range(seeds):
        index = examples(wanted, size, seed)
        made = adapt_branch(branch, calibration, label_set, wanted[index].tolist(), pool.x[label_set][index],
                            pool.vectors[index], seed=seed)
        given = probabilities(logits_of(made.branch, label_set, test), made.calibration[label_set])
        ours.append(read_off(given, made.labels, truth, label))
        guess = frozen_logistic(pool.vectors[index], wanted[index], test.vectors, seed=seed)
        frozen.append(scores(guess, truth, label))
    return {f"few-shot, {size} a label": np.array(ours), f"frozen embedding + LR, {size} a label": np.array(frozen)}


def line(name: str, found: np.ndarray) -> str:
    """A table row: means over seeds, and the range where there are several."""
    def cell(values: np.ndarray) -> str:
        if np.isnan(values).all():
            return "–"
        spread = f" ({values.min():.2f}–{values.max():.2f})" if len(values) > 1 else ""
        return f"{values.mean():.2f}{spread}"

    return f"| {name} | " + " | ".join(map(cell, np.atleast_2d(found).T)) + " |"


def head_line(first: str) -> str:
    return (f"| {first} | recall of the label | precision | macro-F1 of the set | accuracy | ECE |\n"
            "|---|---|---|---|---|---|")


def forgotten(bench: Bench, pool: Texts, test: Texts, label_set: str, seeds: int) -> str:
    """One label at a time is dropped from the head and given back."""
    truth = np.array([r[label_set] for r in test.rows], object)
    wanted = np.array([r[label_set] for r in pool.rows], object)
    lines, every = [head_line(label_set)], dict[str, list[np.ndarray]]()
    whole = probabilities(logits_of(bench.branch, label_set, test), bench.calibration[label_set])
    for label in FORGOTTEN[label_set]:
        branch, calibration = without(bench, label_set, (label,))
        given, labels = zero_shot(bench, branch, calibration, bench.taxonomy, test)[label_set]
        known = bench.branch.shape.labels[label_set]
        found = {"shipped head, which learnt it": read_off(whole, known, truth, label)[None],
                 "zero-shot": read_off(given, labels, truth, label)[None]}
        for size in SIZES:
            found |= few_shot(branch, calibration, label_set, pool, wanted, test, truth, label=label, size=size,
                              seeds=seeds)
        count = int((truth == label).sum())
        for name, part in found.items():
            every.setdefault(name, []).append(part)
            lines.append(line(f"{label} ({count} rows): {name}", part))
    means = [line(name, np.mean([p.mean(0) for p in parts], axis=0)) for name, parts in every.items()]
    return (f"### {label_set}: one label forgotten and given back\n\nMeans over the labels:\n\n"
            + "\n".join([head_line("system"), *means]) + "\n\nEach label:\n\n" + "\n".join(lines))


def changed(bench: Bench, pool: Texts, test: Texts, seeds: int) -> str:
    """Stages renamed, two merged, one split in two."""
    def renamed(row: Mapping[str, Any]) -> str:
        stage = str(row["stage"])
        if stage == "use":
            return "using_the_product" if row["touchpoint"] in GOODS else "using_the_service"
        return RENAMED.get(stage, stage)

    truth = np.array([renamed(r) for r in test.rows], object)
    wanted = np.array([renamed(r) for r in pool.rows], object)
    plain = Taxonomy(stages=_new_stages(bench.taxonomy.stages, mapped=False), touchpoints=bench.taxonomy.touchpoints)
    mapped = Taxonomy(stages=_new_stages(bench.taxonomy.stages, mapped=True), touchpoints=bench.taxonomy.touchpoints)
    lines = ["| stages | macro-F1 | accuracy | ECE |", "|---|---|---|---|"]

    def add(name: str, found: np.ndarray) -> None:
        lines.append(line(name, np.atleast_2d(found)[:, 2:]))

    for name, taxonomy in (("zero-shot, without `learnt_as`", plain),
                           ("`learnt_as`, and using_the_service zero-shot", mapped)):
        given, labels = zero_shot(bench, bench.branch, bench.calibration, taxonomy, test)["stage"]
        add(name, read_off(given, labels, truth, None))
    for size in SIZES:
        for name, found in few_shot(bench.branch, bench.calibration, "stage", pool, wanted, test, truth, label=None,
                                    size=size, seeds=seeds).items():
            add(name, found)
    return ("### stages changed on purpose\n\nAwareness and consideration merged, purchase and onboarding renamed, use "
            "split by what is used (product or service), the others as they were:\n\n" + "\n".join(lines))


def _new_stages(stages: Sequence[Stage], *, mapped: bool) -> tuple[Stage, ...]:
    out: dict[str, Stage] = {}
    for stage in stages:
        names = ("using_the_product", "using_the_service") if stage.label == "use" else (
            RENAMED.get(stage.label, stage.label),)
        for name in names:
            words, texts = SPLIT.get(name, (stage.definition, stage.examples))
            before = out[name].learnt_as or () if name in out else ()
            learnt = (*before, stage.label) if mapped and name != "using_the_service" else None
            out[name] = Stage(label=name, classic=stage.classic, definition=words, examples=texts, learnt_as=learnt)
    return tuple(out.values())


def nhs(bench: Bench, data: Path, seeds: int) -> str:
    """Themes of NHS feedback, which no head of the model ever saw, as touchpoints."""
    rows = [{**r, "label": r["labels"][0]} for r in read_rows(data / "labelled" / "nhs_v6.jsonl.gz")
            if len(r["labels"]) == 1 and r["labels"][0] not in ("Labelling not possible", "Not assigned")]
    parts = {s: [r for r in rows if r["split"] == s] for s in ("train", "dev")}
    counts = {s: {label: sum(r["label"] == label for r in part) for label in {r["label"] for r in part}}
              for s, part in parts.items()}
    labels = sorted(label for label, n in counts["train"].items()
                    if n >= NHS_TRAIN and counts["dev"].get(label, 0) >= NHS_TEST)
    pool, test = (bench.texts(draw([r for r in parts[s] if r["label"] in labels], {"label": most}, 0))
                  for s, most in (("train", 60), ("dev", 60)))
    truth, wanted = (np.array([r["label"] for r in t.rows], object) for t in (test, pool))
    lines = ["| system | macro-F1 | accuracy | ECE |", "|---|---|---|---|"]
    for size in SIZES:
        for name, found in few_shot(bench.branch, bench.calibration, "touchpoint", pool, wanted, test, truth,
                                    label=None, size=size, seeds=seeds).items():
            lines.append(line(name, found[:, 2:]))
    return (f"### a foreign label set: {len(labels)} themes of NHS feedback\n\n{len(test.rows)} rows of its dev split, "
            f"at most 60 a theme; examples from its train split: {'; '.join(labels)}.\n\n" + "\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=ROOT / "models" / "labels")
    parser.add_argument("--work", type=Path, help="keeps what the encoder made of the texts")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if not (given.data / "gold" / "dev.jsonl").is_file():
        print(f"{given.data} holds no gold/dev.jsonl: nothing to measure")
        return
    torch.set_num_threads(given.threads)
    bench = Bench(given.models, given.work)
    gold = read_rows(given.data / "gold" / "dev.jsonl")
    drawn = draw(read_rows(given.data / "silver" / "train.jsonl"), PER_LABEL, 0)
    near = near_duplicates([r["text"] for r in drawn], [r["text"] for r in gold], near=0.8)
    pool, test = bench.texts([r for r, n in zip(drawn, near, strict=True) if not n]), bench.texts(gold)
    parts = ["## Labels of one's own"]
    for part in (lambda: changed(bench, pool, test, given.seeds), lambda: nhs(bench, given.data, given.seeds),
                 *(lambda s=s: forgotten(bench, pool, test, s, given.seeds) for s in SETS)):
        parts.append(part())
        print(parts[-1] + "\n", flush=True)
    if given.out:
        given.out.write_text("\n\n".join(parts) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
