from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from voicemine.numerics import periods


def times(start: str, stop: str, count: int) -> pd.Series:
    return pd.Series(pd.date_range(start, stop, periods=count, tz="UTC").as_unit("us"))


def build(stamps: pd.Series, unit: periods.Unit, as_of: str, zone: str = "UTC", limit: int = 100) -> periods.Periods:
    return periods.build(stamps, unit=unit, as_of=pd.Timestamp(as_of, tz="UTC"), time_zone=zone, limit=limit)


@pytest.mark.parametrize(("start", "stop", "count", "unit"), [
    ("2026-01-01", "2026-01-25", 2000, "day"), ("2026-01-01", "2026-01-25", 100, "day"),
    ("2026-01-01", "2026-06-30", 1800, "week"), ("2026-01-01", "2027-12-30", 600, "month"),
    ("2016-01-01", "2026-01-01", 50_000, "month"),
])
def test_unit_follows_span_and_volume(start: str, stop: str, count: int, unit: str) -> None:
    assert periods.choose_unit(times(start, stop, count)) == unit


def test_one_odd_date_does_not_decide_the_unit() -> None:
    odd = pd.concat([times("1970-01-01", "1970-01-02", 1), times("2026-01-01", "2026-01-20", 1000)])
    assert periods.choose_unit(odd) == "day"


def test_weeks_begin_on_monday_and_the_last_is_complete_only_when_nearly_over() -> None:
    stamps = times("2026-01-05T09:00", "2026-01-25T20:00", 50)
    found = build(stamps, "week", "2026-01-25T20:00")
    assert [f"{s:%a %d}" for s in found.starts] == ["Mon 05", "Mon 12", "Mon 19"]
    assert found.is_complete.tolist() == [True, True, True]
    assert build(stamps, "week", "2026-01-26T02:00").is_complete.tolist() == [True, True, True, False]
    assert build(stamps, "week", "2026-01-24T12:00").is_complete.tolist() == [True, True, False]


def test_first_period_is_incomplete_when_the_data_begin_within_it() -> None:
    found = build(times("2026-01-08", "2026-01-25T23:00", 50), "week", "2026-01-25T23:00")
    assert found.is_complete.tolist() == [False, True, True]


def test_local_days_through_the_changes_of_summer_time() -> None:
    spring = build(times("2026-03-28T00:00", "2026-03-30T20:00", 30), "day", "2026-03-30T21:59", "Europe/Berlin")
    hours = ((spring.ends - spring.starts).total_seconds() / 3600).tolist()
    assert hours == [24.0, 23.0, 24.0]
    autumn = build(times("2026-10-24T00:00", "2026-10-26T20:00", 30), "day", "2026-10-26T22:59", "Europe/Berlin")
    assert ((autumn.ends - autumn.starts).total_seconds() / 3600).tolist() == [24.0, 25.0, 24.0]


def test_midnight_that_does_not_exist_begins_an_hour_later() -> None:
    found = build(times("2025-09-06T06:00", "2025-09-08T06:00", 30), "day", "2025-09-08T06:00", "America/Santiago")
    assert (found.ends - found.starts).total_seconds().tolist()[1] == 23 * 3600


def test_every_time_is_located_in_its_period() -> None:
    stamps = times("2026-01-01", "2026-04-30T22:00", 500)
    found = build(stamps, "month", "2026-04-30T22:00", "America/New_York")
    where = found.locate(stamps)
    assert ((stamps >= found.starts[where]) & (stamps < found.ends[where])).all()
    assert found.locate(pd.Series([pd.NaT, pd.Timestamp("2030-01-01", tz="UTC")])).tolist() == [-1, -1]


def test_only_the_last_periods_are_looked_at() -> None:
    found = build(times("2020-01-01", "2026-01-31T23:00", 400), "day", "2026-01-31T23:00", limit=10)
    assert len(found) == 10 and found.is_complete.all()
    assert int(found.locate(times("2020-01-01", "2020-01-02", 1))[0]) == -1


def test_seasons_are_phases() -> None:
    found = build(times("2026-01-01", "2026-01-14T23:00", 40), "day", "2026-01-14T23:00")
    assert np.array_equal(found.season, [3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2])
