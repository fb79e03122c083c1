"""The cluster stage: mentions in scope become themes and sub-themes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from voicemine import tables
from voicemine.edits import ThemeEdits
from voicemine.stages.base import Stage
from voicemine.stages.cluster.guidance import Embed, guided, pairs_of, seeded
from voicemine.stages.cluster.incremental import Texts, themes_tonight
from voicemine.stages.cluster.model import ThemeModel
from voicemine.stages.cluster.settings import ClusterSettings
from voicemine.stages.cluster.views import label_vectors

Arrays = Mapping[str, npt.NDArray[Any]]
_FITS = np.array(["none", "near", "core"], dtype=object)
#: Cosine to an example from which a mention is of the core of its seed theme.
_SEED_CORE = 0.7
_NO_EDITS = ThemeEdits()


@dataclass(frozen=True)
class Clustered:
    """Tables `theme_members` and `theme_nodes`, the fitted state `theme_model` (see ThemeModel.to_arrays), and how it
    came about."""

    theme_members: pd.DataFrame
    theme_nodes: pd.DataFrame
    theme_model: Arrays
    counts: Mapping[str, float | str]


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
            seed: int, embed: Embed, edits: ThemeEdits = _NO_EDITS,
            known_themes: Arrays | None = None) -> Clustered:
    """Cluster the mentions in scope. A mention out of scope, or unlike every theme, has no theme.

    Seed themes take their mentions first; the rest is fitted, and united and divided as the settings and the edits say.

    segments and mention_labels: the tables, a row per mention. encoding: `rows` (segments,), `vectors` and,
    where the encoder has a label model, `logits.*`. Equal texts are fitted once, with their number as weight. Theme
    keys are numbered by falling size. edits: what people changed by hand. known_themes: the theme model of the night
    before, which new mentions are held against (see incremental.py).
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
    given, nearness = seeded(vectors, settings.seeds, embed=embed)
    free = np.flatnonzero(given < 0)
    labels_of = label_vectors({name: values[free] for name, values in logits.items()})
    night = themes_tonight(
        Texts(vectors[free], counts[free], [keys[i] for i in free], [words[i] for i in free], labels_of), known_themes,
        settings=settings, seed=seed,
        guide=lambda fitted: guided(fitted, [*pairs_of(settings.together, embed=embed), *edits.together],
                                    [*pairs_of(settings.apart, embed=embed), *edits.apart]))
    model = night.model
    place_of = np.full(len(distinct), -1, np.int64)
    place_of[free] = np.arange(len(free))
    seeds = _Seeds(given[place], nearness[place])
    return Clustered(_members(segments, chosen, place_of[place], model, seeds),
                     _nodes(model, place_of[place], settings, seeds), model.to_arrays(),
                     {"fit": night.how, **night.counts})


@dataclass(frozen=True)
class _Seeds:
    """Of each chosen mention (n,): its seed theme, -1 for none, and the cosine to the nearest example."""

    label: npt.NDArray[np.int32]
    nearness: npt.NDArray[np.float32]


def _seed_key(number: int) -> str:
    return f"s{number:05d}"


def _key(theme: int) -> str:
    return f"t{theme:05d}"


def _used(model: ThemeModel) -> npt.NDArray[np.bool_]:
    """Themes and sub-themes that a mention has."""
    used = np.zeros(len(model.parent), dtype=bool)
    used[model.label[model.label >= 0]] = True
    used[model.sublabel[model.sublabel >= 0]] = True
    return used


def _members(segments: pd.DataFrame, chosen: npt.NDArray[np.int64], place: npt.NDArray[np.int64],
             model: ThemeModel, seeds: _Seeds) -> pd.DataFrame:
    """place (chosen,): row of the fitted text, -1 where a seed theme has it."""
    n = len(segments)
    theme, sub = np.full(n, None, dtype=object), np.full(n, None, dtype=object)
    fit, probability = np.full(n, "none", dtype=object), np.zeros(n)
    fitted, at = chosen[place >= 0], place[place >= 0]
    if len(fitted):
        names = np.array([*(_key(t) for t in range(len(model.parent))), None], dtype=object)
        theme[fitted], sub[fitted] = names[model.label[at]], names[model.sublabel[at]]
        fit[fitted], probability[fitted] = _FITS[model.fit[at]], model.probability[at]
    taken = seeds.label >= 0
    theme[chosen[taken]] = [_seed_key(int(s)) for s in seeds.label[taken]]
    # No run can take a mention from a seed theme; how near it is says whether it is one of the core.
    fit[chosen[taken]] = np.where(seeds.nearness[taken] >= _SEED_CORE, "core", "near")
    probability[chosen[taken]] = 1.0
    return tables.conform("theme_members", pd.DataFrame({
        "mention_id": segments["mention_id"].to_numpy(), "theme_key": theme, "subtheme_key": sub,
        "theme_fit": fit, "theme_probability": probability}))


def _nodes(model: ThemeModel, place: npt.NDArray[np.int64], settings: ClusterSettings, seeds: _Seeds) -> pd.DataFrame:
    shown = np.flatnonzero(_used(model)) if (place >= 0).any() else np.zeros(0, np.int64)
    given = sorted({int(s) for s in seeds.label[seeds.label >= 0]})
    fresh = len(given)
    return tables.conform("theme_nodes", pd.DataFrame({
        "theme_key": [*map(_seed_key, given), *(_key(int(t)) for t in shown)],
        "parent_theme_key": [None] * fresh + [_key(int(p)) if p >= 0 else None for p in model.parent[shown]],
        "level": [0] * fresh + [int(p >= 0) for p in model.parent[shown]],
        "kind": [settings.scope] * (fresh + len(shown)),
        "stability": [1.0] * fresh + [float(s) for s in model.stability[shown]],
        "is_stable": [True] * fresh + [bool(s >= settings.stable) for s in model.stability[shown]],
        "given_name": [settings.seeds[s].name for s in given] + [None] * len(shown),
    }))


STAGE = Stage(
    name="cluster", version=6, reads=("segments", "mention_labels", "encoding"),
    writes=("theme_members", "theme_nodes", "theme_model"), settings=ClusterSettings, run=cluster,
    needs=("seed", "embed", "edits", "known_themes"), about="themes and sub-themes of the mentions in scope",
)
