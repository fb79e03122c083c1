"""Did a rate change when something was done? Interrupted time series with untouched series as control.

The count of a series is modelled as quasi-Poisson around its expectation from the controls, with a step at the
intervention and, where the time before shows one, a trend (Bernal, Cummins and Gasparrini, 2017). How much the
controls themselves moved at that time, beyond chance, widens the interval: what untouched series do is what this
one might have done.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import statsmodels.api as sm
from scipy import stats
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

Array = npt.NDArray[np.float64]

#: A trend is taken out where its z-value before the intervention reaches this, and this many periods show it.
_TREND_Z, _TREND_PERIODS = 2.5, 8
#: Mentions added on each side, so that a silence has a finite effect.
_HALF = 0.5


@dataclass(frozen=True)
class Effect:
    """Rate after over the rate expected without the intervention, with its 95 % interval and two-sided p-value."""

    ratio: float
    low: float
    high: float
    p_value: float
    has_trend: bool
    controls: int


def effect(counts: Array, controls: Array, exposure: Array, *, step: int) -> Effect | None:
    """Effect at period `step`, or None where a side has no period with items or the series has no mention.

    counts: (t,) the series. controls: (c, t) untouched series, (0, t) for none. exposure: (t,) all items.
    """
    usable = exposure > 0
    after = (np.arange(len(exposure)) >= step) & usable
    before = (np.arange(len(exposure)) < step) & usable
    if not before.any() or not after.any() or counts[usable].sum() <= 0:
        return None
    base = exposure * _shared_course(controls, exposure, step)
    response = counts.astype(float).copy()
    for side in (before, after):
        response[side] += _HALF * base[side] / base[side].sum()
    time = np.arange(len(exposure), dtype=float) - step
    trend = _has_trend(response, base, time, before)
    columns = [np.ones(len(time)), after.astype(float), *([time] if trend else [])]
    design = np.stack(columns, axis=1)[usable]
    if usable.sum() <= design.shape[1]:
        return None
    coefficient, error = _fit(response[usable], design, base[usable])
    wander = _wander(controls, exposure, before, after)
    spread = math.sqrt(error**2 + wander)
    degrees = max(int(usable.sum()) - design.shape[1], 1)
    half = float(stats.t.ppf(0.975, degrees)) * spread
    p_value = float(2 * stats.t.sf(abs(coefficient) / spread, degrees)) if spread > 0 else 1.0
    return Effect(math.exp(coefficient), math.exp(max(coefficient - half, -50)), math.exp(min(coefficient + half, 50)),
                  p_value, trend, len(controls))


def _shared_course(controls: Array, exposure: Array, step: int) -> Array:
    """Factor by which the controls' pooled rate was higher before and after than on the whole; (t,)."""
    factor = np.ones(len(exposure))
    if not len(controls):
        return factor
    seen, whole = controls.sum(axis=0), float(exposure.sum())
    for side in (slice(0, step), slice(step, None)):
        rate = (seen[side].sum() + _HALF) / max(float(exposure[side].sum()), 1.0)
        factor[side] = rate / ((seen.sum() + _HALF) / whole)
    return factor


def _has_trend(response: Array, base: Array, time: Array, before: npt.NDArray[np.bool_]) -> bool:
    if before.sum() < _TREND_PERIODS or response[before].sum() < 10:
        return False
    design = np.stack([np.ones(int(before.sum())), time[before]], axis=1)
    slope, error = _fit(response[before], design, base[before])
    return abs(slope) >= _TREND_Z * error


def _fit(response: Array, design: Array, base: Array) -> tuple[float, float]:
    """Second coefficient of a quasi-Poisson regression with exposure `base`, and its standard error."""
    model = sm.GLM(response, design, family=sm.families.Poisson(), offset=np.log(base))
    with warnings.catch_warnings():
        # Counts that the model fits without error are no fault: chance still widens the interval (scale 1).
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        found = model.fit(scale=1.0)
    degrees = max(len(response) - design.shape[1], 1)
    scale = max(float(found.pearson_chi2) / degrees, 1.0)
    return float(found.params[1]), float(found.bse[1]) * math.sqrt(scale)


def _wander(controls: Array, exposure: Array, before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_]) -> float:
    """Variance between the controls' own log changes beyond chance (DerSimonian and Laird, 1986)."""
    if len(controls) < 3:
        return 0.0
    was, now = controls[:, before].sum(axis=1) + _HALF, controls[:, after].sum(axis=1) + _HALF
    change = np.log(now / exposure[after].sum()) - np.log(was / exposure[before].sum())
    weight = 1.0 / (1.0 / was + 1.0 / now)
    mean = float((weight * change).sum() / weight.sum())
    excess = float((weight * (change - mean) ** 2).sum()) - (len(controls) - 1)
    return max(excess, 0.0) / float(weight.sum() - (weight**2).sum() / weight.sum())
