"""Forecast of many rates at once: exponential smoothing, with intervals calibrated on the past's own errors.

The level of each rate is its exponentially weighted mean (Brown, 1956) with one smoothing factor for all themes.
Errors of past forecasts, in units of their predicted spread, are pooled over themes; their quantiles give the 80 %
interval (split conformal prediction; Lei et al., 2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_FACTORS = (0.05, 0.1, 0.2, 0.35, 0.6)
#: Periods before the first back-tested forecast, and back-tested periods without which none is made.
_WARM_UP, _LEAST_TESTS = 6, 6
#: Share of the counts that an interval should hold.
_LEVEL = 0.8
#: Pseudo-mentions of a level.
_HALF = 0.5


@dataclass(frozen=True)
class Forecast:
    """Rates of the next h periods for k themes.

    rate: (k,). low, high: (k, h), 80 %. coverage: (h,) share of held-out past counts within such intervals, nan
    where none was held out. tested: (h,) number of them. factor: the smoothing factor chosen.
    """

    rate: Array
    low: Array
    high: Array
    coverage: Array
    tested: npt.NDArray[np.int64]
    factor: float


def forecast(counts: Array, exposure: Array, *, ahead: int, items: float) -> Forecast | None:
    """Forecast `ahead` periods, or None where the history is too short to test a forecast.

    counts: (k, t) items with each theme, exposure: (t,) all items, complete periods in order. items: exposure that
    the intervals are for. The last third of the tests is held out to measure coverage; the intervals that are
    given rest on all of them.
    """
    periods = len(exposure)
    if not len(counts) or periods < _WARM_UP + _LEAST_TESTS + ahead - 1 or items <= 0:
        return None
    factor = min(_FACTORS, key=lambda f: (round(_loss(counts, exposure, f), 9), f))
    level, weight = levels(counts, exposure, factor)
    low, high = np.zeros((len(counts), ahead)), np.zeros((len(counts), ahead))
    coverage, tested = np.full(ahead, np.nan), np.zeros(ahead, dtype=np.int64)
    centre = level[:, periods] * items
    spread = _spread(centre, level[:, periods] * weight[periods])
    for step in range(1, ahead + 1):
        errors, zero = _errors(counts, exposure, level, weight, step)
        cut = errors.shape[1] * 2 // 3
        learnt, held = errors[:, :cut], errors[:, cut:]
        first, last = _points(learnt, zero[:, :cut])
        coverage[step - 1] = _inside(held, zero[:, cut:], first, last) if held.size else np.nan
        tested[step - 1] = held.size
        first, last = _points(errors, zero)
        low[:, step - 1] = np.clip((centre + first * spread) / items, 0, 1)
        high[:, step - 1] = np.clip((centre + last * spread) / items, 0, 1)
    rate = np.clip(level[:, periods], 0, 1)
    return Forecast(rate, np.minimum(low, rate[:, None]), np.maximum(high, rate[:, None]), coverage, tested, factor)


def levels(counts: Array, exposure: Array, factor: float) -> tuple[Array, Array]:
    """Smoothed rate before each period (k, t + 1) and the items that it rests on (t + 1,)."""
    periods = len(exposure)
    seen, items = np.zeros((len(counts), periods + 1)), np.zeros(periods + 1)
    for t in range(periods):
        seen[:, t + 1] = (1 - factor) * seen[:, t] + counts[:, t]
        items[t + 1] = (1 - factor) * items[t] + exposure[t]
    return (seen + _HALF) / np.maximum(items, 1.0), items


def _spread(expected: Array, mentions: Array) -> Array:
    """Predicted standard deviation of a count: Poisson's, and that of its level."""
    return np.sqrt(expected + expected**2 / np.maximum(mentions, _HALF))


def _errors(counts: Array, exposure: Array, level: Array, weight: Array, step: int) -> tuple[Array, Array]:
    """Errors of past forecasts in units of their spread (k, n), and that of a count of zero."""
    origins = np.arange(_WARM_UP, len(exposure) - step + 1)
    origins = origins[exposure[origins + step - 1] > 0]
    expected = level[:, origins] * exposure[origins + step - 1]
    spread = _spread(expected, level[:, origins] * weight[origins])
    return (counts[:, origins + step - 1] - expected) / spread, -expected / spread


def _points(errors: Array, zero: Array) -> tuple[float, float]:
    """Ends of the interval, in units of spread, that holds nearest to 80 % of the past errors.

    The same share is left out at both ends. Counts are whole and not negative, so that cutting at the 10 % points
    would hold more than 80 % of small themes; the share left out is therefore searched.
    """
    tails = np.linspace(0.02, 0.3, 29)
    ends = np.quantile(errors, np.stack([tails, 1 - tails]))
    misses = [abs(_inside(errors, zero, float(a), float(b)) - _LEVEL) for a, b in ends.T]
    best = int(np.argmin(np.round(misses, 9)))
    return float(ends[0, best]), float(ends[1, best])


def _inside(errors: Array, zero: Array, first: float, last: float) -> float:
    """Share of errors within an interval; where it reaches below a count of zero it is cut there."""
    return float(((errors >= np.maximum(first, zero)) & (errors <= last)).mean())


def _loss(counts: Array, exposure: Array, factor: float) -> float:
    """Mean size of the errors one period ahead, in units that do not hang on the factor."""
    level, _ = levels(counts, exposure, factor)
    origins = np.arange(_WARM_UP, len(exposure))
    origins = origins[exposure[origins] > 0]
    expected = level[:, origins] * exposure[origins]
    return float((np.abs(counts[:, origins] - expected) / np.sqrt(counts.mean(axis=1, keepdims=True) + 1)).mean())
