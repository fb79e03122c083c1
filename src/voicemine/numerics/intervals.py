"""Intervals for shares and means when several rows come from one author.

Rows of one author are not independent. The variance is therefore summed by author (linearised, as in survey
statistics), turned into an effective number of rows, and put into Wilson's interval (Wilson, 1927; with the
effective sample size of Korn and Graubard, 1998). All intervals are 95 %.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import stats

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

Z95 = float(stats.norm.ppf(0.975))


def wilson(successes: npt.ArrayLike, trials: npt.ArrayLike) -> tuple[Array, Array]:
    """Wilson's 95 % interval for `successes / trials`; both may be fractional. No trials: (0, 1).

    successes, trials: broadcast to one shape, which `low` and `high` have.
    """
    k, n = np.broadcast_arrays(np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64))
    safe = np.where(n > 0, n, 1.0)
    share = np.clip(k / safe, 0.0, 1.0)
    z2 = Z95 * Z95
    centre = (share + z2 / (2 * safe)) / (1 + z2 / safe)
    half = Z95 / (1 + z2 / safe) * np.sqrt(share * (1 - share) / safe + z2 / (4 * safe * safe))
    # At 0 and 1 the bound is exact; rounding must not push it inside the share.
    low = np.where(n > 0, np.clip(np.minimum(centre - half, share), 0.0, 1.0), 0.0)
    high = np.where(n > 0, np.clip(np.maximum(centre + half, share), 0.0, 1.0), 1.0)
    return low, high


def effective_rows(hits: Array, sizes: Array) -> float:
    """Number of independent rows that say as much about a share as the given rows do.

    hits, sizes: (g,) rows with the property and rows in all, for each author. Never above the number of rows.
    A share of 0 or 1 shows no variance: Kish's worst case (an author's rows all say the same) is taken then.
    """
    n = float(sizes.sum())
    if n <= 0:
        return 0.0
    share = float(hits.sum()) / n
    if 0.0 < share < 1.0 and len(sizes) > 1:
        clustered = len(sizes) / (len(sizes) - 1) * float(((hits - share * sizes) ** 2).sum()) / n**2
        effect = clustered / (share * (1 - share) / n)
    else:
        effect = float((sizes**2).sum()) / n
    return n / max(effect, 1.0)


def share_interval(flags: npt.ArrayLike, authors: Codes) -> tuple[float, float, float]:
    """Share of true `flags` with its interval, rows grouped by `authors`. No rows: (0, 0, 1).

    flags: (n,) booleans or 0/1. authors: (n,) author codes. Returns (share, low, high).
    """
    values = np.asarray(flags, dtype=np.float64)
    if not len(values):
        return 0.0, 0.0, 1.0
    _, codes = np.unique(authors, return_inverse=True)
    hits: Array = np.bincount(codes, weights=values).astype(np.float64)
    sizes: Array = np.bincount(codes).astype(np.float64)
    rows = effective_rows(hits, sizes)
    share = float(values.mean())
    low, high = wilson(share * rows, rows)
    return share, float(low), float(high)


def mean_interval(values: Array, authors: Codes, *, prior_sd: float = 0.25) -> tuple[float, float, float]:
    """Mean of `values` with a t interval whose variance is summed by author. No rows: (0, nan, nan).

    values: (n,). authors: (n,) codes. `prior_sd` counts as one author's worth of evidence on the spread, so that
    few or equal values do not pretend to certainty. Returns (mean, low, high).
    """
    n = len(values)
    if n == 0:
        return 0.0, math.nan, math.nan
    _, codes = np.unique(authors, return_inverse=True)
    mean = float(values.mean())
    sums = np.bincount(codes, weights=values - mean)
    groups = len(sums)
    largest = float(np.bincount(codes).max()) / n
    variance = (float((sums**2).sum()) + prior_sd**2 * largest * n) / n**2
    variance *= groups / max(groups - 1, 1)
    half = float(stats.t.ppf(0.975, max(groups - 1, 1))) * math.sqrt(variance) if groups > 1 else 2 * prior_sd
    return mean, mean - half, mean + half


def difference_p(flags: npt.ArrayLike, inside: npt.NDArray[np.bool_], authors: Codes) -> float:
    """One-sided p-value that the share of `flags` is higher among `inside` rows than among the rest.

    flags: (n,) 0/1. inside: (n,) booleans. authors: (n,) codes. The difference is linearised and its variance
    summed by author; one pseudo-row on each side, at the pooled share, keeps small cells honest. 1.0 where
    either side is empty.
    """
    values = np.asarray(flags, dtype=np.float64)
    n_in, n_out = float(inside.sum()), float((~inside).sum())
    if n_in == 0 or n_out == 0:
        return 1.0
    pooled = float(values.mean())
    p_in = (float(values[inside].sum()) + pooled) / (n_in + 1)
    p_out = (float(values[~inside].sum()) + pooled) / (n_out + 1)
    influence = np.where(inside, (values - p_in) / n_in, -(values - p_out) / n_out)
    _, codes = np.unique(authors, return_inverse=True)
    variance = float((np.bincount(codes, weights=influence) ** 2).sum())
    # A cell of equal rows shows no variance: the null's own is the floor, an author's rows all saying the same.
    alike_in = float((np.bincount(codes[inside]) ** 2).sum()) / n_in**2
    alike_out = float((np.bincount(codes[~inside]) ** 2).sum()) / n_out**2
    cell_is_flat = values[inside].min() == values[inside].max()
    spread = alike_in + alike_out if cell_is_flat else 1 / n_in + 1 / n_out
    floor = pooled * (1 - pooled) * spread
    variance = max(variance, floor)
    if variance <= 0:
        return 1.0
    return float(stats.norm.sf((p_in - p_out) / math.sqrt(variance)))
