"""Draw: a place on a flat picture for a sample of the mentions, so that like ones lie together.

The picture is to be looked at and decides nothing. A sample of landmarks is laid out by t-SNE (van der Maaten and
Hinton, 2008), every other drawn mention lies among the landmarks that it is most like. t-SNE runs in one thread:
with several, the order of its sums, and with it the picture, would change from run to run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from voicemine import tables
from voicemine.settings import Settings
from voicemine.stages.base import Stage

Floats = npt.NDArray[np.float64]

_DIMENSIONS = 50
_PERPLEXITY = 30.0
_ROUNDS = 400
_NEIGHBOURS = 4
_BLOCK = 4096
#: Of the mentions drawn, how many belong to a theme where there are enough of both.
_THEMED = 0.8


class DrawSettings(Settings):
    """The map of mentions in the report."""

    n_points: int = Field(default=5000, ge=0)
    """Mentions drawn at most; 0: no map."""
    n_landmarks: int = Field(default=1500, ge=50)
    """Mentions that span the picture; more take longer and show finer structure."""


@dataclass(frozen=True)
class Drawn:
    """`map_points`: mention_id, x, y. `counts`: mentions drawn, of those that there are."""

    map_points: pd.DataFrame
    counts: dict[str, int]


def sample(mention_ids: pd.Series, themed: npt.NDArray[np.bool_], *, limit: int) -> list[str]:
    """Up to `limit` mentions in an order that depends on their ids alone; four fifths of them from themes.

    mention_ids: (n,). themed: (n,) whether each belongs to a theme. Where one of the two kinds is short, the other
    fills its places.
    """
    def ordered(ids: pd.Series) -> list[str]:
        return sorted(ids, key=lambda i: (hashlib.blake2b(str(i).encode(), digest_size=8).digest(), i))

    inside, outside = ordered(mention_ids[themed]), ordered(mention_ids[~themed])
    first = min(len(inside), max(round(limit * _THEMED), limit - len(outside)))
    return inside[:first] + outside[: limit - first]


def lay_out(vectors: Floats, *, n_landmarks: int) -> Floats:
    """Places for `vectors`. vectors: (n, d) unit rows, in an order free of meaning. Returns (n, 2), within -1..1."""
    n = len(vectors)
    if n < 3:
        return np.column_stack([np.linspace(-1, 1, n) if n > 1 else np.zeros(n), np.zeros(n)])
    with threadpool_limits(limits=1):
        size = min(_DIMENSIONS, n - 1, vectors.shape[1])
        flat = PCA(size, svd_solver="full", random_state=0).fit(vectors[:n_landmarks]).transform(vectors)
        landmarks = flat[:n_landmarks]
        perplexity = min(_PERPLEXITY, (len(landmarks) - 1) / 3)
        # Equal starting places for all would leave t-SNE nothing to pull apart.
        start = landmarks[:, :2] if size > 1 else np.column_stack([landmarks[:, 0], np.linspace(0, 1, len(landmarks))])
        start = start / max(float(start[:, 0].std()), 1e-12) * 1e-4
        places = TSNE(2, perplexity=perplexity, init=start.astype(np.float32), max_iter=_ROUNDS, random_state=0,
                      n_jobs=1).fit_transform(landmarks).astype(np.float64)
        rest = [_among(vectors[i : i + _BLOCK], vectors[:n_landmarks], places) for i in range(n_landmarks, n, _BLOCK)]
    found = np.vstack([places, *rest])
    centred = found - (found.max(axis=0) + found.min(axis=0)) / 2
    return np.asarray(centred / max(float(np.abs(centred).max()), 1e-12))


def _among(vectors: Floats, landmarks: Floats, places: Floats) -> Floats:
    """Places of `vectors` among their nearest landmarks, the nearer the landmark the nearer to it."""
    likeness = vectors @ landmarks.T
    k = min(_NEIGHBOURS, len(landmarks))
    nearest = _largest(likeness, k)
    weight = np.exp(20 * (np.take_along_axis(likeness, nearest, axis=1) - likeness.max(axis=1, keepdims=True)))
    # A neighbour in likeness that lies far off on the picture would drag the point into the empty middle.
    apart = np.linalg.norm(places[nearest] - places[nearest[:, :1]], axis=2)
    weight *= apart <= 0.08 * float(np.ptp(places, axis=0).max())
    return np.asarray((places[nearest] * weight[:, :, None]).sum(axis=1) / weight.sum(axis=1, keepdims=True))


def _largest(values: Floats, k: int) -> npt.NDArray[np.int64]:
    """(n, k) places of the largest values of each row, largest first; of equal ones the first goes first."""
    left, rows = values.copy(), np.arange(len(values))
    found = np.empty((len(values), k), dtype=np.int64)
    for rank in range(k):
        found[:, rank] = left.argmax(axis=1)
        left[rows, found[:, rank]] = -np.inf
    return found


def draw(
    segments: pd.DataFrame, theme_members: pd.DataFrame, encoding: Mapping[str, npt.NDArray[Any]], *,
    settings: DrawSettings,
) -> Drawn:
    """Table `map_points`, sorted by mention_id. Mentions of equal words lie on the same spot."""
    themed = segments["mention_id"].isin(theme_members.loc[theme_members["theme_key"].notna(), "mention_id"]).to_numpy()
    chosen = sample(segments["mention_id"], themed, limit=settings.n_points)
    counts = {"drawn": len(chosen), "mentions": len(segments)}
    if not chosen:
        return Drawn(tables.empty("map_points"), counts)
    row = dict(zip(segments["mention_id"], np.asarray(encoding["rows"])[: len(segments)].tolist(), strict=True))
    texts = list(dict.fromkeys(row[m] for m in chosen))
    vectors = np.asarray(encoding["vectors"])[texts].astype(np.float64)
    places = np.round(lay_out(vectors, n_landmarks=settings.n_landmarks), 4)
    place = dict(zip(texts, places, strict=True))
    points = pd.DataFrame([(m, *place[row[m]]) for m in sorted(chosen)], columns=["mention_id", "x", "y"])
    return Drawn(points, counts)


STAGE = Stage(
    name="draw", version=1, reads=("segments", "theme_members", "encoding"), writes=("map_points",),
    settings=DrawSettings, run=draw, about="a place on the map for each drawn mention",
)
