"""From the logits of each label set to the label columns of a table of texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from voicemine.errors import ModelError
from voicemine.numerics.calibration import Calibration, Floats, SetCalibration, probabilities
from voicemine.stages.classify.settings import ClassifySettings, LabelOverride

UNCLEAR = "unclear"
COLUMNS = (
    "stage", "stage_confidence", "stage_best", "touchpoint", "touchpoint_confidence", "touchpoint_best",
    "sentiment", "sentiment_confidence", "sentiment_score", "emotion", "emotion_confidence",
    "is_pain", "pain_probability", "intent", "intent_confidence",
)
# Of two texts with the same polarity, the one with the stronger emotion lies further out.
_INTENSITY = {"delight": 1.0, "gratitude": 0.9, "anger": 1.0, "frustration": 0.8, "sadness": 0.8, "worry": 0.7,
              "trust": 0.8, "satisfaction": 0.7, "disappointment": 0.7, "surprise": 0.7, "confusion": 0.6, "none": 0.5}


def label_probabilities(logits: Mapping[str, npt.NDArray[Any]], calibration: Calibration) -> dict[str, Floats]:
    """Calibrated probabilities (n, k) of each label set.

    Raises ModelError when logits and calibration do not name the same sets or sizes.
    """
    for name, part in calibration.items():
        if name not in logits or logits[name].shape[1] != len(part.labels):
            raise ModelError(f"the label model gives no logits that fit the calibration of '{name}'")
    return {name: probabilities(logits[name], part) for name, part in calibration.items()}


def sentiment_scores(sentiment: Floats, labels: tuple[str, ...], emotion: Floats, feelings: tuple[str, ...]) -> Floats:
    """Degree of sentiment (n,) in -1..1: the lead of positive over negative, stretched by the emotions' strength."""
    lead = sentiment[:, labels.index("positive")] - sentiment[:, labels.index("negative")]
    strength = emotion @ np.array([_INTENSITY.get(name, 0.7) for name in feelings])
    scores: Floats = np.clip(lead * (0.4 + 0.6 * strength), -1.0, 1.0)
    return scores


def _first(found: Floats, part: SetCalibration) -> tuple[npt.NDArray[Any], Floats]:
    return np.array(part.labels, dtype=object)[found.argmax(axis=1)], found.max(axis=1)


def labels_from(
    given: Mapping[str, Floats], *, settings: ClassifySettings, calibration: Calibration, index: pd.Index | None = None
) -> pd.DataFrame:
    """The label columns for n texts from their probabilities. A confidence is that of the first choice."""
    out: dict[str, Any] = {}
    for name, asked in (("stage", settings.stage_threshold), ("touchpoint", settings.touchpoint_threshold)):
        best, sure = _first(given[name], calibration[name])
        threshold = calibration[name].threshold if asked is None else asked
        out[name] = np.where(sure < threshold, UNCLEAR, best)
        out[f"{name}_confidence"], out[f"{name}_best"] = sure, best
    for name in ("sentiment", "emotion", "intent"):
        out[name], out[f"{name}_confidence"] = _first(given[name], calibration[name])
    out["sentiment_score"] = sentiment_scores(
        given["sentiment"], calibration["sentiment"].labels, given["emotion"], calibration["emotion"].labels
    )
    out["pain_probability"] = given["pain"][:, calibration["pain"].labels.index("1")]
    out["is_pain"] = out["pain_probability"] >= settings.pain_threshold
    return pd.DataFrame(out, index=index)[list(COLUMNS)]


def _hit(texts: pd.DataFrame, override: LabelOverride) -> npt.NDArray[np.bool_]:
    if override.id is not None:
        hits = [texts[c].astype(str).to_numpy() == override.id for c in ("mention_id", "item_id") if c in texts]
        found: npt.NDArray[np.bool_] = np.logical_or.reduce(hits)
        return found
    pattern = re.compile(rf"(?<!\w){re.escape(str(override.contains))}(?!\w)", re.IGNORECASE)
    return np.array([bool(pattern.search(text)) for text in texts["text"].astype(str)], dtype=bool)


def apply_overrides(
    labels: pd.DataFrame, texts: pd.DataFrame, overrides: tuple[LabelOverride, ...]
) -> pd.DataFrame:
    """Set by hand what the overrides name; later ones win. A label set by hand has confidence 1.

    `labels` and `texts` have the same rows; `texts` holds mention_id and/or item_id, and text.
    """
    out = labels.copy()
    for override in overrides:
        hit = _hit(texts, override)
        if override.column == "is_pain":
            out.loc[hit, "is_pain"] = override.label == "true"
            out.loc[hit, "pain_probability"] = float(override.label == "true")
            continue
        out.loc[hit, override.column] = override.label
        out.loc[hit, f"{override.column}_confidence"] = 1.0
        if f"{override.column}_best" in out:
            out.loc[hit, f"{override.column}_best"] = override.label
        if override.column == "sentiment":
            value = {"positive": 0.8, "negative": -0.8}.get(override.label, 0.0)
            out.loc[hit, "sentiment_score"] = value
    return out


def classify(
    mentions: pd.DataFrame,
    logits: Mapping[str, npt.NDArray[Any]],
    *,
    settings: ClassifySettings,
    calibration: Calibration,
) -> pd.DataFrame:
    """Labels of each mention: mention_id, item_id and the label columns, in the rows' order.

    `logits[set]` (n, k) belongs to the n rows of `mentions`. Raises ModelError when they do not fit.
    """
    if any(len(part) != len(mentions) for part in logits.values()):
        raise ModelError("the label model's logits and the mentions differ in number")
    given = label_probabilities(logits, calibration)
    labels = labels_from(given, settings=settings, calibration=calibration, index=mentions.index)
    labels = apply_overrides(labels, mentions, settings.overrides)
    return pd.concat([mentions[["mention_id", "item_id"]], labels], axis=1)
