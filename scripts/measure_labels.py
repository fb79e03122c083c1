"""Measure the shipped label model: gold beside its baselines, public sets, stars, behaviour, and its failures.

    python scripts/measure_labels.py [--data FOLDER] [--models models/labels] [--out FILE.md]

Without --data only the behavioural tests are run, which ship with the project.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.stats import spearmanr

from voicemine.backends.branch_file import load_branch
from voicemine.numerics.calibration import calibration_from
from voicemine.stages.classify.labels import label_probabilities, labels_from
from voicemine.stages.classify.settings import ClassifySettings
from voicemine.training.baselines import frozen_logistic, majority
from voicemine.training.behaviour import run_cases, summary
from voicemine.training.data import as_model_reads, read_rows
from voicemine.training.report import score_table, set_score
from voicemine.training.states import compute_states, embed, load_encoder
from voicemine.training.train import predict

ROOT = Path(__file__).resolve().parents[1]
SENTIMENTS = ("negative", "neutral", "positive", "mixed")
NHS = {"1.0": "positive", "2.0": "positive", "3.0": "neutral", "4.0": "negative", "5.0": "negative"}
PUBLIC = {
    "airline tweets, dev": ("airline_sentiment", "sentiment", None, "dev", "negative"),
    "NHS feedback, dev": ("nhs_v6", "sentiment5", NHS, "dev", "neutral"),
    "TweetEval sentiment": ("tweeteval_sentiment_val", "sentiment", None, None, "neutral"),
}


class Model:
    """The branch, its calibration and the encoder; texts in, label table out."""

    def __init__(self, folder: Path) -> None:
        self.encoder = load_encoder()
        self.branch = load_branch(folder, encoder=self.encoder.folder)
        self.calibration = calibration_from(json.loads((folder / "calibration.json").read_text(encoding="utf8")))

    def table(self, texts: Sequence[str]) -> pd.DataFrame:
        read = [as_model_reads(text) for text in texts]
        states = compute_states(read, self.encoder, base_layer=self.branch.shape.base_layer, max_tokens=256)
        given = label_probabilities(predict(self.branch, states, np.arange(len(read))), self.calibration)
        out = labels_from(given, settings=ClassifySettings(), calibration=self.calibration)
        out["pain"] = np.where(out["is_pain"], "1", "0")
        return out


def codes(values: Sequence[str]) -> np.ndarray:
    return np.array([SENTIMENTS.index(v) for v in values])


def frozen(model: Model, train: list[dict[str, Any]], fields: tuple[str, str], others: Sequence[str]) -> np.ndarray:
    """Frozen encoder + logistic regression, fitted on `train` rows with (text, label) fields."""
    texts = [as_model_reads(str(r[fields[0]])) for r in train]
    vectors = embed([*texts, *map(as_model_reads, others)], model.encoder, max_tokens=96)
    return frozen_logistic(vectors[: len(texts)], codes([r[fields[1]] for r in train]), vectors[len(texts) :], seed=0)


def public_scores(model: Model, data: Path) -> str:
    """Three-way sentiment on public sets; `mixed` folded as the set would have it."""
    silver = read_rows(data / "silver" / "train.jsonl")
    rows: dict[str, Any] = {}
    for title, (name, field, mapping, split, fold) in PUBLIC.items():
        every = read_rows(data / "labelled" / f"{name}.jsonl.gz")
        for row in every:
            row["gold"] = mapping.get(str(row[field])) if mapping else row[field]
        test = [r for r in every if r["gold"] and (split is None or r.get("split") == split)]
        train = [r for r in every if r["gold"] and r.get("split") == "train"]
        texts = [str(r["text"]) for r in test]
        truth = codes([r["gold"] for r in test])
        ours = codes([fold if s == "mixed" else s for s in model.table(texts)["sentiment"]])
        rows[title] = {"majority": set_score(truth, majority(truth, len(truth)))}
        fitted = train or [r for r in silver if r["sentiment"] != "mixed"]
        label = "gold" if train else "sentiment"
        rows[title]["frozen + LR" + ("" if train else " on silver")] = set_score(
            truth, frozen(model, fitted, ("text", label), texts)
        )
        rows[title]["voicemine"] = set_score(truth, ours)
    return "## Sentiment on public sets\n\n" + score_table(rows)


def stars(model: Model, data: Path, limit: int) -> str:
    """Spearman correlation of the sentiment score with stars."""
    lines = ["## Sentiment score against stars (Spearman)", "", "| set | items | correlation |", "|---|---|---|"]
    for name, text, rating in (("womens_clothing", "Review Text", "Rating"), ("uber_2024", "content", "score")):
        frame = pd.read_csv(data / "raw" / f"{name}.csv.gz")
        lower = {c.lower().strip().replace(" ", "_"): c for c in frame.columns}
        text = next(lower[c] for c in (text.lower().replace(" ", "_"), "review_text", "text", "content") if c in lower)
        rating = next(lower[c] for c in (rating.lower(), "rating", "score", "stars") if c in lower)
        frame = frame.dropna(subset=[text, rating]).sample(limit, random_state=0)
        scores = model.table(frame[text].astype(str).tolist())["sentiment_score"]
        found = spearmanr(scores.to_numpy(), frame[rating].to_numpy(float)).statistic
        lines.append(f"| {name} | {limit} | {found:.3f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--models", type=Path, default=ROOT / "models" / "labels")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--stars", type=int, default=1500, help="items of each set with stars")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    model = Model(given.models)
    cases = read_rows(ROOT / "data" / "behaviour" / "sentiment.jsonl")
    parts = ["## Behavioural tests\n\n" + summary(run_cases(cases, model.table))]
    if given.data:
        parts += [public_scores(model, given.data), stars(model, given.data, given.stars)]
    text = "\n\n".join(parts)
    print(text)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
