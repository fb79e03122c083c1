"""Themes by their course in time, for the small multiples."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from voicemine.report import words
from voicemine.report.data import RunData, records
from voicemine.report.themes import Theme

_GROUPS = (
    ("new", "Emerging", "not seen before, or only now often enough to be told apart"),
    ("growing", "Growing", "more often than its own past and the mix of sources would lead one to expect"),
    ("fading", "Fading", "less often than its past"),
    ("gone", "Gone", "no longer seen"),
    ("steady", "Steady", "no change that chance could not explain"),
    ("unclear", "Not enough history", "too few periods or items to say"),
)


#: Small multiples of a group that are shown at once: three rows on a wide screen.
_SHOWN = 12


@dataclass(frozen=True)
class Mover:
    """A sub-theme whose course changes, and the theme that it is part of."""

    name: str
    status: str
    note: str
    parent_id: str
    parent: str


@dataclass(frozen=True)
class Group:
    """Themes of one status. is_open: shown without a click."""

    status: str
    title: str
    meaning: str
    themes: list[Theme]
    is_open: bool

    @property
    def first(self) -> list[Theme]:
        """Those that are shown at once."""
        return self.themes[:_SHOWN]

    @property
    def rest(self) -> list[Theme]:
        """Those behind a click."""
        return self.themes[_SHOWN:]


def groups(themes: list[Theme]) -> list[Group]:
    """Themes by status, in the order in which they deserve a look; empty groups are left out."""
    found = []
    for status, title, meaning in _GROUPS:
        those = [t for t in themes if t.row["status"] == status]
        if those:
            found.append(Group(status, title, meaning, those, status not in ("steady", "unclear", "gone")))
    if found and not any(g.is_open for g in found):
        found[0] = replace(found[0], is_open=True)
    return found


def told(themes: list[Theme]) -> str:
    """The course of all themes in one sentence."""
    counts = Counter(t.row["status"] for t in themes)
    moving = [f"{counts[s]} {word}" for s, word in (
        ("new", "new"), ("growing", "growing"), ("fading", "fading"), ("gone", "gone")) if counts[s]]
    if not moving:
        return "No theme rises or falls more than chance would explain." if counts["steady"] else (
            "There is not enough history yet to say which themes rise or fall.")
    return f"Of {words.plural(len(themes), 'theme')}: {words.joined(moving)}."


def movers(run: RunData) -> list[Mover]:
    """Sub-themes that are new, grow or fade, first to fix first."""
    table = run.table("themes")
    below = table[(table["level"] > 0) & table["status"].isin(["new", "growing", "fading"])]
    order = {"new": 0, "growing": 1, "fading": 2}
    return sorted(
        (Mover(words.clean(r["name"], 120), r["status"], words.prose(r["status_note"], 200), r["parent_theme_id"],
               words.clean(run.names[r["parent_theme_id"]], 120))
         for r in records(below.sort_values(["priority_rank", "theme_id"])) if r["parent_theme_id"] in run.names),
        key=lambda m: order[m.status])
