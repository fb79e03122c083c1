"""What users know before the data do: seed themes, and what belongs together or apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from voicemine.edits import Pair
from voicemine.numerics.projection import Projection
from voicemine.stages.cluster.assign import assign_themes
from voicemine.stages.cluster.model import Floats, Ints, ThemeModel
from voicemine.stages.cluster.settings import SeedTheme, ThemePair

Embed = Callable[[Sequence[str]], Floats]


def seeded(vectors: Floats, seeds: Sequence[SeedTheme], *, embed: Embed) -> tuple[Ints, Floats]:
    """The seed theme of each vector (n,), -1 for none, and its cosine to the nearest example (n,).

    vectors: (n, d) of length 1. A vector belongs to the seed theme of its nearest example if it reaches that theme's
    threshold; ties go to the seed that is named first.
    """
    label, near = np.full(len(vectors), -1, np.int32), np.zeros(len(vectors), np.float32)
    if not seeds or not len(vectors):
        return label, near
    cosines = np.stack([(vectors @ embed([seed.name, *seed.examples]).T).max(axis=1) for seed in seeds], axis=1)
    cosines = np.round(cosines.astype(np.float32), 5)
    best = cosines.argmax(axis=1)
    near = cosines[np.arange(len(vectors)), best]
    enough = near >= np.array([seed.threshold for seed in seeds], np.float32)[best]
    return np.where(enough, best, -1).astype(np.int32), near


def pairs_of(texts: Sequence[ThemePair], *, embed: Embed) -> list[Pair]:
    """The vectors of pairs of texts."""
    if not texts:
        return []
    vectors = embed([text for pair in texts for text in pair])
    return [(vectors[i], vectors[i + 1]) for i in range(0, len(vectors), 2)]


def guided(model: ThemeModel, together: Sequence[Pair], apart: Sequence[Pair]) -> ThemeModel:
    """The model with the themes of vectors that belong together united, and of those that belong apart divided.

    A vector of length 1 stands for the theme that it would be assigned to; a pair with a vector outside all themes, or
    of another encoder, changes nothing. Divided is by the nearer of the two. Unions first, so that a division has the
    last word.
    """
    for pair in together:
        a, b = _themes_of(model, pair)
        if a >= 0 <= b and a != b:
            model = _united(model, min(a, b), max(a, b))
    for pair in apart:
        a, b = _themes_of(model, pair)
        if a == b and a >= 0:
            model = _divided(model, a, Projection(model.mean, model.components).apply(np.stack(pair)))
    return model


def _themes_of(model: ThemeModel, pair: Pair) -> tuple[int, int]:
    if len(pair[0]) != len(model.mean):
        return -1, -1
    label = assign_themes(np.stack(pair).astype(np.float32), model).label
    return int(label[0]), int(label[1])


def _united(model: ThemeModel, kept: int, gone: int) -> ThemeModel:
    """`gone` holds no exemplar afterwards and is thus no theme any more; its sub-themes come under `kept`."""
    mass = np.bincount(model.exemplar_theme[model.exemplar_theme >= 0], minlength=model.n_themes)
    stability = model.stability.copy()
    stability[kept] = np.average(stability[[kept, gone]], weights=np.maximum(mass[[kept, gone]], 1))
    return replace(
        model, exemplar_theme=np.where(model.exemplar_theme == gone, kept, model.exemplar_theme).astype(np.int32),
        parent=np.where(model.parent == gone, kept, model.parent).astype(np.int32),
        stability=np.round(stability, 4).astype(np.float32),
    )


def _divided(model: ThemeModel, theme: int, poles: npt.NDArray[np.float32]) -> ThemeModel:
    """`theme` keeps the exemplars nearer to the first pole; the rest become a theme after all others.

    Their sub-themes cut across the division and are given up.
    """
    rows = np.flatnonzero(model.exemplar_theme == theme)
    cosine = np.round(model.exemplars[rows].astype(np.float32) @ poles.T, 5)
    away = rows[cosine[:, 1] > cosine[:, 0]]
    if not 0 < len(away) < len(rows):
        return model
    new, label = model.n_themes, model.exemplar_theme.copy()
    label[away] = new
    sub = np.where(model.exemplar_subtheme >= new, model.exemplar_subtheme + 1, model.exemplar_subtheme)
    sub[rows] = -1
    return replace(
        model, exemplar_theme=label, exemplar_subtheme=sub.astype(np.int32),
        parent=np.insert(model.parent, new, -1).astype(np.int32),
        stability=np.insert(model.stability, new, model.stability[theme]).astype(np.float32),
    )
