"""Multinomial logistic regression that is drawn towards weights known before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from voicemine.numerics.calibration import Floats, softmax

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Linear:
    """Logits (n, k) are features (n, d) times `weight` (k, d) transposed, plus `bias` (k,)."""

    weight: Floats
    bias: Floats

    def logits(self, features: Floats) -> Floats:
        """features (n, d) to logits (n, k)."""
        return np.asarray(features @ self.weight.T + self.bias)


def balanced(truth: Ints, k: int) -> Floats:
    """Weights (n,) by which every class that truth (n,) holds counts alike; their mean is 1."""
    counts = np.bincount(truth, minlength=k)
    return np.asarray(len(truth) / (np.count_nonzero(counts) * counts[truth].astype(np.float64)))


def _loss(logits: Floats, truth: Ints, weights: Floats) -> tuple[float, Floats]:
    """Weighted sum of the cross-entropies, and its gradient by the logits (n, k)."""
    given = softmax(logits)
    rows = np.arange(len(truth))
    value = -float(weights @ np.log(np.clip(given[rows, truth], 1e-12, None)))
    given[rows, truth] -= 1.0
    return value, given * weights[:, None]


def fit_offset(logits: Floats, truth: Ints, *, ridge: float = 0.5) -> Floats:
    """What to add to the logits (n, k) so that they suit rows whose classes are equally common: (k,), mean 0.

    For a model that read its classes at other frequencies this is about minus the log of these, as in the
    correction of a shifted prior (Saerens et al., 2002). A class that truth (n,) lacks sinks as far
    as `ridge` lets it.
    """
    weights = balanced(truth, logits.shape[1])

    def value(offset: Floats) -> tuple[float, Floats]:
        loss, slope = _loss(logits + offset, truth, weights)
        return loss + 0.5 * ridge * float(offset @ offset), slope.sum(axis=0) + ridge * offset

    found = minimize(value, np.zeros(logits.shape[1]), jac=True, method="L-BFGS-B").x
    return np.asarray(found - found.mean())


def fit_shrunk(features: Floats, truth: Ints, start: Linear, *, offset: Floats, ridge: Floats) -> Linear:
    """The maximum of the posterior with a Gaussian prior about `start`, classes weighed alike.

    features (n, d), truth (n,) in 0..k-1, start of k classes. `offset` (k,) is added to the logits while fitting
    and not kept. `ridge` (k,) is the prior's precision by class, on features brought to a mean squared length of 1.
    """
    centre = features.mean(axis=0)
    scale = float(np.sqrt(np.mean(np.sum((features - centre) ** 2, axis=1)))) or 1.0
    scaled = (features - centre) / scale
    known = start.logits(features) + offset
    weights = balanced(truth, len(start.bias))
    shape = start.weight.shape

    def value(flat: Floats) -> tuple[float, Floats]:
        moved = flat.reshape(shape)
        loss, slope = _loss(known + scaled @ moved.T, truth, weights)
        held = ridge[:, None] * moved
        return loss + 0.5 * float(np.vdot(held, moved)), (slope.T @ scaled + held).ravel()

    found = minimize(value, np.zeros(start.weight.size), jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    moved = found.reshape(shape) / scale
    return Linear(start.weight + moved, start.bias - moved @ centre)
