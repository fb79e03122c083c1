"""Probabilities over one set of labels turned into probabilities over another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def fold(given: Floats, labels: Sequence[str], targets: Mapping[str, Sequence[str]]) -> Floats:
    """Sum the columns of `given` (n, k), named by `labels`, into one column per target (n, len(targets)).

    `targets` maps each new label to the old ones that it stands for; one that stands for none gets zeros. The
    share of old labels that nobody stands for is spread over the others in proportion (evenly where all is gone).
    """
    place = {label: i for i, label in enumerate(labels)}
    out = np.zeros((len(given), len(targets)))
    for column, olds in enumerate(targets.values()):
        for old in olds:
            out[:, column] += given[:, place[old]]
    total = out.sum(axis=1, keepdims=True)
    learnt = np.array([bool(olds) for olds in targets.values()])
    even = learnt / max(learnt.sum(), 1)
    return np.asarray(np.where(total > 1e-9, out / np.maximum(total, 1e-9), even[None, :]))


def zero_shot(vectors: Floats, prototypes: Floats, *, temperature: float) -> Floats:
    """Softmax over cosine similarities: vectors (n, d) and prototypes (k, d), both of length 1, to (n, k)."""
    scores = (vectors @ prototypes.T) / temperature
    scores -= scores.max(axis=1, keepdims=True)
    raised = np.exp(scores)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def blend(learnt: Floats, prior: Floats, *, new: npt.NDArray[np.bool_]) -> Floats:
    """Give labels without training (`new`, (k,)) their zero-shot share and leave the rest to the learnt ones.

    learnt, prior: (n, k), rows summing to 1. A new label gets its share of `prior`; what remains is divided as
    `learnt` divides it.
    """
    fresh = np.where(new[None, :], prior, 0.0)
    return np.asarray(fresh + learnt * (1.0 - fresh.sum(axis=1, keepdims=True)))
