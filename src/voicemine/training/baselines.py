"""What a label model must beat: the majority class, and logistic regression over the frozen encoder."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression


def majority(truth: np.ndarray, n: int) -> np.ndarray:
    """The commonest class of truth (m,), n times."""
    return np.full(n, np.bincount(truth).argmax())


def frozen_logistic(
    vectors: np.ndarray, truth: np.ndarray, others: np.ndarray, *, seed: int, weights: np.ndarray | None = None
) -> np.ndarray:
    """Guesses (n,) for `others` (n, d) of a logistic regression over frozen embeddings (m, d)."""
    model = LogisticRegression(C=10.0, max_iter=400, random_state=seed)
    guesses: np.ndarray = model.fit(vectors, truth, sample_weight=weights).predict(others)
    return guesses
