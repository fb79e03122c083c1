"""The table `theme_trends`: each theme's rate in each period, set against what its past made expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from voicemine import tables
from voicemine.numerics import fdr, trends
from voicemine.numerics.intervals import wilson
from voicemine.numerics.periods import SEASON
from voicemine.stages.track.course import Course
from voicemine.stages.track.settings import TrackSettings

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Tested:
    """Every period of every theme tested against its past; all (k, t), over all periods, nan where not tested."""

    expected: Array
    p_value: Array
    q_value: Array
    ratio: Array
    is_alert: Flags


def season_of(course: Course, settings: TrackSettings) -> tuple[npt.NDArray[np.int64] | None, int]:
    """Phases of the complete periods, and how many periods of history their use asks for; None where too few."""
    length, seasons = SEASON[course.periods.unit]
    history = length * seasons
    if settings.seasonal == "off" or course.n_complete <= history:
        return None, history
    return course.periods.season[course.complete], history


def test_periods(course: Course, *, settings: TrackSettings) -> Tested:
    """Test each complete period as it could have been tested when it ended: with its past only.

    q-values control the false-discovery rate (Benjamini-Hochberg) over all themes of the period. An alert asks for
    a small q-value, a rise of `min_ratio`, `min_mentions` items, and a last period that is itself above expectation.
    """
    shape = course.counts.shape[:2]
    whole = course.complete
    season, history = season_of(course, settings)
    found = trends.scan(
        course.counts[:, whole], course.exposure[whole], baseline=settings.baseline,
        min_history=settings.min_history, season=season, season_history=history)
    expected, p_value, ratio, observed = (np.full(shape, np.nan) for _ in range(4))
    expected[:, whole], p_value[:, whole] = found.expected, found.p_value
    ratio[:, whole], observed[:, whole] = found.ratio, found.observed
    q_value = np.stack([fdr.adjust(p_value[:, t]) for t in range(shape[1])], axis=1) if shape[1] else p_value
    total = course.counts.sum(axis=2)
    with np.errstate(invalid="ignore"):
        is_alert = ((q_value <= settings.alert_q) & (ratio >= settings.min_ratio)
                    & (observed >= settings.min_mentions) & (total > expected))
    return Tested(expected, p_value, q_value, ratio, is_alert)


def trend_table(course: Course | None, tested: Tested | None) -> pd.DataFrame:
    """The table, sorted by theme and period; empty where nothing is dated."""
    if course is None or tested is None or not course.ids:
        return tables.empty("theme_trends")
    themes, periods = course.counts.shape[:2]
    count = course.counts.sum(axis=2)
    items = np.broadcast_to(course.exposure.sum(axis=1), (themes, periods))
    low, high = wilson(count, items)
    rate = np.divide(count, items, out=np.full(count.shape, np.nan), where=items > 0)
    none = items <= 0
    frame = pd.DataFrame({
        "theme_id": np.repeat(np.array(course.ids, dtype=object), periods),
        "period_start": np.tile(course.periods.starts, themes), "period_end": np.tile(course.periods.ends, themes),
        "is_complete": np.tile(course.periods.is_complete, themes),
        "n_mentions": count.ravel().astype(np.int64), "n_items_total": items.ravel().astype(np.int64),
        "rate": rate.ravel(), "rate_low": np.where(none, np.nan, low).ravel(),
        "rate_high": np.where(none, np.nan, high).ravel(), "expected": tested.expected.ravel(),
        "change_p": tested.p_value.ravel(), "change_q": tested.q_value.ravel(), "is_alert": tested.is_alert.ravel(),
    })
    frame = frame.sort_values(["theme_id", "period_start"], ignore_index=True)
    return tables.conform("theme_trends", frame)
