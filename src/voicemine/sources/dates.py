"""Reads a whole column of dates at once; day and month order is decided by the column, not by the single value."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from voicemine.errors import InputError
from voicemine.sources.moments import NUMERIC, SERIAL, read_date

MISSING = frozenset({"", "na", "n/a", "nan", "none", "null", "nat", "-", "--", "?", "unknown"})
_FIRST_YEAR, _LAST_YEAR = 1970, 2100


@dataclass(frozen=True)
class Dates:
    """A parsed column. times: UTC, NaT where nothing could be read.

    order: dmy, mdy, or ymd where the column never leaves it open. Counts are of values that are not empty.
    """

    times: pd.Series[Any]
    order: str
    reason: str
    confidence: float
    n_given: int
    n_nonsense: int
    n_other_order: int
    n_shifted: int
    formats: dict[str, int]


def parse_dates(values: Sequence[str | None], *, order: str = "auto", zone: str = "UTC", label: str = "") -> Dates:
    """Parse a column of n texts.

    Understood: year-first and day- or month-first dates with or without a time and offset, compact dates, month
    names of ten languages, epoch seconds to nanoseconds, and Excel day numbers where the column holds nothing
    else. What cannot be read, and years outside 1970 to 2100, become NaT and are counted.
    Raises InputError for an unknown zone, and where a given order contradicts the column.
    """
    try:
        tz = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise InputError(f"there is no time zone '{zone}'; use a name such as Europe/Berlin or UTC") from fault
    texts = ["" if v is None or v.strip().casefold() in MISSING else v.strip() for v in values]
    unique = list(dict.fromkeys(t for t in texts if t))
    matches = {t: m for t in unique if (m := NUMERIC.match(t))}
    weights = Counter(texts)
    chosen, reason, confidence, n_other = _decide(matches, weights, order, label)
    serial = bool(unique) and sum(bool(SERIAL.match(t)) for t in unique) > 0.8 * len(unique)
    parsed: dict[str, tuple[dt.datetime, str]] = {}
    for text in unique:
        found = read_date(text, matches.get(text), chosen, serial)
        if found is not None and _FIRST_YEAR <= found[0].year <= _LAST_YEAR:
            parsed[text] = found
    formats: Counter[str] = Counter()
    n_shifted = 0
    stamps = {t: v for t, (v, _) in parsed.items()}
    utc: dict[str, dt.datetime] = {}
    for text, moment in stamps.items():
        formats[parsed[text][1]] += weights[text]
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=tz)
            back = moment.astimezone(dt.UTC).astimezone(tz)
            n_shifted += weights[text] if back.replace(tzinfo=None) != moment.replace(tzinfo=None) else 0
        utc[text] = moment.astimezone(dt.UTC).replace(tzinfo=None)
    array = np.array([np.datetime64(utc[t], "us") if t in utc else np.datetime64("NaT", "us") for t in texts],
                     dtype="datetime64[us]")
    times = pd.Series(array).dt.tz_localize("UTC")
    n_given = sum(1 for t in texts if t)
    return Dates(times, chosen, reason, confidence, n_given, n_given - int(times.notna().sum()), n_other, n_shifted,
                 dict(sorted(formats.items())))


def _decide(matches: dict[str, re.Match[str]], weights: Counter[str], given: str,
            label: str) -> tuple[str, str, float, int]:
    """Order of day and month for dates that do not start with the year: (order, reason, confidence, exceptions)."""
    open_ones = [(int(m["a"]), int(m["b"]), weights[t], m["sep"], t) for t, m in matches.items() if len(m["a"]) <= 2]
    day_first = sum(w for a, b, w, _, _ in open_ones if 12 < a <= 31 and b <= 12)
    month_first = sum(w for a, b, w, _, _ in open_ones if a <= 12 and 12 < b <= 31)
    total = sum(w for _, _, w, _, _ in open_ones)
    evidence = {"dmy": day_first, "mdy": month_first}
    if given == "ymd":
        if total > 0.05 * sum(weights[t] for t in weights if t):
            raise InputError(f"{label or 'the time column'}: date order ymd was set, but {total} date(s) do not start "
                             "with the year; set date_order to dmy or mdy, or check the file")
        return given, "as set", 1.0, total
    if given in evidence:
        other = month_first if given == "dmy" else day_first
        if other > evidence[given] and other > 0.05 * total:
            raise InputError(f"{label or 'the time column'}: date order {given} was set, but {other} date(s) only fit "
                             f"the other order and {evidence[given]} only this one; set date_order or check the file")
        return given, "as set", 1.0, other
    if not open_ones:
        return "ymd", "no date leaves the order of day and month open", 1.0, 0
    if day_first or month_first:
        order = "dmy" if day_first >= month_first else "mdy"
        mine, other = max(day_first, month_first), min(day_first, month_first)
        return order, f"{mine} date(s) only fit {order}, {other} only the other order", mine / (mine + other), other
    firsts, seconds = {a for a, *_ in open_ones}, {b for _, b, *_ in open_ones}
    if len(firsts) != len(seconds):
        order = "dmy" if len(firsts) > len(seconds) else "mdy"
        varied, fewer = max(len(firsts), len(seconds)), min(len(firsts), len(seconds))
        return order, f"ambiguous: no part exceeds 12; the part that varies more ({varied} values against {fewer}) " \
                      "is taken for the day", 0.6, 0
    return "dmy", "ambiguous: no part exceeds 12; day first is assumed", 0.5, 0
