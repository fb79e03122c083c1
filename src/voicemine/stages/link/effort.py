"""Signs of effort in a customer's words: repeated tries, long waits, nobody answering.

The expression is slow and most texts hold none of its words. As in cleaning, a pass for necessary words
(Aho & Corasick 1975; ahocorasick_rs) goes first, and only a text that holds one is read with the expression.
"""

from __future__ import annotations

import re
from functools import cache

import ahocorasick_rs
import numpy as np
import numpy.typing as npt
import pandas as pd

_NUMBER = r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|several|many|countless|multiple)"
_EFFORT = re.compile(
    rf"\b(?:again and again|over and over|yet again|once again|still (?:not|no|waiting|haven'?t|hasn'?t|nothing)"
    rf"|{_NUMBER}\+? ?(?:\w+ )?(?:times|calls|emails?|attempts|hours?|hrs|days|weeks|months|visits|people)"
    r"|(?:second|third|fourth|fifth|2nd|3rd|4th|5th|\d+th) (?:time|call|email|attempt|month|week|visit)"
    r"|keep(?:s|ing)? (?:on )?(?:calling|asking|trying|getting|telling|having|being)"
    r"|kept (?:calling|asking|trying|being)"
    r"|every (?:single )?time|each time|for (?:hours|days|weeks|months|ages|years)|on hold|passed around|had to"
    r"|chas(?:e|ed|ing)|back and forth|no (?:reply|response|answer)|nobody|no one"
    r"|never (?:called|replied|answered|got))\b",
    re.IGNORECASE,
)

#: Every match holds one of `_SIGNS`, or one of `_UNITS` beside a number; in small letters.
_SIGNS = (
    "again and again", "over and over", "yet again", "once again", "still no", "still waiting", "still haven",
    "still hasn", *(f"{end} {noun}" for end in "dh" for noun in ("time", "call", "email", "attempt", "month", "week",
                                                                "visit")),
    *(f"{keep} {on}{verb}" for keep in ("keep", "keeps", "keeping") for on in ("", "on ")
      for verb in ("calling", "asking", "trying", "getting", "telling", "having", "being")),
    "kept calling", "kept asking", "kept trying", "kept being", "every time", "every single time", "each time",
    "for hours", "for days", "for weeks", "for months", "for ages", "for years", "on hold", "passed around", "had to",
    "chase", "chasing", "back and forth", "no reply", "no response", "no answer", "nobody", "no one", "never called",
    "never replied", "never answered", "never got",
)
_UNITS = ("times", "calls", "email", "attempts", "hour", "hrs", "days", "weeks", "months", "visits", "people")
_NUMBERS = (*"0123456789", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "several", "many",
            "countless", "multiple")
# Letters of other scripts that an expression without regard to case takes for i, s and k; str.lower leaves them.
_FOLD = str.maketrans({"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"})


@cache
def _finders() -> tuple[ahocorasick_rs.AhoCorasick, ...]:
    return tuple(ahocorasick_rs.AhoCorasick(list(words), implementation=ahocorasick_rs.Implementation.DFA)
                 for words in (_SIGNS, _UNITS, _NUMBERS))


def may_tell(text: str) -> bool:
    """Whether the words of `text` leave room for a sign of effort at all."""
    signs, units, numbers = _finders()
    small = (text if text.isascii() else text.translate(_FOLD)).lower()
    if signs.find_matches_as_indexes(small):
        return True
    # Other scripts have digits of their own.
    return bool(units.find_matches_as_indexes(small)
                and (not small.isascii() or numbers.find_matches_as_indexes(small)))


def tells(text: str) -> bool:
    """Whether `text` tells of repeated tries, long waits or nobody answering (English wording)."""
    return may_tell(text) and _EFFORT.search(text) is not None


def effort(texts: pd.Series[str]) -> npt.NDArray[np.float64]:
    """1.0 where a text tells of effort, else 0.0. (n,)"""
    code, distinct = pd.factorize(texts)
    return np.fromiter(map(tells, distinct), dtype=np.float64, count=len(distinct))[code]
