"""Neighbour graphs of the same mentions, as seen by the encoder, by their words, and by their place in the journey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import softmax

from voicemine.numerics.graph import nearest, shared_neighbours, symmetric
from voicemine.numerics.lexical import lexical_vectors
from voicemine.numerics.projection import unit

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

#: Shares of the words' and of the labels' similarity in each view; the encoder's vectors have the rest. What holds in
#: all views is a theme; what holds in one is a fashion.
SHARES = ((0.0, 0.0), (0.15, 0.05), (0.3, 0.1), (0.3, 0.1))
#: Label sets that say what a mention is about, and their weights. How it feels does not make a theme.
LABEL_WEIGHTS = {"stage": 1.0, "touchpoint": 2.0, "intent": 1.0}
_LEXICAL_DIMENSIONS = 150
#: Sizes of the neighbourhoods, as shares of k.
_SIZES = (0.67, 0.5, 1.0, 0.83, 0.33)


def label_vectors(logits: Mapping[str, npt.NDArray[np.floating]]) -> Floats | None:
    """Vectors (n, r) of length 1 of where mentions stand: square roots of the labels' probabilities (so that products
    are Bhattacharyya coefficients), centred. logits[set]: (n, k). None without the sets of LABEL_WEIGHTS."""
    parts = []
    for name, weight in LABEL_WEIGHTS.items():
        if name not in logits or not len(logits[name]):
            return None
        roots = np.sqrt(softmax(logits[name].astype(np.float64), axis=1))
        parts.append(np.sqrt(weight) * (roots - roots.mean(axis=0)))
    return unit(np.hstack(parts).astype(np.float32))


def view_neighbours(points: Floats, texts: Sequence[str] | None, k: int, *, labels: Floats | None = None,
                    seed: int) -> list[Ints]:
    """Neighbours (n, k) of each view, one for each of SHARES; without texts, the vectors' own neighbours alone.

    labels: (n, r) of `label_vectors`, where the encoder came with a label model.
    """
    own = nearest(points, k, seed=seed)[0]
    words = None if texts is None else lexical_vectors(texts, _LEXICAL_DIMENSIONS, seed=seed)
    if words is None:
        return [own]
    found: dict[tuple[float, float], Ints] = {(0.0, 0.0): own}
    for of_words, of_labels in SHARES:
        if (of_words, of_labels) not in found:
            joined = _joined((points, 1 - of_words - of_labels), (words, of_words), (labels, of_labels))
            found[of_words, of_labels] = nearest(joined, k, seed=seed)[0]
    return [found[share] for share in SHARES]


def _joined(*parts: tuple[Floats | None, float]) -> Floats:
    """Vectors whose products are the weighted sums of the parts' products."""
    return np.hstack([np.sqrt(share) * part for part, share in parts if part is not None and share]).astype(np.float32)


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
