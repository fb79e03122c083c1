"""The classify stage: calibrated labels of mentions, and of items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from voicemine.numerics.calibration import Calibration
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


def run(
    items_clean: pd.DataFrame, segments: pd.DataFrame, encoding: Mapping[str, npt.NDArray[Any]], *,
    settings: ClassifySettings, calibration: Calibration, taxonomy: Taxonomy, embed: Embed,
) -> Classified:
    """Read the logits of `encoding` as labels in the taxonomy's terms. Raises ModelError where they do not fit."""

    wanted = lru_cache(maxsize=None)(lambda texts: embed(texts))

    def read_part(rows: npt.NDArray[np.int64], texts: pd.DataFrame) -> pd.DataFrame:
        given = label_probabilities({n: encoding[f"logits.{n}"][rows] for n in calibration}, calibration)
        given, terms = adapt(given, calibration, taxonomy, vectors=lambda: encoding["vectors"][rows],
                             embed=lambda texts: wanted(tuple(texts)))
        labels = labels_from(given, settings=settings, calibration=terms, index=texts.index)
        return apply_overrides(labels, texts, settings.overrides)

    def read(rows: npt.NDArray[np.int64], texts: pd.DataFrame) -> pd.DataFrame:
        # Part by part: probabilities in double precision of all mentions at once would be the run's peak of memory.
        return pd.concat([read_part(rows[at:at + _PART], texts.iloc[at:at + _PART])
                          for at in range(0, max(len(rows), 1), _PART)])

    mentions = pd.concat([segments[["mention_id", "item_id"]], read(encoding["rows"], segments)], axis=1)
    items = roll_up(mentions, items_clean, settings=settings)
    mined = items_clean[items_clean["is_mined"]]
    if settings.items_from == "whole" and len(encoding["item_rows"]) == len(mined):
        whole = pd.concat([mined[["item_id"]], read(encoding["item_rows"], mined)], axis=1)
        items = whole[whole["item_id"].isin(items["item_id"])].reset_index(drop=True)
    return Classified(mentions, items)


STAGE = Stage(
    name="classify", version=1, reads=("items_clean", "segments", "encoding"),
    writes=("mention_labels", "item_labels"), settings=ClassifySettings, run=run,
    needs=("calibration", "taxonomy", "embed"), about="stage, touchpoint, sentiment, emotion, pain and intent",
)
