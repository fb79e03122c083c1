"""Days, ISO weeks and months in a time zone: which fits the data, where they begin, which are complete."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Unit = Literal["day", "week", "month"]
_CODE: dict[str, str] = {"day": "D", "week": "W-SUN", "month": "M"}
#: Longest span in days for which the unit is the natural one, and units from fine to coarse.
_LONGEST: tuple[tuple[Unit, float], ...] = (("day", 45.0), ("week", 1100.0), ("month", float("inf")))
#: A season's length in periods, and how many seasons of history make it visible.
SEASON: dict[str, tuple[int, int]] = {"day": (7, 4), "week": (52, 2), "month": (12, 2)}
#: Share of a period that may lie outside the data for it to count as complete.
TOLERANCE = 0.1


@dataclass(frozen=True)
class Periods:
    """Consecutive periods. starts, ends: (t,) UTC instants. is_complete: (t,). season: (t,) phase in its season."""

    unit: Unit
    time_zone: str
    starts: pd.DatetimeIndex
    ends: pd.DatetimeIndex
    is_complete: npt.NDArray[np.bool_]
    season: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def locate(self, times: pd.Series) -> npt.NDArray[np.int64]:
        """Index of the period of each time; -1 where it is missing or outside. times: (n,) UTC."""
        if not len(self):
            return np.full(len(times), -1, dtype=np.int64)
        stamps = pd.DatetimeIndex(times).as_unit("us").asi8
        found = np.searchsorted(self.starts.as_unit("us").asi8, stamps, side="right") - 1
        outside = times.isna().to_numpy() | (stamps >= self.ends.as_unit("us").asi8[-1])
        return np.where(outside, -1, found).astype(np.int64)


def choose_unit(times: pd.Series, *, least_items: int = 20, least_periods: int = 6) -> Unit:
    """The unit that fits span and volume: fine for a short span, coarser where periods would hold few items.

    times: (n,) UTC without missing. The span is that of the middle 99 %, so that one odd date does not decide.
    """
    stamps = np.sort(pd.DatetimeIndex(times).as_unit("us").asi8)
    low, high = np.quantile(stamps, [0.005, 0.995])
    days = max((high - low) / 86_400e6, 1.0)
    first = next(n for n, (_, longest) in enumerate(_LONGEST) if days <= longest)
    units = [unit for unit, _ in _LONGEST[first:]]
    lengths = {"day": 1.0, "week": 7.0, "month": 30.4}
    for finer, coarser in pairwise(units):
        crowded = len(stamps) * lengths[finer] / days >= least_items
        if crowded or days / lengths[coarser] < least_periods:
            return finer
    return units[-1]


def build(times: pd.Series, *, unit: Unit, as_of: pd.Timestamp, time_zone: str, limit: int) -> Periods:
    """Periods from the earliest of `times` to `as_of`, the last `limit` of them.

    times: (n,) UTC without missing, none after `as_of`. A period is complete when at most a tenth of it lies
    before the earliest time or after `as_of`.
    """
    code = _CODE[unit]
    local = pd.DatetimeIndex(times).tz_convert(time_zone)
    last = as_of.tz_convert(time_zone).tz_localize(None).to_period(code)
    first = local.min().tz_localize(None).to_period(code)
    index = pd.period_range(first, last, freq=code)[-limit:]
    utc = _edges(pd.PeriodIndex([*index, index[-1] + 1]), time_zone)
    starts, ends = utc[:-1], utc[1:]
    length = (ends - starts).total_seconds().to_numpy()
    missed = np.clip((pd.Timestamp(local.min()).tz_convert("UTC") - starts).total_seconds().to_numpy(), 0, None)
    missed = missed + np.clip((ends - as_of).total_seconds().to_numpy(), 0, None)
    phase = {"day": index.day_of_week, "week": np.array([p.week for p in index]) - 1, "month": index.month - 1}[unit]
    season = np.minimum(np.asarray(phase, dtype=np.int64), SEASON[unit][0] - 1)
    return Periods(unit, time_zone, starts, ends, missed <= TOLERANCE * length, season)


def following(periods: Periods, *, after: int, count: int) -> pd.DatetimeIndex:
    """UTC edges (count + 1,) of the periods that follow the one at index `after`."""
    local = pd.Timestamp(periods.starts[after]).tz_convert(periods.time_zone).tz_localize(None)
    first = local.to_period(_CODE[periods.unit]) + 1
    return _edges(pd.period_range(first, periods=count + 1, freq=_CODE[periods.unit]), periods.time_zone)


def _edges(index: pd.PeriodIndex, time_zone: str) -> pd.DatetimeIndex:
    """First instants of local periods, in UTC.

    A midnight that the change to summer time skips begins an hour later; a doubled one begins the first time.
    """
    starts = index.start_time
    local = starts.tz_localize(time_zone, ambiguous=np.ones(len(starts), dtype=bool), nonexistent="shift_forward")
    return local.tz_convert("UTC").as_unit("us")


def label(start: pd.Timestamp, *, unit: Unit, time_zone: str) -> str:
    """A period in words: 2026-03-02 (day), week of 2026-03-02, or 2026-03."""
    local = start.tz_convert(time_zone)
    return {"day": f"{local:%Y-%m-%d}", "week": f"week of {local:%Y-%m-%d}", "month": f"{local:%Y-%m}"}[unit]
