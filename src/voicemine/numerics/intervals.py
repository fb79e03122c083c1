"""Intervals for shares and means when several rows come from one author.

Rows of one author are not independent. The variance is therefore summed by author (linearised, as in survey
statistics), turned into an effective number of rows, and put into Wilson's interval (Wilson, 1927; with the
effective sample size of Korn and Graubard, 1998). All intervals are 95 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Parts:
    """Shares of wholes that their parts hold, with 95 % intervals; all (m,), sorted by whole, then part.

    n: rows of the part. share, low, high: of the rows of the whole.
    """

    whole: Codes
    part: Codes
    n: Codes
    share: Array
    low: Array
    high: Array


def part_intervals(whole: Codes, part: Codes, authors: Codes) -> Parts:
    """`share_interval` of every part of every whole at once, for the pairs that there are.

    whole, part, authors: (n,) codes from 0. Row for row the same as `share_interval(part == p, authors)` within the
    rows of a whole, in time that grows with the rows alone.
    """
    k, k_authors = int(whole.max(initial=-1)) + 1, int(authors.max(initial=-1)) + 1
    k_parts = int(part.max(initial=-1)) + 1
    within, sizes = np.unique(whole * k_authors + authors, return_counts=True)
    total = np.bincount(whole, minlength=k)
    pairs, hits = np.unique((whole * k_parts + part) * k_authors + authors, return_counts=True)
    cell_of, author = np.divmod(pairs, max(k_authors, 1))
    cells, at = np.unique(cell_of, return_inverse=True)
    found, which = np.divmod(cells, max(k_parts, 1))
    size = sizes[np.searchsorted(within, (cell_of // max(k_parts, 1)) * k_authors + author)]
    owner = within // max(k_authors, 1)
    n = _summed(at, hits, len(cells)).astype(np.int64)
    rows = effective_parts(n, total[found], squares=_summed(at, hits**2, len(cells)),
                           products=_summed(at, hits * size, len(cells)),
                           whole_squares=_summed(owner, sizes**2, k)[found],
                           groups=np.bincount(owner, minlength=k)[found])
    share = n / total[found]
    low, high = wilson(share * rows, rows)
    return Parts(found, which, n, share, low, high)


def effective_parts(
    hits: npt.ArrayLike, total: npt.ArrayLike, *, squares: npt.ArrayLike, products: npt.ArrayLike,
    whole_squares: npt.ArrayLike, groups: npt.ArrayLike,
) -> Array:
    """`effective_rows` of many shares at once, from sums over the authors of each; all (m,), `total` above 0.

    hits: rows with the property, of `total`. squares, products: an author's hits squared, and times the author's
    rows. whole_squares: an author's rows squared. groups: authors. The sums are whole numbers, hence exact.
    """
    k, n, g = (np.asarray(v, dtype=np.float64) for v in (hits, total, groups))
    share, alike = k / n, np.asarray(whole_squares, dtype=np.float64)
    spread = np.asarray(squares) - 2 * share * np.asarray(products) + share**2 * alike
    mixed = (share > 0) & (share < 1) & (g > 1)
    usual = np.where(mixed, share * (1 - share), 1.0)
    effect = np.where(mixed, g / np.maximum(g - 1, 1) * spread / (n * usual), alike / n)
    return np.asarray(n / np.maximum(effect, 1.0), dtype=np.float64)


def _summed(codes: Codes, values: npt.NDArray[np.int64], k: int) -> Array:
    """(k,) sums of whole numbers by code."""
    return np.bincount(codes, weights=values, minlength=k).astype(np.float64)


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


def difference_p(flags: npt.ArrayLike, number: Codes, authors: Codes) -> Array:
    """One-sided p-values that the share of `flags` is higher among the rows of each cell than among all others.

    flags: (n,) 0/1. number: (n,) cell of each row, from 0. authors: (n,) codes. Returns (cells,). The difference is
    linearised and its variance summed by author; one pseudo-row on each side, at the pooled share, keeps small
    cells honest. 1.0 where either side is empty.
    """
    values = np.asarray(flags, dtype=np.float64)
    cells = int(number.max(initial=-1)) + 1
    _, codes = np.unique(authors, return_inverse=True)
    people = int(codes.max(initial=-1)) + 1
    pairs, at = np.unique(number * people + codes, return_inverse=True)
    cell, author = np.divmod(pairs, max(people, 1))
    (rows_of, rows), (hits_of, hits) = (
        [np.bincount(c, weights=w).astype(np.float64) for c in (codes, at)] for w in (np.ones_like(values), values))
    n_in, k_in = np.bincount(number).astype(np.float64), np.bincount(number, weights=values)
    n_out, k_out = len(values) - n_in, values.sum() - k_in
    safe_in, safe_out = np.maximum(n_in, 1.0), np.maximum(n_out, 1.0)
    pooled = float(values.mean()) if len(values) else 0.0
    p_in, p_out = (k_in + pooled) / (n_in + 1), (k_out + pooled) / (n_out + 1)

    def by_cell(sums: Array) -> Array:
        return np.bincount(cell, weights=sums, minlength=cells).astype(np.float64)

    def others(sums: Array) -> Array:
        """Of the authors without a row in the cell."""
        return float(sums.sum()) - by_cell(sums[author])

    rest_rows, rest_hits = rows_of[author] - rows, hits_of[author] - hits
    inner = ((hits - p_in[cell] * rows) / safe_in[cell]
             - (rest_hits - p_out[cell] * rest_rows) / safe_out[cell])
    outer = others(hits_of**2) - 2 * p_out * others(hits_of * rows_of) + p_out**2 * others(rows_of**2)
    variance = by_cell(inner**2) + np.maximum(outer, 0.0) / safe_out**2
    # A cell of equal rows shows no variance: the null's own is the floor, an author's rows all saying the same.
    alike = by_cell(rows**2) / safe_in**2 + (others(rows_of**2) + by_cell(rest_rows**2)) / safe_out**2
    spread = np.where((k_in == 0) | (k_in == n_in), alike, 1 / safe_in + 1 / safe_out)
    variance = np.maximum(variance, pooled * (1 - pooled) * spread)
    sound = (variance > 0) & (n_in > 0) & (n_out > 0)
    z = (p_in - p_out) / np.sqrt(np.where(sound, variance, 1.0))
    return np.where(sound, stats.norm.sf(z), 1.0)
