"""Which theme a vector belongs to: a vote of the nearest learnt mentions. Fitting ends with the same vote."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voicemine.numerics.graph import top_matches
from voicemine.numerics.projection import Projection
from voicemine.stages.cluster.model import CORE, NEAR, NONE, Assignment, Floats, Ints, ThemeModel

_BLOCK = 4096
_SHARPNESS = 8.0
#: Cosine from which a vector is taken for the exemplar itself.
TWIN = 0.9995
#: Nearest exemplars whose mean cosine must reach the floor.
FLOOR_VOTERS = 5


def assign_themes(vectors: Floats, model: ThemeModel) -> Assignment:
    """Theme, sub-theme, probability and fit of (n, d) vectors of length 1.

    A vector equal to an exemplar belongs where the exemplar does. Else each of the nearest exemplars votes with weight
    exp(8 (cosine - best cosine)); one outside all themes votes for none. A vector that is less similar to the nearest
    five than the model's floor has no theme.
    """
    n, m = len(vectors), len(model.exemplars)
    if n == 0 or m == 0 or model.n_themes == 0:
        return Assignment(np.full(n, -1, np.int32), np.full(n, -1, np.int32), np.zeros(n, np.float32),
                          np.zeros(n, np.int8))
    projection = Projection(model.mean, model.components)
    base = model.exemplars.astype(np.float32)
    k = min(int(model.voters[0]), m)
    label, sub = np.empty(n, np.int32), np.empty(n, np.int32)
    probability = np.empty(n, np.float32)
    for start in range(0, n, _BLOCK):
        part = slice(start, min(start + _BLOCK, n))
        # The exemplars are kept in half precision; the asking side is rounded alike, so that a twin is a twin.
        asked = projection.apply(vectors[part]).astype(np.float16).astype(np.float32)
        near, cosine = top_matches(asked, base, k)
        top, weight = judge(near, cosine, model)
        own = weight * ((model.exemplar_theme[near] == top[:, None]) & (top[:, None] >= 0))
        label[part] = top
        sub[part] = np.where(top >= 0, vote(model.exemplar_subtheme[near], own, len(model.parent)), -1)
        probability[part] = (own * model.exemplar_probability[near]).sum(axis=1) / weight.sum(axis=1)
    probability = np.round(probability, 4)
    fit = np.where(label < 0, NONE, np.where(probability >= model.core[0], CORE, NEAR)).astype(np.int8)
    return Assignment(label, sub, probability, fit)


def judge(near: Ints, cosine: Floats, model: ThemeModel) -> tuple[Ints, Floats]:
    """Theme (n,) that the nearest exemplars vote for, -1 = none, and their votes' weights (n, k).

    near, cosine: (n, k), best first, as `top_matches` gives them.
    """
    weight: Floats = np.exp(_SHARPNESS * (cosine - cosine[:, :1]))
    twin = cosine[:, 0] >= TWIN
    weight[twin, 1:] = 0.0
    top = vote(model.exemplar_theme[near], weight, model.n_themes)
    top[~twin & (cosine[:, :FLOOR_VOTERS].mean(axis=1) < model.floor[0])] = -1
    return top, weight


def vote(labels: Ints, weights: npt.NDArray[np.floating], n_labels: int) -> Ints:
    """Label with the greatest sum of weights in each row of (n, k) labels; -1 is a candidate like others.

    Ties go to the lower label, and to a theme before none.
    """
    n, k = labels.shape
    score = np.zeros((n, n_labels + 1), dtype=np.float64)
    np.add.at(score, (np.repeat(np.arange(n), k), np.where(labels < 0, n_labels, labels).ravel()), weights.ravel())
    best = np.argmax(np.round(score, 9), axis=1)
    return np.where(best == n_labels, -1, best).astype(np.int32)
