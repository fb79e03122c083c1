"""Items over time: how many of each period and stratum carry each theme."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from voicemine.numerics import periods as calendar
from voicemine.stages.track.settings import TrackSettings

Array = npt.NDArray[np.float64]

#: A source and channel is a stratum of its own from this many items and this share of them; others are pooled.
_LEAST_ITEMS, _LEAST_SHARE, _MOST_STRATA = 30, 0.02, 12


@dataclass(frozen=True)
class Course:
    """Counts by theme (k, in the order of `ids`), period (t) and stratum (s).

    counts: (k, t, s) items with the theme. exposure: (t, s) mined items. `complete` is the range of periods that
    lie wholly within the data. undated, later: mined items without a time, and after `as_of`.
    """

    ids: tuple[str, ...]
    periods: calendar.Periods
    counts: Array
    exposure: Array
    complete: slice
    undated: int
    later: int

    @property
    def n_complete(self) -> int:
        return int(self.complete.stop) - int(self.complete.start)


def build_course(
    items: pd.DataFrame, themed: pd.DataFrame, ids: tuple[str, ...], *, as_of: pd.Timestamp, settings: TrackSettings
) -> Course | None:
    """Count items by theme, period and stratum; None where no mined item has a usable time.

    items: columns item_id, created_at, source, channel of the mined items. themed: distinct pairs theme_id, item_id.
    Only items up to `as_of` count.
    """
    dated = items[items["created_at"].notna()]
    undated, later = len(items) - len(dated), int((dated["created_at"] > as_of).sum())
    dated = dated[dated["created_at"] <= as_of]
    if dated.empty:
        return None
    times = dated["created_at"]
    unit = settings.period if settings.period != "auto" else calendar.choose_unit(times)
    found = calendar.build(times, unit=unit, as_of=as_of, time_zone=settings.time_zone, limit=settings.max_periods)
    where, stratum, n_strata = found.locate(times), *strata(dated)
    inside = where >= 0
    exposure = np.zeros((len(found), n_strata))
    np.add.at(exposure, (where[inside], stratum[inside]), 1.0)
    place = pd.DataFrame({"item_id": dated["item_id"], "period": where, "stratum": stratum})
    pairs = themed.merge(place[inside], on="item_id")
    order = {t: i for i, t in enumerate(ids)}
    counts = np.zeros((len(ids), len(found), n_strata))
    np.add.at(counts, (pairs["theme_id"].map(order).to_numpy(dtype=np.int64), pairs["period"].to_numpy(),
                       pairs["stratum"].to_numpy()), 1.0)
    whole = np.flatnonzero(found.is_complete)
    complete = slice(int(whole[0]), int(whole[-1]) + 1) if len(whole) else slice(0, 0)
    return Course(ids, found, counts, exposure, complete, undated, later)


def strata(items: pd.DataFrame) -> tuple[npt.NDArray[np.int64], int]:
    """Code of each item's source and channel (n,), and the number of codes; small strata share the last one."""
    label = items["source"].astype(str) + "\x1f" + items["channel"].fillna("").astype(str)
    sizes = label.value_counts()
    own = sizes[(sizes >= _LEAST_ITEMS) & (sizes >= _LEAST_SHARE * len(items))]
    names = sorted(own.index, key=lambda n: (-int(own[n]), str(n)))[:_MOST_STRATA]
    code = {name: i for i, name in enumerate(names)}
    codes = label.map(code).fillna(len(names)).to_numpy(dtype=np.int64)
    return codes, len(names) + 1
