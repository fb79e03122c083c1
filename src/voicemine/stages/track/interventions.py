"""The table `interventions`: what was done, and what became of the themes that it was meant for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from voicemine import tables
from voicemine.numerics.interrupted import Effect, effect
from voicemine.stages.track.course import Course
from voicemine.stages.track.settings import Intervention, TrackSettings

#: Complete periods looked at before and after, and mentions from which an untouched theme is a control.
_BEFORE, _AFTER, _CONTROL_MENTIONS = 16, 12, 10


def intervention_table(
    course: Course | None, themes: pd.DataFrame, *, settings: TrackSettings
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Effect of each intervention on each theme it names, and a warning for each that could not be measured.

    themes: theme_id, name, level, touchpoint. A period in which the intervention falls counts to neither side,
    unless it begins with it. Untouched themes of the default level are the controls.
    """
    rows, warnings = [], []
    for number, done in enumerate(settings.interventions):
        told = f"intervention '{done.what}' ({done.date.isoformat()})"
        touched = _touched(done, themes)
        if not touched:
            warnings.append(f"{told} names no theme of this run")
            continue
        around = None if course is None else _around(course, done, settings)
        if course is None or around is None:
            warnings.append(f"{told} has no complete period before or after it")
            continue
        before, after = around
        for theme_id in touched:
            row = _row(course, themes, theme_id, touched, before, after)
            if row is not None:
                rows.append({"ordinal": number, "what": done.what, "theme_id": theme_id, **row,
                             "date": pd.Timestamp(done.date, tz=settings.time_zone).tz_convert("UTC")})
    frame = pd.DataFrame(rows)
    return (tables.conform("interventions", frame) if rows else tables.empty("interventions")), tuple(warnings)


def _touched(done: Intervention, themes: pd.DataFrame) -> list[str]:
    named = {t.casefold() for t in done.themes}
    hit = themes["theme_id"].isin(done.themes) | themes["name"].str.casefold().isin(named)
    if done.touchpoint:
        hit |= themes["touchpoint"] == done.touchpoint
    return sorted(themes.loc[hit, "theme_id"])


def _around(course: Course, done: Intervention, settings: TrackSettings) -> tuple[slice, slice] | None:
    """Complete periods before and after, as ranges of the course's periods."""
    when = pd.Timestamp(done.date, tz=settings.time_zone).tz_convert("UTC")
    starts, ends, whole = course.periods.starts, course.periods.ends, course.complete
    stop, start = int(ends.searchsorted(when, side="right")), int(starts.searchsorted(when, side="left"))
    before = slice(max(whole.start, stop - _BEFORE), min(stop, whole.stop))
    after = slice(max(start, whole.start), min(start + _AFTER, whole.stop))
    return (before, after) if before.stop > before.start and after.stop > after.start else None


def _row(
    course: Course, themes: pd.DataFrame, theme_id: str, touched: list[str], before: slice, after: slice
) -> dict[str, object] | None:
    place = {t: i for i, t in enumerate(course.ids)}
    chosen = np.r_[before, after]
    counts, exposure = course.counts.sum(axis=2)[:, chosen], course.exposure.sum(axis=1)[chosen]
    level = dict(zip(themes["theme_id"], themes["level"], strict=True))
    untouched = [place[t] for t in course.ids if t not in touched and level.get(t) == 0]
    controls = counts[[k for k in untouched if counts[k].sum() >= _CONTROL_MENTIONS]]
    step = before.stop - before.start
    found = effect(counts[place[theme_id]], controls, exposure, step=step)
    if found is None:
        return None
    mine = counts[place[theme_id]]
    return {
        "n_before": int(mine[:step].sum()), "n_after": int(mine[step:].sum()),
        "rate_before": float(mine[:step].sum() / max(exposure[:step].sum(), 1.0)),
        "rate_after": float(mine[step:].sum() / max(exposure[step:].sum(), 1.0)),
        "effect": found.ratio, "effect_low": found.low, "effect_high": found.high, "change_p": found.p_value,
        "n_controls": found.controls, "note": _note(found, step, len(chosen) - step, course.periods.unit)}


def _note(found: Effect, before: int, after: int, unit: str) -> str:
    if found.high < 1:
        verdict = f"lower by {1 - found.ratio:.0%} than without it ({1 - found.high:.0%} to {1 - found.low:.0%})"
    elif found.low > 1:
        verdict = f"{found.ratio:.1f} times what it would be without it ({found.low:.1f} to {found.high:.1f})"
    else:
        verdict = f"no effect shown (factor {found.low:.2f} to {found.high:.2f})"
    trend = ", its trend before taken out" if found.has_trend else ""
    return f"{verdict}; {before} {unit}s before, {after} after, {found.controls} untouched themes as control{trend}"
