"""Reads a column of scores: numbers out of many ways of writing them, the scale they are on, and what falls outside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voicemine.sources.dates import MISSING

_NUMBER = re.compile(r"\s*(-?\d{1,6}(?:[.,]\d+)?)\s*"
                     r"(?:(?:/|out of|of|von|sur|de)\s*(\d+)|%|★|\*|[-–:(.]?\s*[^\W\d_].*|\).*)?\s*$", re.I)
_STARS = re.compile(r"([★⭐*]+)[☆✩]*\s*$")
RANGES: dict[str, tuple[float, float]] = {
    "nps": (0, 10), "stars5": (1, 5), "csat5": (1, 5), "csat7": (1, 7), "ces7": (1, 7), "percent": (0, 100)}


@dataclass(frozen=True)
class Scores:
    """A parsed column. values: (n,) float64, NaN where missing, unreadable or out of range. kinds: one a row."""

    values: npt.NDArray[np.float64]
    kinds: list[str | None]
    kind: str
    low: float
    high: float
    reason: str
    n_given: int
    n_unreadable: int
    n_outside: int
    outside: tuple[float, ...] = ()


def to_number(text: str) -> float:
    """The number in texts such as `7`, `4,5`, `4/5`, `80 %`, `4 stars`, `★★★`, `10 - very likely`; else NaN."""
    found = _NUMBER.match(text)
    if found:
        return float(found[1].replace(",", "."))
    stars = _STARS.match(text.strip())
    return float(len(stars[1])) if stars else np.nan


def parse_scores(texts: Sequence[str | None], *, name: str, kind: str = "auto",
                 limits: tuple[float, float] | None = None, scales: Sequence[str | None] | None = None) -> Scores:
    """Parse n scores of the column `name`. `scales` may give the highest possible score of each row.

    A value outside the range becomes NaN and is counted, with up to five examples in `outside`; the row stays.
    """
    given = np.array([t is not None and t.strip().casefold() not in MISSING for t in texts], dtype=bool)
    values = _numbers(texts)
    values[~given] = np.nan
    n_unreadable = int((given & np.isnan(values)).sum())
    if scales is not None and kind == "auto" and limits is None:
        return _by_row(values, scales, given, n_unreadable)
    found, (low, high), reason = _scale(values[~np.isnan(values)], name, kind, limits)
    outside = (values < low) | (values > high)
    examples = tuple(np.unique(values[outside])[:5].tolist())
    values[outside] = np.nan
    kinds = [None if np.isnan(v) else found for v in values]
    return Scores(values, kinds, found, low, high, reason, int(given.sum()), n_unreadable, int(outside.sum()), examples)


def _numbers(texts: Sequence[str | None]) -> npt.NDArray[np.float64]:
    known = {text: to_number(text or "") for text in set(texts)}
    return np.array([known[text] for text in texts], dtype=np.float64)


def _by_row(values: npt.NDArray[np.float64], scales: Sequence[str | None], given: npt.NDArray[np.bool_],
            n_unreadable: int) -> Scores:
    tops = _numbers(scales)
    outside = (values > tops) | (values < 0)
    examples = tuple(np.unique(values[outside])[:5].tolist())
    values[outside] = np.nan
    kinds = [None if np.isnan(v) else "stars5" if t == 5 and v >= 1 else "other"
             for v, t in zip(values, tops, strict=True)]
    different = sorted({float(t) for t in tops[~np.isnan(tops)]})
    used = sorted({k for k in kinds if k})
    return Scores(values, kinds, "/".join(used) or "other", 0.0, max(different, default=np.nan),
                  "a column gives the top of the scale for each row: " + ", ".join(f"{t:g}" for t in different[:6]),
                  int(given.sum()), n_unreadable, int(outside.sum()), examples)


def _scale(values: npt.NDArray[np.float64], name: str, kind: str,
           limits: tuple[float, float] | None) -> tuple[str, tuple[float, float], str]:
    if kind != "auto" and (limits or kind in RANGES):
        return kind, limits or RANGES[kind], "as set"
    lowered = name.casefold()

    def inside(low: float, high: float) -> float:
        return float(((values >= low) & (values <= high)).mean()) if len(values) else 0.0

    whole = float((values == np.round(values)).mean()) if len(values) else 0.0
    zeros = bool((values == 0).any())
    if re.search(r"nps|promoter|recommend|likel(?:y|ihood)|weiterempfehl", lowered) and inside(0, 10) >= 0.8:
        choice, why = "nps", "the name speaks of recommending and the values lie in 0..10"
    elif re.search(r"\bces\b|effort", lowered) and inside(1, 7) >= 0.8:
        choice, why = "ces7", "the name speaks of effort and the values lie in 1..7"
    elif re.search(r"csat|satisf|zufrieden", lowered) and inside(1, 7) >= 0.8:
        choice = "csat5" if inside(1, 5) >= 0.98 else "csat7"
        why = f"the name speaks of satisfaction and the values lie in 1..{choice[-1]}"
    elif inside(1, 5) >= 0.8 and float(((values > 5) & (values <= 10)).mean()) < 0.05:
        choice, why = "stars5", f"{inside(1, 5):.0%} of the values lie in 1..5"
    elif len(values) and float((values > 10).mean()) >= 0.2 and inside(0, 100) >= 0.9:
        choice, why = "percent", "the values lie in 0..100"
    else:
        choice, why = "other", "no known scale fits name and values"
    if kind != "auto":
        choice, why = kind, "as set"
    if limits is not None:
        return choice, limits, why + "; range as set"
    if choice in RANGES:
        return choice, RANGES[choice], why
    if not len(values):
        return choice, (0.0, 0.0), "no value can be read as a number"
    if whole > 0.9 and inside(0, 10) >= 0.9:
        return choice, (0.0 if zeros else 1.0, 10.0), why + "; read as up to 10"
    return choice, (float(values.min()), float(values.max())), why + "; range as found"
