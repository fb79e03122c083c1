"""What a column looks like: measured on an even sample, so that long files cost no more than short ones."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from voicemine.sources.dates import MISSING
from voicemine.sources.moments import looks_like_date
from voicemine.sources.scores import to_number

_SAMPLE = 1000
_CHARS = 4000
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CODE = re.compile(r"\s*(?:https?://\S+|[\[{].*[\]}]|\S+@\S+\.\S+)\s*$", re.S)
_NUMBER = re.compile(r"\s*[-+]?(?:\d+(?:[.,]\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?)\s*%?\s*$")


@dataclass(frozen=True)
class Profile:
    """Shape of one column; shares are of the values that are not empty.

    words: words as told by its name. filled: share of rows with a value. distinct: different values over values,
    in the sample; n_distinct over all rows. mean_words counts two signs of an unspaced script as one word.
    """

    name: str
    words: tuple[str, ...]
    n_rows: int
    filled: float
    distinct: float
    n_distinct: int
    unique: float
    mean_words: float
    mean_chars: float
    numeric: float
    scored: float
    dated: float
    coded: float
    values: frozenset[str]

    @property
    def text_like(self) -> float:
        """0..1: long, varied, many words."""
        if not self.filled:
            return 0.0
        length = min(1.0, max(0.0, self.mean_words - 1) / 7)
        plain = 1 - max(self.numeric, self.coded, self.dated)
        return round(plain * (0.55 * length + 0.45 * min(1.0, self.distinct * 1.25)) * min(1.0, length * 4), 4)


def name_words(name: str) -> tuple[str, ...]:
    """`reviewCreatedVersion` -> (review, created, version)."""
    return tuple(w for w in re.split(r"[\W_]+", _CAMEL.sub(" ", name).casefold()) if w)


def measure(name: str, cells: Sequence[str | None]) -> Profile:
    """Profile of one column of n cells."""
    n = len(cells)
    step = max(1, n // _SAMPLE)
    spread = [c for c in cells[::step] if c is not None and c.strip()]
    if step > 1 and len(spread) < 200:  # a sparse column: look at what it has
        spread = [c for c in cells if c is not None and c.strip()][:_SAMPLE]
    present = [c for c in cells if c is not None and c != ""]
    different = set(present)
    shown = [c[:_CHARS] for c in spread if c[:9].strip().casefold() not in MISSING] or spread
    k = len(shown)

    def share(hits: int) -> float:
        return hits / k if k else 0.0

    n_words = [len(c.split()) + len(_UNSPACED.findall(c)) / 2 for c in shown]
    return Profile(
        name, name_words(name), n, (len(present) / n if n else 0.0), share(len(set(shown))), len(different),
        (len(different) / len(present) if present else 0.0),
        statistics.fmean(n_words) if n_words else 0.0, statistics.fmean(map(len, shown)) if shown else 0.0,
        share(sum(bool(_NUMBER.match(c)) for c in shown)), share(sum(to_number(c) == to_number(c) for c in shown)),
        share(sum(looks_like_date(c) for c in shown)), share(sum(bool(_CODE.match(c)) for c in shown)),
        frozenset(c.strip().casefold() for c in different) if len(different) <= 50 else frozenset())
