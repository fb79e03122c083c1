"""The table `forecasts`: each theme's rate in the coming periods."""

from __future__ import annotations

import numpy as np
import pandas as pd

from voicemine import tables
from voicemine.numerics.forecast import forecast
from voicemine.numerics.periods import following
from voicemine.stages.track.course import Course
from voicemine.stages.track.settings import TrackSettings

#: Complete periods whose median exposure is expected to go on.
_USUAL = 8


def forecast_table(course: Course | None, *, settings: TrackSettings) -> pd.DataFrame:
    """The next `settings.forecast_periods` periods after the last complete one.

    Empty where the history is too short for the forecast to be tested. n_expected is for the median number of items
    of the last eight complete periods.
    """
    if course is None or not course.ids or settings.forecast_periods == 0 or course.n_complete == 0:
        return tables.empty("forecasts")
    whole, ahead = course.complete, settings.forecast_periods
    exposure = course.exposure[whole].sum(axis=1)
    items = float(np.median(exposure[-_USUAL:]))
    found = forecast(course.counts[:, whole].sum(axis=2), exposure, ahead=ahead, items=items)
    if found is None:
        return tables.empty("forecasts")
    edges = following(course.periods, after=whole.stop - 1, count=ahead)
    themes = len(course.ids)
    return tables.conform("forecasts", pd.DataFrame({
        "theme_id": np.repeat(np.array(course.ids, dtype=object), ahead),
        "period_start": np.tile(edges[:-1], themes), "period_end": np.tile(edges[1:], themes),
        "step": np.tile(np.arange(1, ahead + 1), themes), "n_items_expected": items,
        "n_expected": np.repeat(found.rate * items, ahead), "rate": np.repeat(found.rate, ahead),
        "rate_low": found.low.ravel(), "rate_high": found.high.ravel(),
        "coverage": np.tile(found.coverage, themes), "n_tested": np.tile(found.tested, themes),
    }).sort_values(["theme_id", "period_start"], ignore_index=True))
