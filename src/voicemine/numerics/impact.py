"""How much the score differs where a theme occurs, other themes held equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse, stats

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Effects:
    """Joint effects of `k` indicators: estimate and 95 % interval, each (k,), in units of the score."""

    estimate: Array
    low: Array
    high: Array


def joint_effects(
    indicators: sparse.spmatrix, score: Array, *, authors: npt.NDArray[np.int64], strata: npt.NDArray[np.int64]
) -> Effects:
    """Regress `score` on all `indicators` at once.

    indicators: (n, k) sparse 0/1. score: (n,). authors: (n,) codes; errors of one author may be correlated.
    strata: (n,) codes, e.g. the source; each gets its own mean. Every theme also gets one pseudo-row without
    effect (ridge with penalty 1): an effect seen in few rows is drawn towards zero, one seen in many is not.
    Variance: the sandwich summed by author (Liang and Zeger, 1986); t quantiles with (authors - 1) degrees of
    freedom. The interval is around the drawn-in estimate.
    """
    x = sparse.csr_matrix(indicators, dtype=np.float64)
    n, k = x.shape
    if k == 0 or n == 0:
        return Effects(*(np.zeros(k) for _ in range(3)))
    _, stratum = np.unique(strata, return_inverse=True)
    base = sparse.csr_matrix((np.ones(n), (np.arange(n), stratum)), shape=(n, int(stratum.max()) + 1))
    design = sparse.hstack([x, base]).tocsr()
    penalty = np.concatenate([np.ones(k), np.full(base.shape[1], 1e-9)])
    bread = np.linalg.inv((design.T @ design).toarray() + np.diag(penalty))
    beta = bread @ (design.T @ score)
    residual = score - design @ beta
    _, codes = np.unique(authors, return_inverse=True)
    groups = int(codes.max()) + 1
    by_author = sparse.csr_matrix((residual, (codes, np.arange(n))), shape=(groups, n)) @ design
    meat = (by_author.T @ by_author).toarray()
    # One pseudo-row a theme with the typical residual: themes of a handful of equal scores get no zero interval.
    meat += np.diag(penalty * float(residual.var()) * (penalty > 1e-6))
    variance = np.diag(bread @ meat @ bread)[:k] * groups / max(groups - 1, 1)
    half = float(stats.t.ppf(0.975, max(groups - 1, 1))) * np.sqrt(np.maximum(variance, 0.0))
    return Effects(beta[:k], beta[:k] - half, beta[:k] + half)
