"""Reads a single date, given the order of day and month that the whole column decided."""

from __future__ import annotations

import datetime as dt
import re

from dateutil import parser as dateutil_parser

_TIME = (r"(?:(?:[T,]\s*|\s+)(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,](?P<F>\d{1,9}))?)?"
         r"\s*(?P<P>[AaPp]\.?[Mm]\.?)?\s*(?P<Z>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?(?:\[[^\]]*\])?)?$")
NUMERIC = re.compile(r"(?P<a>\d{1,4})(?P<sep>[-/. ])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{1,4})" + _TIME)
_COMPACT = re.compile(r"(?P<a>(?:19|20)\d{2})(?P<b>\d{2})(?P<c>\d{2})(?:T?(?P<H>\d{2})(?P<M>\d{2})(?P<S>\d{2})?)?Z?$")
_WEEKDAY = r"(?:[^\W\d_]{2,10}\.?,?\s+)?"
_MONTH = r"(?P<b>[^\W\d_]{3,10})\.?"
_NAMED = tuple(re.compile(_WEEKDAY + p) for p in (
    rf"(?P<a>\d{{1,2}})(?:st|nd|rd|th|\.)?[\s-]+{_MONTH}[\s,-]+(?P<c>\d{{4}})" + _TIME,
    rf"{_MONTH}\s+(?P<a>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<c>\d{{4}})" + _TIME,
    rf"{_MONTH}\s+(?P<a>\d{{1,2}})\s+(?P<H>\d{{1,2}}):(?P<M>\d{{2}}):(?P<S>\d{{2}})\s+(?P<Z>[+-]\d{{4}}|UTC|GMT)\s+(?P<c>\d{{4}})$"))
_EPOCH = re.compile(r"-?\d{9,10}(?:\.\d+)?$|\d{12,13}(?:\.0+)?$|\d{15,16}(?:\.0+)?$|\d{18,19}$")
SERIAL = re.compile(r"\d{5}(?:\.\d+)?$")
_MONTHS = {m: i for i, names in enumerate((
    "jan january januar janvier enero gennaio januari stycznia janeiro", "feb february februar février fevrier febrero "
    "febbraio februari lutego fevereiro", "mar march märz marz mars marzo maart marca março marco",
    "apr april avril abril aprile kwietnia", "may mai mayo maggio mei maja maio", "jun june juni juin junio giugno "
    "czerwca junho", "jul july juli juillet julio luglio lipca julho", "aug august août aout agosto augustus sierpnia",
    "sep sept september septembre septiembre settembre września setembro", "oct okt october oktober octobre octubre "
    "ottobre października outubro", "nov november novembre noviembre listopada novembro", "dec dez déc december "
    "dezember décembre decembre diciembre dicembre grudnia dezembro"), start=1) for m in names.split()}
_ENGLISH = ("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FILLER = re.compile(r"\b(?:de|del|di|der|den|le|um|uhr|at|um|à|om)\b|(?<=\d)(?:st|nd|rd|th)\b|(?<=\d)\.(?=\s)", re.I)
_WORD = re.compile(r"[^\W\d_]+")


def looks_like_date(value: str) -> bool:
    """A cheap test for one value: numbers in date order, or a month's name with a day and a year."""
    text = value.strip()
    numeric = NUMERIC.match(text)
    if numeric is not None:
        return len(numeric["a"]) == 4 or len(numeric["c"]) in (2, 4)
    return bool(_COMPACT.match(text)) or _has_month(text)


def _has_month(text: str) -> bool:
    return len(text) <= 48 and any(c.isdigit() for c in text) and any(
        w.casefold() in _MONTHS for w in _WORD.findall(text)) and len(text.split()) <= 8


def read_date(text: str, match: re.Match[str] | None, order: str,
              serial: bool) -> tuple[dt.datetime, str] | None:
    """The moment and the name of its format. match: of NUMERIC; serial: five digits mean an Excel day number."""
    if match is not None:
        return _numeric(match, order)
    compact = _COMPACT.match(text)
    if compact is not None and (found := _build(int(compact["a"]), int(compact["b"]), int(compact["c"]), compact)):
        return found, "yyyymmdd"
    if _EPOCH.match(text):
        return _epoch(text)
    if serial and SERIAL.match(text):
        return dt.datetime(1899, 12, 30) + dt.timedelta(days=float(text)), "Excel day number"
    return _named(text) if _has_month(text) else None


def _numeric(match: re.Match[str], order: str) -> tuple[dt.datetime, str] | None:
    a, b, c = int(match["a"]), int(match["b"]), int(match["c"])
    sep = match["sep"]
    if len(match["a"]) == 4:
        found = _build(a, b, c, match) if len(match["c"]) <= 2 else None
        return (found, f"yyyy{sep}mm{sep}dd") if found else None
    if order == "ymd" or len(match["a"]) == 3 or len(match["c"]) not in (2, 4):
        return None
    year = c if len(match["c"]) == 4 else (2000 + c if c < 70 else 1900 + c)
    day, month = (b, a) if order == "mdy" else (a, b)
    if month > 12 >= day:
        day, month = month, day
    found = _build(year, month, day, match)
    shape = f"mm{sep}dd{sep}yyyy" if (month, day) == (a, b) and order == "mdy" else f"dd{sep}mm{sep}yyyy"
    return (found, shape) if found else None


def _build(year: int, month: int, day: int, match: re.Match[str]) -> dt.datetime | None:
    part = match.groupdict()
    hour, minute, second = (int(part.get(k) or 0) for k in "HMS")
    half = (part.get("P") or "").replace(".", "").lower()
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        found = dt.datetime(year, month, day, hour, minute, 59 if second == 60 else second,
                            int(((part.get("F") or "") + "000000")[:6]))
        zone = part.get("Z")
        return found.replace(tzinfo=_offset(zone)) if zone else found
    except ValueError:
        return None


def _offset(zone: str) -> dt.timezone:
    if zone in ("Z", "UTC", "GMT"):
        return dt.UTC
    digits = zone[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return dt.timezone(dt.timedelta(minutes=-minutes if zone[0] == "-" else minutes))


def _epoch(text: str) -> tuple[dt.datetime, str] | None:
    digits = len(text.partition(".")[0].lstrip("-"))
    scale, unit = next((s, u) for top, s, u in ((10, 1.0, "s"), (13, 1e3, "ms"), (16, 1e6, "µs"), (19, 1e9, "ns"))
                       if digits <= top)
    try:
        return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=float(text) / scale), f"epoch {unit}"
    except OverflowError:
        return None


def _named(text: str) -> tuple[dt.datetime, str] | None:
    """A date with a month's name. What no common pattern fits goes to dateutil, against two defaults, so that a
    missing part is noticed, not filled in."""
    for pattern in _NAMED:
        match = pattern.match(text)
        if match is not None and (month := _MONTHS.get(match["b"].casefold())):
            moment = _build(int(match["c"]), month, int(match["a"]), match)
            return (moment, "month by name") if moment else None
    english = _WORD.sub(lambda m: _ENGLISH[_MONTHS[m[0].casefold()]] if m[0].casefold() in _MONTHS else m[0], text)
    english = _FILLER.sub(" ", english)
    found = []
    for default in (dt.datetime(2001, 1, 1), dt.datetime(2002, 2, 2)):
        try:
            found.append(dateutil_parser.parse(english, default=default))
        except (ValueError, OverflowError, TypeError):
            return None
    return (found[0], "month by name") if found[0] == found[1] else None
