"""Change of many rates against their own past: expectation by source mix and season, dispersion, exact tests.

Counts of a theme in a period are taken as Poisson around exposure times rate. The rate is not known but estimated
from a baseline, and real counts scatter more than Poisson's, so the count is tested against the negative binomial
that has the mean and variance of the prediction. With one stratum and dispersion 1 this is the gamma-Poisson
predictive test with Jeffreys' prior. Expectation is standardised: each stratum (source, channel) keeps its own past
rate and the new period's exposure, so that more reviews from a grumpier channel are no change (direct
standardisation; Breslow and Day, 1987).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]

#: Mentions that a rate begins with (Jeffreys' prior).
_HALF = 0.5
#: Baseline items from which a stratum is comparable at all.
_LEAST_EXPOSURE = 10.0
#: Pseudo-mentions by which a season's factor leans to 1.
_SEASON_LEAN = 20.0
#: Periods' worth of evidence by which a theme's dispersion leans to that of all themes.
_DISPERSION_LEAN = 20.0
#: Highest squared step that counts in full, as a multiple of the usual one (chi-squared, 99 %).
_STEP_CAP = 6.63


@dataclass(frozen=True)
class Comparison:
    """Observed against expected counts of each theme. All (k,).

    observed: count in comparable strata. expected: its prediction, variance: of that prediction. crude: the
    prediction had the source mix stayed. whole: prediction over all strata, also those without a past.
    p_rise, p_fall: one-sided p-values.
    """

    observed: Array
    expected: Array
    variance: Array
    crude: Array
    whole: Array
    p_rise: Array
    p_fall: Array

    @property
    def p_value(self) -> Array:
        """Two-sided p-value."""
        return np.minimum(1.0, 2.0 * np.minimum(self.p_rise, self.p_fall))

    @property
    def ratio(self) -> Array:
        """Observed over expected, both with half a mention added."""
        return (self.observed + 0.5) / (self.expected + 0.5)


def compare(
    counts: Array, exposure: Array, *, base: slice, window: slice, dispersion: Array, season: Codes | None = None
) -> Comparison:
    """Test the periods of `window` against the rates of the periods of `base`.

    counts: (k, t, s) items with each theme by period and stratum. exposure: (t, s) all items. dispersion: (k,) at
    least 1. season: (t,) phase of each period, or None for none.
    """
    past, past_items = counts[:, base].sum(axis=1), exposure[base].sum(axis=0)
    every, items_before = past.sum(axis=1), max(float(past_items.sum()), 1.0)
    overall = (every + _HALF) / items_before
    known = past_items >= _LEAST_EXPOSURE
    if not known.any():
        known = past_items > 0
    # Gamma posterior of each stratum's rate around the theme's overall rate, worth half a mention.
    usual = every[:, None] * past_items / items_before
    rate = np.minimum(overall[:, None] * (past + _HALF) / (usual + _HALF), 1.0)
    rate_variance = overall[:, None] * rate / (usual + _HALF)
    factor, factor_variance = _season_factors(counts, exposure, rate, base, window, season)
    items = exposure[window]
    load = np.einsum("kt,ts->ks", factor, items * known)
    expected = np.einsum("ks,ks->k", load, rate)
    uncertainty = np.einsum("ks,ks->k", load**2, rate_variance) + expected**2 * factor_variance
    variance = dispersion * (expected + uncertainty)
    observed = counts[:, window][:, :, known].sum(axis=(1, 2))
    p_rise, p_fall = tails(observed, expected, variance)
    crude = overall * float((items * known).sum())
    whole = expected + overall * float((items * ~known).sum())
    return Comparison(observed, expected, variance, crude, whole, p_rise, p_fall)


def tails(observed: Array, expected: Array, variance: Array) -> tuple[Array, Array]:
    """P(X >= observed) and P(X <= observed) for X negative binomial with the given mean and variance; all (k,)."""
    mean = np.maximum(expected, 1e-12)
    size = mean**2 / np.maximum(variance - mean, 1e-9 * mean)
    chance = size / (size + mean)
    return stats.nbinom.sf(observed - 1, size, chance), stats.nbinom.cdf(observed, size, chance)


def _season_factors(
    counts: Array, exposure: Array, rate: Array, base: slice, window: slice, season: Codes | None
) -> tuple[Array, Array]:
    """Factor of each theme in each period of the window (k, w), and the squared relative error of its sum (k,)."""
    width = exposure[window].shape[0]
    if season is None:
        return np.ones((counts.shape[0], width)), np.zeros(counts.shape[0])
    seen = counts[:, base].sum(axis=2)
    usual = np.einsum("ts,ks->kt", exposure[base], rate)
    phases = np.asarray(season[base])
    factors, errors = [], []
    for phase in np.asarray(season[window]):
        here = phases == phase
        weight = usual[:, here].sum(axis=1) + _SEASON_LEAN
        factors.append((seen[:, here].sum(axis=1) + _SEASON_LEAN) / weight)
        errors.append(1.0 / weight)
    return np.stack(factors, axis=1), np.stack(errors, axis=1).mean(axis=1)


def dispersion_before(counts: Array, exposure: Array) -> Array:
    """How many times more than Poisson each theme scattered before each period; at least 1.

    counts: (k, t) items with each theme. exposure: (t,) all items. Returns (k, t + 1): column j uses periods
    before j only. Steps from period to period are squared and set against their Poisson variance (after von
    Neumann, 1941), so that a lasting change counts once and not for ever; a theme leans to the median theme.
    """
    themes, periods = counts.shape
    steps, known = np.zeros((themes, max(periods - 1, 0))), np.zeros((themes, max(periods - 1, 0)), dtype=bool)
    if periods > 1:
        before, after = exposure[:-1], exposure[1:]
        pooled = (counts[:, :-1] + counts[:, 1:]) / np.maximum(before + after, 1.0)
        spread = pooled * (1 - np.minimum(pooled, 0.99))
        spread = spread * (1 / np.maximum(before, 1) + 1 / np.maximum(after, 1))
        known = (pooled > 0) & (before > 0)[None, :] & (after > 0)[None, :]
        rates = counts / np.maximum(exposure, 1.0)
        steps = np.where(known, np.diff(rates, axis=1) ** 2 / np.where(known, spread, 1.0), 0.0)
    result = np.ones((themes, periods + 1))
    for column in range(3, periods + 1):
        seen, squares = known[:, : column - 1], steps[:, : column - 1]
        number = seen.sum(axis=1)
        usual = _usual(squares.sum(axis=1), number, counts[:, :column].mean(axis=1))
        capped = np.minimum(squares, _STEP_CAP * usual[:, None]).sum(axis=1)
        result[:, column] = np.maximum((_DISPERSION_LEAN * usual + capped) / (_DISPERSION_LEAN + number), 1.0)
    return result


def _usual(squares: Array, number: Array, level: Array) -> Array:
    """Dispersion that a theme of each mean count should have, judged by all themes; (k,), at least 1.

    The scatter of real themes grows with their size, so the excess is taken per mention (as the negative binomial
    does), and never below the median theme's. Medians keep the few themes that did change from deciding.
    """
    enough = number >= 3
    if enough.sum() < 3:
        return np.ones(len(level))
    means = squares[enough] / number[enough]
    excess = (means - 1.0) / np.maximum(level[enough], 1e-9)
    order = np.argsort(excess, kind="stable")
    weight = level[enough][order].cumsum()
    per_mention = max(float(excess[order][np.searchsorted(weight, weight[-1] / 2)]), 0.0)
    return np.maximum(max(float(np.median(means)), 1.0), 1.0 + per_mention * level)


@dataclass(frozen=True)
class Changes:
    """Every period tested against those before it; all (k, t), nan where there was nothing to test.

    expected: items expected in the period. p_value: two-sided, the best of several window lengths, times their
    number (Bonferroni). ratio, observed: of the window that decided, which ends with the period. width: its length.
    """

    expected: Array
    p_value: Array
    ratio: Array
    observed: Array
    width: Array


def scan(
    counts: Array, exposure: Array, *, baseline: int, min_history: int, season: Codes | None = None,
    season_history: int = 0, widths: tuple[int, ...] = (1, 2, 4), first: int = 0,
) -> Changes:
    """Test each period, alone and with the ones just before it, against the `baseline` periods before those.

    counts: (k, t, s), exposure: (t, s), complete periods in order. season: (t,) phases, used once a period has
    `season_history` periods before it. `first`: tests begin at this period. A period without items is not tested.
    """
    themes, periods, _ = counts.shape
    out = {name: np.full((themes, periods), np.nan) for name in ("expected", "p", "ratio", "observed", "width")}
    spread = dispersion_before(counts.sum(axis=2), exposure.sum(axis=1))
    for t in range(max(first, min_history), periods):
        if exposure[t].sum() <= 0:
            continue
        best = np.full(themes, np.inf)
        usable = [w for w in widths if t - w + 1 >= min_history or w == 1]
        for width in usable:
            start = t - width + 1
            phases = season if season is not None and start >= season_history else None
            reach = max(start - max(baseline, season_history if phases is not None else 0), 0)
            base = slice(reach, start)
            if exposure[base].sum() <= 0:
                continue
            found = compare(counts, exposure, base=base, window=slice(start, t + 1),
                            dispersion=spread[:, start], season=phases)
            if width == 1:
                out["expected"][:, t] = found.whole
            better = found.p_value < best
            best = np.where(better, found.p_value, best)
            for name, values in (("ratio", found.ratio), ("observed", found.observed)):
                out[name][better, t] = values[better]
            out["width"][better, t] = width
        if np.isfinite(best).all():
            out["p"][:, t] = np.minimum(1.0, best * len(usable))
    return Changes(out["expected"], out["p"], out["ratio"], out["observed"], out["width"])


@dataclass(frozen=True)
class Peak:
    """The stretch of periods [start, stop) in which a theme stands out most, and its share of the theme's items."""

    start: int
    stop: int
    share: float
    score: float


def peak(counts: Array, exposure: Array) -> Peak:
    """The stretch, at most half of all periods long, with the highest likelihood ratio (Kulldorff, 1997).

    counts, exposure: (t,). `score` is the log likelihood ratio, 0 where no stretch stands out.
    """
    periods, total, items = len(counts), float(counts.sum()), float(exposure.sum())
    best = Peak(0, 0, 0.0, 0.0)
    if total <= 0 or items <= 0:
        return best
    seen, load = np.concatenate([[0.0], counts.cumsum()]), np.concatenate([[0.0], exposure.cumsum()])
    for width in range(1, periods // 2 + 1):
        inside = seen[width:] - seen[:-width]
        usual = total * (load[width:] - load[:-width]) / items
        with np.errstate(divide="ignore", invalid="ignore"):
            score = inside * np.log(inside / usual)
            rest = (total - inside) * np.log((total - inside) / (total - usual))
        score = np.where(inside > usual, np.nan_to_num(score) + np.nan_to_num(rest), 0.0)
        at = int(np.argmax(score))
        if score[at] > best.score + 1e-9:
            best = Peak(at, at + width, float(inside[at]) / total, float(score[at]))
    return best
