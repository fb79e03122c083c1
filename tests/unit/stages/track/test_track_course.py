from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from voicemine.stages.track import TrackSettings

Build = Callable[..., Any]
CALM = {"refunds": [6, 4, 5, 5, 7, 4, 5, 6, 5, 4, 6, 5, 5, 4, 6, 5]}


def status(found: Any) -> dict[str, str]:
    return dict(zip(found.theme_ids["theme_key"], found.theme_ids["status"], strict=True))


def note(found: Any, key: str) -> str:
    return str(found.theme_ids.set_index("theme_key").loc[key, "status_note"])


@pytest.mark.parametrize(("weekly", "expected", "word"), [
    ([1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 1, 2, 12, 14, 13, 15], "growing", "alert since week of 2026-03-30"),
    ([0] * 13 + [7, 9, 11], "new", "first in week of 2026-04-06"),
    ([14, 13, 15, 14, 13, 12, 15, 14, 13, 14, 15, 13, 3, 2, 2, 1], "fading", "before"),
    ([9, 8, 7, 9, 8, 9, 2, 1, 2, 3, 2, 1, 2, 3, 2, 2], "fading", "since week of 2026-02-16"),
    ([1, 1, 0, 1, 1, 0, 1, 1, 6, 7, 6, 7, 7, 6, 7, 6], "growing", "since week of 2026-03-02"),
    ([14, 13, 15, 14, 13, 12, 15, 6, 0, 0, 0, 0, 0, 0, 0, 0], "gone", "not seen in the last 8 complete weeks"),
    ([0, 1, 0, 0, 1, 22, 25, 19, 0, 0, 1, 0, 0, 0, 0, 0], "fading", "a peak from week of 2026-02-09"),
    ([5] * 16, "steady", "within chance"),
    ([0] * 14 + [1, 1], "unclear", "too few"),
])
def test_status_with_its_evidence(world: Build, weekly: list[int], expected: str, word: str) -> None:
    found = world({**CALM, "parcels": weekly}).run("r1")
    assert status(found) == {"refunds": "steady", "parcels": expected}
    assert word in note(found, "parcels")


def test_an_incomplete_period_never_alarms(world: Build) -> None:
    built = world({**CALM, "parcels": [2] * 15 + [30]})
    middle = built.items["created_at"].max() - pd.Timedelta(days=3)
    cut = built.items[built.items["created_at"] <= middle]
    part = type(built)(cut, built.segments, built.members, built.nodes, built.names, built.encoding)
    last = part.run("r1").theme_trends.groupby("theme_id").tail(1)
    assert not last["is_complete"].any() and not last["is_alert"].any() and last["change_p"].isna().all()
    whole = built.run("r1").theme_trends
    assert whole["is_alert"].sum() == 1


def test_rates_over_exposure_with_intervals(world: Build) -> None:
    found = world({"parcels": [4] * 10}, others=16).run("r1").theme_trends
    assert (found["n_items_total"] == 20).all() and np.allclose(found["rate"], 0.2)
    assert (found["rate_low"] < 0.2).all() and (found["rate_high"] > 0.2).all()
    tested = found[found["expected"].notna()]
    assert len(tested) == 4 and np.allclose(tested["expected"], 4, atol=0.1)


def test_more_feedback_alone_is_no_rise(world: Build) -> None:
    built = world({"parcels": [4] * 12 + [40] * 4, "refunds": [4] * 12 + [40] * 4})
    plain = [40] * 12 + [400] * 4
    more = world({"parcels": [4] * 12 + [40] * 4, "refunds": [4] * 12 + [40] * 4, "prices": plain}, others=0)
    assert built.run("r1").theme_trends["is_alert"].any()
    assert not more.run("r1").theme_trends["is_alert"].any()


def test_a_mix_shift_is_told_apart(world: Build) -> None:
    built = world({"parcels": [3] * 12 + [12] * 4}, others=60)
    # The theme is only ever mentioned in tickets, whose number rises with it.
    tickets = built.items["item_id"].str.startswith("parcels")
    extra = built.items["item_id"].str.match(r"x-\d+-([0-9])$") | (
        built.items["item_id"].str.match(r"x-1[2-5]-[1-3]\d$"))
    items = built.items.assign(source=np.where(tickets | extra, "tickets", "survey"))
    found = type(built)(items, built.segments, built.members, built.nodes, built.names, built.encoding).run("r1")
    assert not found.theme_trends["is_alert"].any()
    assert status(found) == {"parcels": "steady"} and "mix of sources" in note(found, "parcels")


def test_undated_data_have_no_trends_and_say_so(world: Build) -> None:
    found = world(CALM, dated=False).run("r1")
    assert found.theme_trends.empty
    assert status(found) == {"refunds": "unclear"} and "no dates" in note(found, "refunds")
    assert found.theme_ids["first_seen"].isna().all() and found.warnings


def test_items_after_as_of_take_no_part(world: Build) -> None:
    built = world({**CALM, "parcels": [2] * 12 + [30] * 4})
    as_of = pd.Timestamp("2026-03-29T22:00", tz="UTC")
    found = built.run("r1", as_of=as_of)
    assert found.theme_trends["period_end"].max() <= pd.Timestamp("2026-03-30", tz="UTC")
    assert not found.theme_trends["is_alert"].any() and "after 2026-03-29" in found.warnings[0]


def test_too_little_data_is_unclear(world: Build) -> None:
    found = world({"parcels": [9, 9]}).run("r1", settings=TrackSettings(period="week"))
    assert status(found) == {"parcels": "unclear"} and "only 2 complete" in note(found, "parcels")


def test_items_not_mined_are_no_exposure(world: Build) -> None:
    built = world({"parcels": [4] * 10}, others=16)
    skipped = built.items.assign(is_mined=~built.items["item_id"].str.endswith("-0"))
    found = type(built)(skipped, built.segments, built.members, built.nodes, built.names, built.encoding).run("r1")
    assert (found.theme_trends["n_items_total"] == 18).all() and (found.theme_trends["n_mentions"] == 3).all()


def test_the_course_makes_ledger_events(world: Build) -> None:
    early = world({"refunds": CALM["refunds"][:8], "parcels": [14, 13, 15, 14, 13, 12, 15, 14]})
    prior = early.after(early.run("r1"))
    late = world({**CALM, "parcels": [14, 13, 15, 14, 13, 12, 15, 14, 0, 0, 0, 0, 0, 0, 0, 0]})
    found = late.run("r2", prior=prior)
    fresh = found.theme_ledger[found.theme_ledger["run_id"] == "r2"]
    assert "gone" in set(fresh["event"]) and fresh["note"].str.contains("course: not seen").any()


def test_settings_are_checked() -> None:
    with pytest.raises(ValidationError, match="no time zone"):
        TrackSettings(time_zone="Atlantis")
    with pytest.raises(ValidationError):
        TrackSettings(alert_q=0)
