"""The cluster stage: mentions in scope become themes and sub-themes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from voicemine import tables
from voicemine.stages.base import Stage
from voicemine.stages.cluster.fit import fit_themes
from voicemine.stages.cluster.model import ThemeModel
from voicemine.stages.cluster.settings import ClusterSettings
from voicemine.stages.cluster.views import label_vectors

Arrays = Mapping[str, npt.NDArray[Any]]
_FITS = np.array(["none", "near", "core"], dtype=object)


@dataclass(frozen=True)
class Clustered:
    """Tables `theme_members` and `theme_nodes`, and the fitted state `theme_model` (see ThemeModel.to_arrays)."""

    theme_members: pd.DataFrame
    theme_nodes: pd.DataFrame
    theme_model: Arrays


def in_scope(mention_labels: pd.DataFrame, scope: str) -> npt.NDArray[np.bool_]:
    """Which mentions are clustered: those with a pain, those of praise (positive and no pain), or all."""
    if scope == "all":
        return np.ones(len(mention_labels), dtype=bool)
    pain: npt.NDArray[np.bool_] = mention_labels["is_pain"].fillna(False).to_numpy(dtype=bool)
    if scope == "pain":
        return pain
    positive: npt.NDArray[np.bool_] = (mention_labels["sentiment"] == "positive").fillna(False).to_numpy(dtype=bool)
    return positive & ~pain


def cluster(segments: pd.DataFrame, mention_labels: pd.DataFrame, encoding: Arrays, *, settings: ClusterSettings,
            seed: int) -> Clustered:
    """Cluster the mentions in scope. A mention out of scope, or unlike every theme, has no theme.

    segments and mention_labels: the tables, a row per mention. encoding: `rows` (segments,), `vectors` and,
    where the encoder has a label model, `logits.*`. Equal
    texts are fitted once, with their number as weight. Theme keys are numbered by falling size.
    """
    labels = mention_labels.set_index("mention_id").reindex(segments["mention_id"]).reset_index()
    chosen = np.flatnonzero(in_scope(labels, settings.scope))
    distinct, place, counts = np.unique(encoding["rows"][chosen], return_inverse=True, return_counts=True)
    # Rows of one vector may differ in text (placeholders are read alike); the first in text order stands for them.
    texts = segments["text"].to_numpy(dtype=object)[chosen]
    words = pd.Series(texts).groupby(place).min().tolist() if len(chosen) else []
    keys = [f"{text}\x00{row}" for row, text in enumerate(words)]
    vectors = encoding["vectors"][distinct].astype(np.float32)
    logits = {name.removeprefix("logits."): values[distinct] for name, values in encoding.items()
              if name.startswith("logits.")}
    model = fit_themes(vectors, weights=counts, keys=keys, texts=words, labels=label_vectors(logits),
                       settings=settings, seed=seed)
    return Clustered(_members(segments, chosen, place, model), _nodes(model, place, settings), model.to_arrays())


def _key(theme: int) -> str:
    return f"t{theme:05d}"


def _used(model: ThemeModel) -> npt.NDArray[np.bool_]:
    """Themes and sub-themes that a mention has."""
    used = np.zeros(len(model.parent), dtype=bool)
    used[model.label[model.label >= 0]] = True
    used[model.sublabel[model.sublabel >= 0]] = True
    return used


def _members(segments: pd.DataFrame, chosen: npt.NDArray[np.int64], place: npt.NDArray[np.int64],
             model: ThemeModel) -> pd.DataFrame:
    n = len(segments)
    theme, sub = np.full(n, None, dtype=object), np.full(n, None, dtype=object)
    fit, probability = np.full(n, "none", dtype=object), np.zeros(n)
    if len(chosen):
        names = np.array([*(_key(t) for t in range(len(model.parent))), None], dtype=object)
        theme[chosen], sub[chosen] = names[model.label[place]], names[model.sublabel[place]]
        fit[chosen], probability[chosen] = _FITS[model.fit[place]], model.probability[place]
    return tables.conform("theme_members", pd.DataFrame({
        "mention_id": segments["mention_id"].to_numpy(), "theme_key": theme, "subtheme_key": sub,
        "theme_fit": fit, "theme_probability": probability}))


def _nodes(model: ThemeModel, place: npt.NDArray[np.int64], settings: ClusterSettings) -> pd.DataFrame:
    shown = np.flatnonzero(_used(model)) if len(place) else np.zeros(0, np.int64)
    return tables.conform("theme_nodes", pd.DataFrame({
        "theme_key": [_key(int(t)) for t in shown],
        "parent_theme_key": [_key(int(p)) if p >= 0 else None for p in model.parent[shown]],
        "level": [int(p >= 0) for p in model.parent[shown]],
        "kind": [settings.scope] * len(shown),
        "stability": [float(s) for s in model.stability[shown]],
        "is_stable": [bool(s >= settings.stable) for s in model.stability[shown]],
    }))


STAGE = Stage(
    name="cluster", version=2, reads=("segments", "mention_labels", "encoding"),
    writes=("theme_members", "theme_nodes", "theme_model"), settings=ClusterSettings, run=cluster, needs=("seed",),
    about="themes and sub-themes of the mentions in scope",
)
