from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from voicemine import tables
from voicemine.stages.track.settings import Intervention, TrackSettings

Build = Callable[..., Any]
OTHERS = {"refunds": [6, 4, 5, 5, 7, 4, 5, 6, 5, 4, 6, 5, 5, 4, 6, 5, 4, 6],
          "queues": [4, 5, 4, 3, 4, 6, 4, 5, 4, 4, 5, 3, 4, 5, 4, 4, 5, 4],
          "sizes": [3, 4, 5, 4, 4, 3, 5, 4, 4, 3, 4, 5, 4, 4, 3, 4, 5, 4]}


def test_forecasts_follow_the_last_complete_period(world: Build) -> None:
    built = world({**OTHERS, "parcels": [5, 6] * 9})
    found = built.run("r1").forecasts
    tables.to_arrow("forecasts", found)
    assert len(found) == 4 * 4
    one = found.iloc[:4]
    assert one["period_start"].tolist() == [pd.Timestamp("2026-05-11", tz="UTC") + pd.Timedelta(weeks=n)
                                            for n in range(4)]
    assert (found["rate_low"] <= found["rate"]).all() and (found["rate"] <= found["rate_high"]).all()
    assert (found["rate_high"] > found["rate_low"]).all()
    assert np.allclose(found["n_expected"], found["rate"] * found["n_items_expected"])


def test_no_forecast_that_cannot_be_tested(world: Build) -> None:
    assert world({"parcels": [5] * 10}).run("r1").forecasts.empty
    assert world({**OTHERS}).run("r1", settings=TrackSettings(forecast_periods=0)).forecasts.empty
    assert world({"parcels": [5] * 18}, dated=False).run("r1").forecasts.empty


def measured(built: Any, *done: Intervention) -> Any:
    return built.run("r1", settings=TrackSettings(interventions=done))


def test_a_fix_that_helped(world: Build) -> None:
    built = world({**OTHERS, "parcels": [15, 13, 14, 16, 15, 14, 13, 15, 16, 14, 3, 2, 4, 3, 2, 3, 3, 2]})
    found = measured(built, Intervention(date=date(2026, 3, 16), what="new courier", themes=("About parcels",)))
    tables.to_arrow("interventions", found.interventions)
    row = found.interventions.iloc[0]
    assert len(found.interventions) == 1 and (row["n_before"], row["n_after"]) == (145, 22)
    assert row["effect_low"] < 0.22 < row["effect_high"] < 0.5 and row["change_p"] < 0.001
    assert "lower by" in row["note"] and row["n_controls"] == 3


def test_what_everything_did_is_no_effect(world: Build) -> None:
    # All themes halve when plain items double: the controls take it out.
    halved = {k: [8] * 10 + [4] * 8 for k in ("parcels", "refunds", "queues", "sizes")}
    found = measured(world(halved), Intervention(date=date(2026, 3, 16), what="x", touchpoint="parcels"))
    row = found.interventions.iloc[0]
    assert row["effect"] == pytest.approx(1, abs=0.1) and "no effect shown" in row["note"]


def test_a_fall_that_was_under_way_is_not_credited(world: Build) -> None:
    falling = [40, 36, 32, 29, 26, 23, 21, 19, 17, 15, 14, 12, 11, 10, 9, 8, 7, 6]
    found = measured(world({**OTHERS, "parcels": falling}), Intervention(date=date(2026, 3, 16), what="x",
                                                                         themes=("About parcels",)))
    row = found.interventions.iloc[0]
    assert row["effect_low"] < 1 < row["effect_high"] and "trend before taken out" in row["note"]


def test_what_cannot_be_measured_is_told(world: Build) -> None:
    found = measured(world(OTHERS), Intervention(date=date(2026, 3, 16), what="a", themes=("nothing",)),
                     Intervention(date=date(2029, 1, 1), what="b", themes=("About refunds",)))
    assert found.interventions.empty
    assert any("'a'" in w and "names no theme" in w for w in found.warnings)
    assert any("'b'" in w and "no complete period" in w for w in found.warnings)
