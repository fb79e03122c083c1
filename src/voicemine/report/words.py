"""Figures and labels in words that people read."""

from __future__ import annotations

import datetime
import math
import re
import unicodedata

import pandas as pd

_ACRONYMS = frozenset(("nps", "csat", "ces", "id", "crm", "uk", "eu", "tv", "sms", "url", "b2b", "b2c"))
_OWN = {"none": "No touchpoint named", "unclear": "Unclear", "several": "Several", "mobile_app": "Mobile app",
        "nps": "NPS", "stars5": "Stars (1–5)", "csat5": "CSAT (1–5)", "csat7": "CSAT (1–7)", "ces7": "Effort (1–7)",
        "percent": "Score (0–100)", "other": "Score"}
_LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pl": "Polish",
              "nl": "Dutch", "pt": "Portuguese", "und": "undetermined"}
REASONS = {"language": "in a language that is not mined", "non_answer": "say nothing (“n/a”, “none”)",
           "spam": "spam", "agent": "written by staff", "empty": "empty after cleaning"}
# Control characters and those that turn the direction of text; a stray one would disturb what stands around it.
_UNSEEN = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def label(value: object) -> str:
    """A label of a table in words: `mobile_app` -> `Mobile app`."""
    text = str(value)
    if text in _OWN:
        return _OWN[text]
    parts = text.replace("_", " ").split()
    found = " ".join(w.upper() if w.lower() in _ACRONYMS else w.lower() for w in parts)
    return found[:1].upper() + found[1:] or "–"


def lower(text: str) -> str:
    """For the middle of a sentence: a small first letter, unless the word is an acronym."""
    first = text.split(" ")[0]
    return text if len(first) > 1 and first.isupper() else text[:1].lower() + text[1:]


def run_day(run_id: object) -> str:
    """A run by the day up to which its feedback goes: `20260705-ab12…` -> `5 Jul 2026`; else its id."""
    text = str(run_id)
    shown = _date(text[:8]) if re.match(r"\d{8}-", text) else text
    return text if shown == text[:8] else shown


def place(stage: object, touchpoint: object) -> str:
    """Where on the journey: `Support · Phone call centre`."""
    if stage == touchpoint == "several":
        return "Across the journey"
    parts = [("several stages" if stage == "several" else label(stage)),
             ("several touchpoints" if touchpoint == "several" else label(touchpoint))]
    return " · ".join(p[0].upper() + p[1:] for p in parts)


def language(code: str) -> str:
    """Name of a language, else its code."""
    return _LANGUAGES.get(code, code)


def clean(text: object, limit: int) -> str:
    """Text fit to be shown: no control or direction marks, white space collapsed, cut to `limit` characters."""
    shown = _UNSEEN.sub("", unicodedata.normalize("NFC", str(text)).replace("\u2028", " ").replace("\u2029", " "))
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


def known(value: object) -> bool:
    """Whether a figure is there."""
    return value is not None and not pd.isna(value)  # type: ignore[call-overload]


def count(value: float) -> str:
    """1234 -> 1,234."""
    return f"{int(value):,}"


def prose(text: object, limit: int) -> str:
    """A sentence that voicemine wrote, with figures as everywhere in the report: `48 %` -> `48%`, dates in words."""
    shown = re.sub(r"(?<=\d) %", "%", clean(text, limit))
    return re.sub(r"\b\d{4}-\d{2}-\d{2}\b", lambda m: _date(m[0]), shown)


def _date(text: str) -> str:
    """`2026-07-05` or `20260705` in words; what is no date stays."""
    try:
        return day(pd.Timestamp(datetime.date.fromisoformat(text)))
    except ValueError:
        return text


def quote(text: object, limit: int) -> str:
    """A customer's words; one that a statement was cut out of mid-sentence says so."""
    shown = clean(text, limit)
    return shown.rstrip(" ,;:–-") + " …" if shown.endswith((",", ";", ":", "–", "-")) else shown


def plural(value: float, one: str, many: str | None = None) -> str:
    """Number and noun: `1 item`, `1,234 items`."""
    return f"{count(value)} {one if int(value) == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """0.034 -> 3.4%; from 10 % on without a decimal; a small share is never shown as zero."""
    points = share * 100
    if 0 < points < 0.1:
        return "<0.1%"
    return f"{points:.0f}%" if points >= 9.95 else f"{points:.1f}".removesuffix(".0") + "%"


def percent_span(low: float, high: float) -> str:
    """Interval of a share: `2.8% to 4.1%`."""
    return f"{percent(low)} to {percent(high)}"


def signed(value: float, digits: int = 1) -> str:
    """With its sign and a real minus: `−1.2`."""
    text = f"{value:+.{digits}f}".replace("-", "−")
    return text[1:] if float(f"{value:.{digits}f}") == 0 else text


def signed_span(low: float, high: float, digits: int = 1) -> str:
    """Interval of a signed figure: `−2.4 to −1.2`."""
    return f"{signed(low, digits)} to {signed(high, digits)}"


def day(value: object) -> str:
    """A date: `5 Jan 2026`; a dash where it is unknown."""
    if not known(value):
        return "–"
    stamp = pd.Timestamp(value)  # type: ignore[arg-type]
    return f"{stamp.day} {stamp:%b %Y}"


def sentiment_word(score: float) -> str:
    """Mean sentiment in a word."""
    if math.isnan(score):
        return "unknown"
    for bar, word in ((-0.5, "very negative"), (-0.15, "negative"), (0.15, "balanced"), (0.5, "positive")):
        if score < bar:
            return word
    return "very positive"


def joined(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
