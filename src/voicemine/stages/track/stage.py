"""The stage `track`: lasting ids, names, course in time, and the ledger's new events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from voicemine import tables
from voicemine.prior import PriorThemes
from voicemine.stages.base import Stage
from voicemine.stages.track.course import build_course
from voicemine.stages.track.forecasts import forecast_table
from voicemine.stages.track.identity import Event, Identity, identify
from voicemine.stages.track.interventions import intervention_table
from voicemine.stages.track.naming import settle_names
from voicemine.stages.track.settings import TrackSettings
from voicemine.stages.track.status import Verdict, undated, verdicts
from voicemine.stages.track.today import Today, todays_themes
from voicemine.stages.track.translation import translation_table
from voicemine.stages.track.trend import test_periods, trend_table


@dataclass(frozen=True)
class Tracked:
    """Tables `theme_ids`, `theme_trends`, `theme_ledger` (the whole history), `theme_translation`, `forecasts` and
    `interventions`; arrays `theme_centroids`: `centroids` (themes, d) in the order of `theme_ids`."""

    theme_ids: pd.DataFrame
    theme_trends: pd.DataFrame
    theme_ledger: pd.DataFrame
    theme_translation: pd.DataFrame
    forecasts: pd.DataFrame
    interventions: pd.DataFrame
    theme_centroids: Mapping[str, npt.NDArray[np.float32]]
    counts: Mapping[str, int]
    warnings: tuple[str, ...]


def track(
    items_clean: pd.DataFrame, segments: pd.DataFrame, theme_members: pd.DataFrame, theme_nodes: pd.DataFrame,
    theme_names: pd.DataFrame, theme_sizes: pd.DataFrame, encoding: Mapping[str, npt.NDArray[Any]], *,
    settings: TrackSettings, prior: PriorThemes, as_of: pd.Timestamp, run_id: str,
) -> Tracked:
    """Give this run's themes their lasting identity and tell their course in time.

    `prior` is what the ledger knew before this run. Items after `as_of` and undated items take no part in trends.
    """
    today = todays_themes(segments, theme_members, theme_nodes, theme_names, encoding)
    identity = identify(today, prior, settings=settings)
    names, renamed = settle_names(today, prior, identity, settings=settings)

    mined = items_clean.loc[items_clean["is_mined"].astype(bool), ["item_id", "created_at", "source", "channel"]]
    themed = _themed_items(today, identity, segments, mined)
    ids = tuple(sorted(identity.ids.values()))
    course = build_course(mined, themed, ids, as_of=as_of, settings=settings)
    tested = test_periods(course, settings=settings) if course is not None else None
    found = verdicts(course, tested, items=len(mined), settings=settings)
    known_verdicts = {t: found.get(t, undated()) for t in ids}

    theme_ids = _theme_ids(today, identity, names, known_verdicts, themed, mined, prior)
    events = [*identity.events, *renamed, *_turns(prior, identity, known_verdicts)]
    ledger = _ledger(prior, events, run_id)
    warnings = []
    if course is not None and course.later:
        warnings.append(f"{course.later} item(s) are dated after {as_of:%Y-%m-%d %H:%M} and take no part in trends")
    if course is None and len(mined):
        warnings.append("no item has a usable date: there are no trends")
    known = theme_ids[["theme_key", "theme_id", "name"]].merge(theme_sizes[["theme_key", "touchpoint"]], on="theme_key")
    known = known.merge(theme_nodes[["theme_key", "level"]], on="theme_key")
    interventions, unmeasured = intervention_table(course, known, settings=settings)
    warnings += unmeasured
    counts = {kind: sum(e.event == kind for e in events) for kind in dict.fromkeys(e.event for e in events)}
    return Tracked(
        theme_ids=theme_ids, theme_trends=trend_table(course, tested), theme_ledger=ledger,
        theme_translation=translation_table(prior, identity, run_id),
        forecasts=forecast_table(course, settings=settings), interventions=interventions,
        theme_centroids={"centroids": today.centroids}, counts=counts, warnings=tuple(warnings))


def _themed_items(today: Today, identity: Identity, segments: pd.DataFrame, mined: pd.DataFrame) -> pd.DataFrame:
    """Distinct pairs theme_id, item_id of mined items."""
    pairs = today.members.merge(segments[["mention_id", "item_id"]], on="mention_id")
    pairs = pairs[pairs["item_id"].isin(set(mined["item_id"]))]
    pairs = pairs.assign(theme_id=pairs["theme_key"].map(dict(identity.ids)))[["theme_id", "item_id"]]
    return pairs.drop_duplicates().sort_values(["theme_id", "item_id"], ignore_index=True)


def _theme_ids(
    today: Today, identity: Identity, names: Mapping[str, str], found: Mapping[str, Verdict], themed: pd.DataFrame,
    mined: pd.DataFrame, prior: PriorThemes,
) -> pd.DataFrame:
    times = themed.merge(mined[["item_id", "created_at"]], on="item_id").groupby("theme_id")["created_at"]
    first, last = _widest(times.min(), prior, "first_seen"), _widest(times.max(), prior, "last_seen")
    ids = [identity.ids[k] for k in today.themes["theme_key"]]
    return tables.conform("theme_ids", pd.DataFrame({
        "theme_key": today.themes["theme_key"].to_numpy(), "theme_id": ids, "name": [names[t] for t in ids],
        "status": [found[t].status for t in ids], "status_note": [found[t].note for t in ids],
        "first_seen": pd.to_datetime(pd.Series([first.get(t, pd.NaT) for t in ids]), utc=True),
        "last_seen": pd.to_datetime(pd.Series([last.get(t, pd.NaT) for t in ids]), utc=True),
    }))


def _widest(now: pd.Series, prior: PriorThemes, column: str) -> dict[str, pd.Timestamp]:
    """Times by theme_id, widened by what the ledger remembers of mentions that are no longer in the data."""
    found: dict[str, pd.Timestamp] = {str(t): pd.Timestamp(v) for t, v in now.dropna().to_dict().items()}
    pick = min if column == "first_seen" else max
    for theme_id, time in zip(prior.themes["theme_id"], prior.themes[column], strict=True):
        if theme_id in found and not pd.isna(time):
            found[theme_id] = pick(found[theme_id], pd.Timestamp(time))
    return found


def _turns(prior: PriorThemes, identity: Identity, found: Mapping[str, Verdict]) -> list[Event]:
    """Events of the course in time: a known theme that begins to fade, falls silent, or comes back."""
    was = dict(zip(prior.themes["theme_id"], zip(prior.themes["state"], prior.themes["status"], strict=True),
                   strict=True))
    events = []
    for theme_id in sorted(identity.ids.values()):
        state, before = was.get(theme_id, (None, None))
        if state != "live" or before == found[theme_id].status:
            continue
        now = found[theme_id].status
        turn = {"fading": "faded", "gone": "gone"}.get(now)
        if before == "gone" and now in ("new", "growing", "steady"):
            turn = "revived"
        if turn:
            events.append(Event(theme_id, turn, None, None, f"course: {found[theme_id].note}"))
    return events


def _ledger(prior: PriorThemes, events: list[Event], run_id: str) -> pd.DataFrame:
    """The whole history: what stood there before, and this run's events, numbered in order."""
    fresh = pd.DataFrame(
        [(run_id, n, e.theme_id, e.event, e.other, e.weight, e.note) for n, e in enumerate(events)],
        columns=list(tables.TABLES["theme_ledger"].column_names))
    before = tables.conform("theme_ledger", prior.events)
    if fresh.empty:
        return before
    fresh = fresh.astype({"weight": "float64"})
    now = tables.conform("theme_ledger", fresh)
    return now if before.empty else tables.conform("theme_ledger", pd.concat([before, now], ignore_index=True))


STAGE = Stage(
    name="track", version=2,
    reads=("items_clean", "segments", "theme_members", "theme_nodes", "theme_names", "theme_sizes", "encoding"),
    writes=("theme_ids", "theme_trends", "theme_ledger", "theme_translation", "forecasts", "interventions",
            "theme_centroids"),
    settings=TrackSettings, run=track, needs=("prior", "as_of", "run_id"),
    about="lasting identity of themes and their course in time",
)
