"""Catch-all themes: where one holds too much of all mentions, its parts become themes of their own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from voicemine.numerics.graph import by_size, leiden, network
from voicemine.stages.cluster.levels import separation

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Weights = npt.NDArray[np.float64]
_ROUNDS = 3
_APART = 0.08
#: Resolutions tried within a theme, coarse to fine, and the share of it that a part may hold.
_RESOLUTIONS, _BULK = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0), 0.6
#: Mean cosine of the members to their centroid, corpus mean taken out, from which a theme is about one matter.
_COHERENT = 0.32


def split_giants(theme: Ints, together: sparse.csr_matrix, points: Floats, weights: Weights, *,
                 firm: npt.NDArray[np.bool_], above: float, least: float, texts: int, seed: int) -> Ints:
    """Divide themes that hold more than the share `above` of the mentions in themes.

    Only those that are neither stable nor coherent: a complaint that half of the customers share is one theme.
    theme (n,): -1 = none. together (n, n): co-association at a finer level, whose communities within a theme are its
    parts. firm (themes,): which are too stable to be a catch-all; they stay whole. points (n, p): rows of length 1;
    rows of parts without the support (`least` mentions, `texts` texts) join the part whose centroid is nearest. A
    theme without two parts, or whose parts are not apart (silhouette), stays whole. Returns themes numbered by size.
    """
    out, firm = theme.astype(np.int64), firm.copy()
    for _ in range(_ROUNDS):
        mass = np.bincount(out[out >= 0], weights[out >= 0])
        giants = [t for t in np.flatnonzero(mass > above * mass.sum())
                  if mass[t] >= 4 * least and not firm[t]
                  and _coherence(points[out == t], weights[out == t]) < _COHERENT]
        divided = False
        for giant in giants:
            rows = np.flatnonzero(out == giant)
            parts, kept = _parts(together[rows][:, rows], weights[rows], least=2 * least, texts=texts, seed=seed)
            if len(kept) < 2:
                continue
            centroids = np.stack([np.average(points[rows[parts == p]], axis=0, weights=weights[rows[parts == p]])
                                  for p in kept])
            centroids /= np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-9)
            nearest = kept[np.argmax(points[rows] @ centroids.T, axis=1)]
            parts = np.where(np.isin(parts, kept), parts, nearest)
            if separation(points[rows], np.unique(parts, return_inverse=True)[1].astype(np.int32),
                          weights[rows]) < _APART:
                continue
            # The first part keeps the theme's number; by_size numbers all of them anew at the end.
            for position, part in enumerate(kept[1:]):
                out[rows[parts == part]] = len(mass) + position
            mass = np.concatenate([mass, np.zeros(len(kept) - 1)])
            firm = np.concatenate([firm, np.zeros(len(kept) - 1, dtype=bool)])
            divided = True
        if not divided:
            break
    return by_size(out.astype(np.int32), weights)


def _parts(together: sparse.csr_matrix, weights: Weights, *, least: float, texts: int,
           seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Part of each row (m,), and which parts have the support: the fewest parts of which none is the bulk again."""
    net = network(together)
    for resolution in _RESOLUTIONS:
        parts = leiden(net, resolution, seed=seed).astype(np.int64)
        size, distinct = np.bincount(parts, weights), np.bincount(parts)
        kept = np.flatnonzero((size >= least) & (distinct >= texts))
        if len(kept) >= 2 and size.max() <= _BULK * size.sum():
            break
    return parts, kept


def _coherence(points: Floats, weights: Weights) -> float:
    """Length of the mean of rows of length 1: the mean cosine to their centroid."""
    return float(np.linalg.norm(np.average(points, axis=0, weights=weights)))
