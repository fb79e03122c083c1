"""The course of each theme in one word, with the evidence for it in one line."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from voicemine.numerics import fdr, trends
from voicemine.numerics.periods import label
from voicemine.stages.track.course import Course
from voicemine.stages.track.settings import TrackSettings
from voicemine.stages.track.trend import Tested

Array = npt.NDArray[np.float64]

#: Complete periods without which nothing is said.
_LEAST_PERIODS = 3
#: p-value from which a long silence is the end of a theme, and a quiet after a peak is the end of the peak.
_END_P = 0.001
#: Log likelihood ratio from which a stretch of periods is a peak, and the share of the mentions that it must hold.
_PEAK_SCORE, _PEAK_SHARE = 10.0, 0.5
#: A rise stays news for this many times `recent` periods.
_LONG = 4
#: A peak is at most this part of all periods, and begins after this many.
_PEAK_PART, _PEAK_BEFORE = 1 / 3, 3
#: Items expected before a theme's first mention for its absence to mean something.
_ABSENCE = 3.0


@dataclass(frozen=True)
class Verdict:
    """Status of a theme and the evidence for it."""

    status: str
    note: str


@dataclass(frozen=True)
class _Evidence:
    """What the verdicts rest on; arrays (k,) over the themes, counts (k, t) and exposure (t,) of complete periods.

    usual: (k, t) items with the theme that each period would have at the rates of the whole time, source by source.
    """

    counts: Array
    exposure: Array
    usual: Array
    cut: int
    recent: trends.Comparison
    q_value: Array
    dispersion: Array


def verdicts(
    course: Course | None, tested: Tested | None, *, items: int, settings: TrackSettings
) -> dict[str, Verdict]:
    """Verdict by theme_id for the themes of the course. Empty where no item is dated; see `undated`."""
    if course is None or tested is None:
        return {}
    if course.n_complete < _LEAST_PERIODS or course.exposure[course.complete].sum() <= 0:
        unit = course.periods.unit
        told = f"only {course.n_complete} complete {unit}(s) of data; a trend needs {_LEAST_PERIODS}"
        return {t: Verdict("unclear", told) for t in course.ids}
    evidence = _gather(course, settings)
    share_undated = course.undated / max(items, 1)
    tail = f"; {share_undated:.0%} of the items have no date" if share_undated >= 0.05 else ""
    found = {}
    for k, theme_id in enumerate(course.ids):
        verdict = _judge(k, course, tested, evidence, settings)
        found[theme_id] = Verdict(verdict.status, verdict.note + tail)
    return found


def undated() -> Verdict:
    """The verdict on a theme where no mined item has a usable date."""
    return Verdict("unclear", "the items have no dates, so there is no course in time")


def _gather(course: Course, settings: TrackSettings) -> _Evidence:
    counts, exposure = course.counts[:, course.complete], course.exposure[course.complete]
    periods = exposure.shape[0]
    cut = periods - min(settings.recent, max(1, periods // 3))
    spread = trends.dispersion_before(counts.sum(axis=2), exposure.sum(axis=1))[:, -1]
    recent = trends.compare(counts, exposure, base=slice(0, cut), window=slice(cut, periods), dispersion=spread)
    every = (counts.sum(axis=(1, 2)) + 0.5) / max(float(exposure.sum()), 1.0)
    items = exposure.sum(axis=0)
    rate = every[:, None] * (counts.sum(axis=1) + 0.5) / (every[:, None] * items + 0.5)
    usual = np.einsum("ts,ks->kt", exposure, rate)
    return _Evidence(counts.sum(axis=2), exposure.sum(axis=1), usual, cut, recent, fdr.adjust(recent.p_value), spread)


def _judge(k: int, course: Course, tested: Tested, seen: _Evidence, settings: TrackSettings) -> Verdict:
    unit, whole = course.periods.unit, course.complete
    counts, periods, cut = seen.counts[k], len(seen.exposure), seen.cut
    total = int(course.counts[k].sum())
    if total < settings.min_mentions:
        return Verdict("unclear", f"too few dated items with it ({total}) to tell")
    rates = _rates(k, course, seen)
    q = float(seen.q_value[k])
    ratio, least = float(seen.recent.ratio[k]), math.sqrt(settings.min_ratio)
    alert = bool(tested.is_alert[k, whole.stop - 1])
    grows = (q <= settings.status_q and ratio >= least) or alert
    found = trends.peak(seen.counts[k], seen.usual[k])
    since = _higher_since(found, k, seen, settings)
    grows = grows or since is not None
    if _has_ended(found, k, course, seen) and not (grows and found.stop <= cut):
        return Verdict("fading", _peak_note(k, course, seen, found))
    after = course.counts[k, whole.stop:].sum()
    silent = _silence(k, seen)
    if after == 0 and silent is not None and silent <= cut:
        last = _label(course, silent - 1)
        return Verdict("gone", f"not seen in the last {periods - silent} complete {unit}s, last in {last}; "
                               f"{int(counts[:silent].sum())} items until then")
    first = int(np.flatnonzero(course.counts[k].sum(axis=1))[0]) - whole.start
    if grows and first >= cut and seen.recent.observed[k] >= settings.min_mentions:
        missed = float(seen.exposure[:cut].sum()) * counts[cut:].sum() / max(float(seen.exposure[cut:].sum()), 1.0)
        if missed >= _ABSENCE:
            return Verdict("new", f"first in {_label(course, first)}, {int(counts[first:].sum())} items since; "
                                  f"none in the {first} {unit}s before ({_q(q)})")
    if grows:
        alarm = _alert_run(tested.is_alert[k, whole])
        told = f"; alert since {_label(course, alarm)}" if alarm is not None else ""
        if since is not None:
            return Verdict("growing", f"{_turn(k, course, seen, since)}{told}")
        return Verdict("growing", f"{rates} ({_q(q)}){told}")
    if q <= settings.status_q and ratio <= 1 / least:
        return Verdict("fading", f"{rates} ({_q(q)})")
    lower = _lower_since(found, k, seen, settings)
    if lower is not None:
        return Verdict("fading", _turn(k, course, seen, lower))
    mixed = _mix(k, seen, least)
    if mixed:
        return Verdict("steady", f"{rates} ({_q(q)}); {mixed}")
    return Verdict("steady", f"{rates}, within chance ({_q(q)})")


def _rates(k: int, course: Course, seen: _Evidence) -> str:
    now, before = (_rate(seen, k, s) for s in (slice(seen.cut, None), slice(0, seen.cut)))
    number = len(seen.exposure) - seen.cut
    return f"{now:.1%} of items in the last {number} complete {course.periods.unit}s, {before:.1%} before"


def _has_ended(found: trends.Peak, k: int, course: Course, seen: _Evidence) -> bool:
    """Whether what stands out is a peak that began and ended within the data, with quiet before and after."""
    periods = len(seen.exposure)
    if found.score < _PEAK_SCORE or found.share < _PEAK_SHARE or found.start < _PEAK_BEFORE or found.stop >= periods:
        return False
    if found.stop - found.start > max(1.0, periods * _PEAK_PART):
        return False
    after = _versus(k, course, seen, slice(found.start, found.stop), slice(found.stop, periods))
    back = _versus(k, course, seen, slice(0, found.start), slice(found.stop, periods))
    ended = float(after.p_fall[0]) <= _END_P
    return ended and float(back.p_rise[0]) > _END_P


def _higher_since(found: trends.Peak, k: int, seen: _Evidence, settings: TrackSettings) -> int | None:
    """First period of a stretch that reaches the end and stands out, where it is not older than `_LONG` recents."""
    periods = len(seen.exposure)
    length = found.stop - found.start
    inside, outside = (float(seen.counts[k][s].sum()) / max(float(seen.usual[k][s].sum()), 1e-9)
                       for s in (slice(found.start, found.stop), slice(0, found.start)))
    if found.stop < periods or length > _LONG * settings.recent or found.score / seen.dispersion[k] < _PEAK_SCORE:
        return None
    return found.start if inside >= settings.min_ratio * outside and found.start >= _PEAK_BEFORE else None


def _lower_since(found: trends.Peak, k: int, seen: _Evidence, settings: TrackSettings) -> int | None:
    """First period after a stretch that stood out from the beginning on, where that is not long ago."""
    periods = len(seen.exposure)
    if found.start >= _PEAK_BEFORE or not 0 < periods - found.stop <= _LONG * settings.recent:
        return None
    if found.score / seen.dispersion[k] < _PEAK_SCORE:
        return None
    after = float(seen.counts[k][found.stop:].sum()) / max(float(seen.usual[k][found.stop:].sum()), 1e-9)
    until = float(seen.counts[k][: found.stop].sum()) / max(float(seen.usual[k][: found.stop].sum()), 1e-9)
    return found.stop if until >= settings.min_ratio * after else None


def _turn(k: int, course: Course, seen: _Evidence, at: int) -> str:
    since, before = _rate(seen, k, slice(at, None)), _rate(seen, k, slice(0, at))
    return f"{since:.1%} of items since {_label(course, at)}, {before:.1%} before"


def _rate(seen: _Evidence, k: int, where: slice) -> float:
    return float(seen.counts[k][where].sum()) / max(float(seen.exposure[where].sum()), 1.0)


def _versus(k: int, course: Course, seen: _Evidence, base: slice, window: slice) -> trends.Comparison:
    counts, exposure = course.counts[k : k + 1, course.complete], course.exposure[course.complete]
    return trends.compare(counts, exposure, base=base, window=window, dispersion=seen.dispersion[k : k + 1])


def _peak_note(k: int, course: Course, seen: _Evidence, peak: trends.Peak) -> str:
    counts = seen.counts[k]
    inside, total = int(counts[peak.start : peak.stop].sum()), int(counts.sum())
    first, last = _label(course, peak.start), _label(course, peak.stop - 1)
    when = f"in {first}" if first == last else f"from {first} to {last}"
    return (f"a peak {when} ({inside} of {total} items) is over; {int(counts[peak.stop:].sum())} items in the "
            f"{len(counts) - peak.stop} complete {course.periods.unit}s since")


def _silence(k: int, seen: _Evidence) -> int | None:
    """First period of the silence that lasts to the end, where chance does not explain it; None otherwise."""
    counts, usual = seen.counts[k], seen.usual[k]
    present = np.flatnonzero(counts)
    if not len(present) or present[-1] + 1 >= len(counts):
        return None
    start = int(present[-1]) + 1
    past = max(float(usual[:start].sum()), 1e-9)
    expected = np.array([(counts[:start].sum() + 0.5) * float(usual[start:].sum()) / past])
    variance = float(seen.dispersion[k]) * (expected + expected**2 / (counts[:start].sum() + 0.5))
    _, fall = trends.tails(np.zeros(1), expected, variance)
    return start if float(fall[0]) <= 10 * _END_P else None


def _mix(k: int, seen: _Evidence, least: float) -> str | None:
    """Words for a change of the plain rate that the changed source mix explains."""
    expected, crude = float(seen.recent.expected[k]), float(seen.recent.crude[k])
    observed = float(seen.recent.observed[k])
    plain, shift = (observed + 0.5) / (crude + 0.5), (expected + 0.5) / (crude + 0.5)
    if plain >= least and shift >= math.sqrt(least):
        return f"the rise comes from the changed mix of sources ({expected:.0f} items expected from it)"
    if plain <= 1 / least and shift <= 1 / math.sqrt(least):
        return f"the fall comes from the changed mix of sources ({expected:.0f} items expected from it)"
    return None


def _alert_run(alerts: npt.NDArray[np.bool_]) -> int | None:
    """First period of the unbroken run of alerts that reaches the end."""
    if not len(alerts) or not alerts[-1]:
        return None
    quiet = np.flatnonzero(~alerts)
    return int(quiet[-1]) + 1 if len(quiet) else 0


def _label(course: Course, complete_index: int) -> str:
    starts = course.periods.starts
    place = min(max(course.complete.start + complete_index, 0), len(starts) - 1)
    return label(pd.Timestamp(starts[place]), unit=course.periods.unit, time_zone=course.periods.time_zone)


def _q(value: float) -> str:
    return f"q = {value:.2g}" if value >= 0.0001 else "q < 0.0001"
