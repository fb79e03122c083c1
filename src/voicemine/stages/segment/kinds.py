"""The kinds of cut, from strong to weak."""

from __future__ import annotations

from typing import NamedTuple

HARD, SENTENCE, CLAUSE = 3, 2, 1


class Cut(NamedTuple):
    """A possible boundary: a piece may start at *offset*.

    strength: HARD, SENTENCE or CLAUSE. is_contrast: what follows stands against what came before.
    is_phrase: an element of a list of phrases, which may be shorter than a clause.
    """

    offset: int
    strength: int
    is_contrast: bool = False
    is_phrase: bool = False

    @property
    def parts_full_clauses(self) -> bool:
        """Is it the kind that needs a clause of some length on both sides?"""
        return self.strength == CLAUSE and not self.is_contrast and not self.is_phrase
