"""The classify stage: calibrated labels of mentions, and of items."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from voicemine.backends.protocols import Labeller
from voicemine.numerics.calibration import Calibration, Floats, SetCalibration
from voicemine.numerics.placeholders import for_model
from voicemine.stages.base import Stage
from voicemine.stages.classify.labels import apply_overrides, label_probabilities, labels_from
from voicemine.stages.classify.roll_up import roll_up
from voicemine.stages.classify.settings import ClassifySettings
from voicemine.stages.classify.taxonomy import Embed, adapt
from voicemine.taxonomy import Taxonomy

_PART = 16384


@dataclass(frozen=True)
class Classified:
    """Labels of every mention and of every mined item that has one."""

    mention_labels: pd.DataFrame
    item_labels: pd.DataFrame


def probabilities_of(
    logits: Mapping[str, npt.NDArray[Any]], others: Mapping[str, npt.NDArray[Any]], *, models: Mapping[str, Labeller],
    calibration: Calibration, taxonomy: Taxonomy, vectors: Callable[[], npt.NDArray[Any]], embed: Embed,
) -> tuple[dict[str, Floats], dict[str, SetCalibration]]:
    """Probabilities (n, k) of every label set in the taxonomy's labels, and how they are read.

    others: what the user's `models` gave, (n, k) for each set of theirs; the rest comes from `logits`.
    """
    ours = {name: part for name, part in calibration.items() if name not in models}
    given, terms = adapt(label_probabilities(logits, ours), ours, taxonomy, vectors=vectors, embed=embed)
    for name, model in models.items():
        given[name] = np.asarray(others[name], dtype=np.float64)
        # A stranger's confidence was not calibrated for a stated risk: only an asked threshold makes `unclear`.
        terms[name] = SetCalibration(tuple(model.labels))
    return given, terms


def run(
    items_clean: pd.DataFrame, segments: pd.DataFrame, encoding: Mapping[str, npt.NDArray[Any]], *,
    settings: ClassifySettings, calibration: Calibration, taxonomy: Taxonomy, embed: Embed,
    label_models: Mapping[str, Labeller],
) -> Classified:
    """Read the logits of `encoding` as labels in the taxonomy's terms; the sets of `label_models` are read by these.

    Raises ModelError where logits and calibration do not fit.
    """
    mined = items_clean[items_clean["is_mined"]]
    is_whole = settings.items_from == "whole" and len(encoding["item_rows"]) == len(mined)
    asked = [(encoding["rows"], segments["text"])] + ([(encoding["item_rows"], mined["text"])] if is_whole else [])
    others = _read_by_models(asked, label_models) if label_models else {}
    wanted = lru_cache(maxsize=None)(embed)

    def read_part(rows: npt.NDArray[np.int64], texts: pd.DataFrame) -> pd.DataFrame:
        given, terms = probabilities_of(
            {n: encoding[f"logits.{n}"][rows] for n in calibration if n not in label_models},
            {n: values[rows] for n, values in others.items()}, models=label_models, calibration=calibration,
            taxonomy=taxonomy, vectors=lambda: encoding["vectors"][rows], embed=lambda texts: wanted(tuple(texts)))
        labels = labels_from(given, settings=settings, calibration=terms, index=texts.index)
        return apply_overrides(labels, texts, settings.overrides)

    def read(rows: npt.NDArray[np.int64], texts: pd.DataFrame) -> pd.DataFrame:
        # Part by part: probabilities in double precision of all mentions at once would be the run's peak of memory.
        return pd.concat([read_part(rows[at:at + _PART], texts.iloc[at:at + _PART])
                          for at in range(0, max(len(rows), 1), _PART)])

    mentions = pd.concat([segments[["mention_id", "item_id"]], read(encoding["rows"], segments)], axis=1)
    items = roll_up(mentions, items_clean, settings=settings)
    if is_whole:
        whole = pd.concat([mined[["item_id"]], read(encoding["item_rows"], mined)], axis=1)
        items = whole[whole["item_id"].isin(items["item_id"])].reset_index(drop=True)
    return Classified(mentions, items)


def _read_by_models(
    asked: Sequence[tuple[npt.NDArray[np.int64], pd.Series]], models: Mapping[str, Labeller]
) -> dict[str, npt.NDArray[np.float32]]:
    """What each model gives for the distinct texts, (n, k) by their row in the encoding; each is read once."""
    rows, first = np.unique(np.concatenate([r for r, _ in asked]), return_index=True)
    texts = pd.concat([t for _, t in asked], ignore_index=True)
    readings = [for_model(t) for t in texts.iloc[first].tolist()]
    out = {}
    for name, model in models.items():
        out[name] = np.zeros((int(rows.max(initial=-1)) + 1, len(model.labels)), dtype=np.float32)
        out[name][rows] = model.label(readings)
    return out


STAGE = Stage(
    name="classify", version=1, reads=("items_clean", "segments", "encoding"),
    writes=("mention_labels", "item_labels"), settings=ClassifySettings, run=run,
    needs=("calibration", "taxonomy", "embed", "label_models"),
    about="stage, touchpoint, sentiment, emotion, pain and intent",
)
