"""Accuracy of exported labels against labelled items."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import f1_score

from voicemine.errors import InputError

_COLUMNS = {"stage": "stage", "touchpoint": "touchpoint", "sentiment": "sentiment", "emotion": "emotion",
            "intent": "intent", "is_pain": "pain"}
_TRUE, _FALSE = {"1", "true", "yes"}, {"0", "false", "no"}


@dataclass(frozen=True)
class LabelScore:
    """Scores of one label set on `n` items. lenient also accepts the gold's runner-up (column `<label>2`).

    ece: expected calibration error over ten equal bins, of the first choice's confidence; None without one.
    """

    name: str
    n: int
    accuracy: float
    lenient: float
    macro_f1: float
    ece: float | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def read_gold(path: Path) -> pd.DataFrame:
    """Labelled items from JSON lines or CSV: a column `id` or `item_id`, and label columns.

    Raises InputError where the file cannot be read or has no id.
    """
    try:
        if path.suffix == ".csv":
            gold = pd.read_csv(path, dtype=str, keep_default_na=False)
        else:
            rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
            gold = pd.DataFrame(rows).astype(object)
    except (OSError, ValueError) as fault:
        raise InputError(f"cannot read the labelled items in {path}: {fault}") from fault
    if "item_id" not in gold.columns and "id" in gold.columns:
        gold = gold.rename(columns={"id": "item_id"})
    if "item_id" not in gold.columns:
        raise InputError(f"{path}: no column 'id' or 'item_id'; the labels cannot be matched to items")
    return gold.assign(item_id=gold["item_id"].astype(str))


def calibration_error(confidence: npt.NDArray[np.float64], correct: npt.NDArray[np.bool_], *, bins: int = 10) -> float:
    """Expected calibration error (Naeini et al., 2015): mean gap of confidence (n,) and hits (n,), by equal bins."""
    place = np.clip((confidence * bins).astype(int), 0, bins - 1)
    gaps = [abs(confidence[place == b].mean() - correct[place == b].mean()) * (place == b).mean()
            for b in range(bins) if (place == b).any()]
    return float(sum(gaps))


def evaluate_labels(items: pd.DataFrame, gold: pd.DataFrame) -> list[LabelScore]:
    """Scores for each label set that the gold names. An item that the run left unlabelled counts as wrong.

    Raises InputError where no gold id is among the items, or the gold names no label set.
    """
    found = gold.merge(items, on="item_id", how="left", suffixes=("_gold", ""), indicator=True)
    if not (found["_merge"] == "both").any():
        raise InputError("none of the labelled ids is an item of this run; check the id column")
    scores = []
    for column, key in _COLUMNS.items():
        name = next((c for c in (f"{key}_gold", f"{column}_gold", key) if c in found.columns and (
            c.endswith("_gold") or c not in items.columns)), None)
        if name is None:
            continue
        kept = found[found[name].notna() & (found[name].astype(str) != "")]
        if len(kept):
            scores.append(_score(kept, column, name, f"{key}2"))
    if not scores:
        raise InputError(f"the labelled file names none of: {', '.join(_COLUMNS.values())}")
    return scores


def _plain(values: pd.Series) -> npt.NDArray[np.str_]:
    def one(value: Any) -> str:
        text = "<missing>" if pd.isna(value) else str(value).strip()
        low = text.lower()
        return "1" if low in _TRUE else "0" if low in _FALSE else text
    return np.array([one(v) for v in values], dtype=str)


def _score(found: pd.DataFrame, column: str, gold_column: str, second_column: str) -> LabelScore:
    gold, guess = _plain(found[gold_column]), _plain(found[column])
    second = _plain(found[second_column]) if second_column in found.columns else np.full(len(found), "<none>")
    best = _plain(found[f"{column}_best"]) if f"{column}_best" in found.columns else guess
    ece = None
    if f"{column}_confidence" in found.columns:
        sure = pd.to_numeric(found[f"{column}_confidence"]).to_numpy(dtype=float)
        ok = np.isfinite(sure)
        ece = calibration_error(sure[ok], (gold == best)[ok]) if ok.any() else None
    return LabelScore(
        column, len(found), float((gold == guess).mean()), float(((gold == guess) | (second == guess)).mean()),
        float(f1_score(gold, guess, labels=sorted(set(gold)), average="macro", zero_division=0)), ece)
