"""Neighbour graphs of the same mentions as seen by the encoder, and by their words to a growing part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from voicemine.numerics.graph import nearest, shared_neighbours, symmetric
from voicemine.numerics.lexical import lexical_vectors

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

#: Share of the words' similarity in each view. What holds in all of them is a theme; what holds in one is a fashion.
SHARES = (0.0, 0.15, 0.3, 0.45)
_LEXICAL_DIMENSIONS = 150
#: Sizes of the neighbourhoods, as shares of k.
_SIZES = (0.67, 0.5, 1.0, 0.83, 0.33)


def view_neighbours(points: Floats, texts: Sequence[str] | None, k: int, *, seed: int) -> list[Ints]:
    """Neighbours (n, k) of each view, one for each of SHARES; without texts, the vectors' own neighbours alone."""
    own = nearest(points, k, seed=seed)[0]
    words = None if texts is None else lexical_vectors(texts, _LEXICAL_DIMENSIONS, seed=seed)
    if words is None:
        return [own]
    return [own, *(nearest(_mixed(points, words, share), k, seed=seed)[0] for share in SHARES[1:])]


def _mixed(points: Floats, words: Floats, share: float) -> Floats:
    return np.hstack([np.sqrt(1 - share) * points, np.sqrt(share) * words]).astype(np.float32)


def run_graphs(views: Sequence[Ints], runs: int) -> list[tuple[float, sparse.csr_matrix]]:
    """For each run a graph, and the factor that evens its neighbourhood's size out in the resolution.

    Runs take the views in turn, and neighbourhoods from a third of k to the whole.
    """
    k = views[0].shape[1]
    made: dict[tuple[int, int], sparse.csr_matrix] = {}
    found = []
    for r in range(runs):
        view, share = r % len(views), _SIZES[r % len(_SIZES)]
        size = max(2, round(k * share))
        if (view, size) not in made:
            made[view, size] = shared_neighbours(views[view][:, :size])
        # A smaller neighbourhood gives a finer partition at equal resolution.
        found.append(((size / max(2, round(k * _SIZES[0]))) ** 0.5, made[view, size]))
    return found


def joint_graph(views: Sequence[Ints]) -> sparse.csr_matrix:
    """Pairs that are among the nearest two thirds of k in any view, all of weight 1."""
    n, k = views[0].shape
    size = max(2, round(k * _SIZES[0]))
    rows = np.repeat(np.arange(n), size)
    pairs = np.concatenate([np.stack([rows, v[:, :size].ravel()], axis=1) for v in views])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    return symmetric(np.ones(len(pairs), dtype=np.float32), pairs[:, 0], pairs[:, 1], n)
