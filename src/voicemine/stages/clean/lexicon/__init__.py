"""Word lists of the clean stage: given and family names of many cultures, common English words, name-like brands.

The name lists come from Faker (MIT licence), split by whether the word is also used as a common word, a place or a
brand: `_weak` names count only with a cue. `english.txt` is ordered by frequency, most frequent first.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def words(name: str) -> frozenset[str]:
    """The list `name` (a file without its ending), lower case."""
    return frozenset(ordered(name))


@cache
def ordered(name: str) -> tuple[str, ...]:
    """The list `name` in the order of its file."""
    return tuple(files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8").split("\n")[:-1])
