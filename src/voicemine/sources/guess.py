"""Says which column holds what, with a reason for each choice. Settings win; the rest is told by name and content."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from voicemine.errors import InputError
from voicemine.sources import vocabulary as v
from voicemine.sources.profiles import Profile
from voicemine.sources.roles import GUESSERS, find_texts, find_title
from voicemine.sources.settings import SourceSettings

MAX_ATTRIBUTES = 20


@dataclass(frozen=True)
class Choice:
    """One decision: the role, the column (or several, joined by ` + `), why, and how sure (0..1)."""

    role: str
    column: str
    reason: str
    confidence: float


@dataclass(frozen=True)
class Layout:
    """Columns by role; None where a source has no such column."""

    texts: tuple[str, ...]
    title: str | None = None
    id: str | None = None
    time: str | None = None
    score: str | None = None
    scale: str | None = None
    author: str | None = None
    channel: str | None = None
    question: str | None = None
    speaker: str | None = None
    attributes: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()


ROLES = ("id", "time", "score", "scale", "author", "channel", "question", "speaker")


def resolve_name(wanted: str, names: Sequence[str], *, setting: str, label: str) -> str:
    """The column that `wanted` means. Raises InputError with the nearest name where there is none."""
    if wanted in names:
        return wanted
    folded = {" ".join(n.casefold().split()): n for n in reversed(names)}
    key = " ".join(wanted.casefold().split())
    if key in folded:
        return folded[key]
    near = difflib.get_close_matches(key, list(folded), n=1, cutoff=0.5)
    hint = f"; the nearest is '{folded[near[0]]}'" if near else ""
    listed = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    raise InputError(f"{label}: there is no column '{wanted}' ({setting}){hint}; the columns are {listed}")


def choose(profiles: Mapping[str, Profile], settings: SourceSettings, label: str) -> Layout:
    """Decide every role. Raises InputError where a named column is absent or no column holds text."""
    names = list(profiles)
    free = dict(profiles)
    taken: dict[str, str | None] = {}
    choices: list[Choice] = []

    def take(role: str, column: str | None, reason: str, confidence: float) -> None:
        taken[role] = column
        if column is not None:
            choices.append(Choice(role, column, reason, round(confidence, 2)))
            free.pop(column, None)

    for role in (*ROLES, "title"):
        wanted = getattr(settings, f"{role}_column")
        if wanted is not None:
            column = resolve_name(wanted, names, setting=f"{role}_column", label=label) if wanted else None
            take(role, column, "as set", 1.0)
    texts = tuple(resolve_name(t, names, setting="text_columns", label=label) for t in settings.text_columns)
    if texts:
        choices.append(Choice("text", " + ".join(texts), "as set", 1.0))
    else:
        texts, why, sure = find_texts(free, label)
        choices.append(Choice("text", " + ".join(texts), why, sure))
    for text in texts:
        free.pop(text, None)
    for role, guess in GUESSERS.items():
        if role not in taken:
            found = guess(list(free.values()))
            take(role, *found) if found else taken.setdefault(role, None)
    if taken["scale"] is not None and taken["score"] is None:
        taken["scale"] = None
    if "title" not in taken:
        found = find_title(list(free.values())) if len(texts) == 1 else None
        take("title", *found) if found else taken.setdefault("title", None)
    layout = Layout(texts, taken["title"], taken["id"], taken["time"], taken["score"], taken["scale"], taken["author"],
                    taken["channel"], taken["question"], taken["speaker"])
    attributes, choice = _attributes(free, settings, names, label)
    if choice is not None:
        choices.append(choice)
    return replace(layout, attributes=attributes, choices=tuple(choices))


def _attributes(free: Mapping[str, Profile], settings: SourceSettings, names: Sequence[str],
                label: str) -> tuple[tuple[str, ...], Choice | None]:
    if settings.attribute_columns != "auto":
        wanted = settings.attribute_columns
        chosen = tuple(resolve_name(a, names, setting="attribute_columns", label=label) for a in wanted)
        return chosen, Choice("attributes", " + ".join(chosen), "as set", 1.0) if chosen else None
    good = [p for p in free.values() if _is_attribute(p)]
    kept = tuple(p.name for p in good[:MAX_ATTRIBUTES])
    if not kept:
        return (), None
    left = len(good) - len(kept)
    return kept, Choice("attributes", " + ".join(kept),
                        "few different values" + (f"; {left} more left out" if left else ""), 0.8)


def _is_attribute(p: Profile) -> bool:
    """Few different values, neither free text, date, link nor anything that names a person."""
    words = set(p.words)
    if words & (v.PERSONAL | v.NOT_ATTRIBUTE) or p.words[-2:] in v.PERSON_NAME or p.words[-1:] == ("id",):
        return False
    few = 1 <= p.n_distinct <= max(12, min(200, 0.05 * p.n_rows)) and not (p.n_rows > 12 and p.unique > 0.9)
    plain = p.mean_words <= 12 and p.dated < 0.5 and p.coded < 0.5
    return few and plain and p.filled >= 0.05 and not (p.numeric > 0.9 and p.n_distinct > 20)
