"""Themes by their course in time, for the small multiples."""

from __future__ import annotations

from dataclasses import dataclass

from voicemine.report.themes import Theme

_GROUPS = (
    ("new", "Emerging", "not seen before, or only now often enough to be told apart"),
    ("growing", "Growing", "more often than its own past and the mix of sources would lead one to expect"),
    ("fading", "Fading", "less often than its past"),
    ("gone", "Gone", "no longer seen"),
    ("steady", "Steady", "no change that chance could not explain"),
    ("unclear", "Not enough history", "too few periods or items to say"),
)


@dataclass(frozen=True)
class Group:
    """Themes of one status. is_open: shown without a click."""

    status: str
    title: str
    meaning: str
    themes: list[Theme]
    is_open: bool


def groups(themes: list[Theme]) -> list[Group]:
    """Themes by status, in the order in which they deserve a look; empty groups are left out."""
    found = []
    for status, title, meaning in _GROUPS:
        those = [t for t in themes if t.row["status"] == status]
        if those:
            found.append(Group(status, title, meaning, those, status not in ("steady", "unclear", "gone")))
    return found
