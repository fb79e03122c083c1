"""The name that a theme goes by: a known theme keeps its name unless its content has changed."""

from __future__ import annotations

from voicemine.prior import PriorThemes
from voicemine.stages.track.identity import Event, Identity
from voicemine.stages.track.settings import TrackSettings
from voicemine.stages.track.today import Today

#: A theme that shares less than this of its known members (Jaccard) with its former self is named anew.
_SAME_MEMBERS = 0.5


def settle_names(
    today: Today, prior: PriorThemes, identity: Identity, *, settings: TrackSettings
) -> tuple[dict[str, str], tuple[Event, ...]]:
    """Names by theme_id, and a `renamed` event for each known theme whose name changed.

    The rule: a pinned name stays, and a seed theme is called what its user calls it. A known theme keeps its name while
    it shares at least half of its known members with the last run, and its centroid has a cosine of at least
    `rename_below` to that of the night it was named. Else, and for a new theme, the name found in this run is taken.
    Two themes of one level never share a name: the one that kept it goes first, then the larger; the other gets its
    best keyword in brackets.
    """
    known = prior.themes.set_index("theme_id")
    row = {t: i for i, t in enumerate(prior.themes["theme_id"])}
    size = today.members.groupby("theme_key")["weight"].sum()
    waiting = []
    columns = [today.themes[c].tolist() for c in ("theme_key", "level", "name", "keywords", "given_name")]
    for i, (key, level, fresh, keywords, given) in enumerate(zip(*columns, strict=True)):
        theme_id = identity.ids[key]
        kept = str(given) if isinstance(given, str) else None
        if kept is None and theme_id in known.index:
            old = known.loc[theme_id]
            drift = _cosine(today, i, prior, row[theme_id])
            same = identity.continued.get(key, 0.0) >= _SAME_MEMBERS and drift >= settings.rename_below
            kept = str(old["name"]) if bool(old["is_pinned"]) or same else None
        waiting.append((kept is None, -float(size.get(key, 0.0)), theme_id, int(level), kept or str(fresh),
                        list(keywords) if isinstance(keywords, list | tuple) else []))
    names: dict[str, str] = {}
    taken: set[tuple[int, str]] = set()
    for _, _, theme_id, level, name, words in sorted(waiting, key=lambda w: w[:3]):
        names[theme_id] = _unused(name, level, words, taken)
        taken.add((level, names[theme_id].casefold()))
    before = {str(t): str(n) for t, n in zip(prior.themes["theme_id"], prior.themes["name"], strict=True)}
    renamed = tuple(
        Event(t, "renamed", None, None, f"'{before[t]}' is now '{names[t]}'")
        for t in sorted(names) if before.get(t, names[t]) != names[t])
    return names, renamed


def _cosine(today: Today, i: int, prior: PriorThemes, j: int) -> float:
    new, old = today.centroids[i], prior.named_centroids[j]
    return float(new.astype(float) @ old.astype(float)) if new.shape == old.shape else 1.0


def _unused(name: str, level: int, keywords: list[str], taken: set[tuple[int, str]]) -> str:
    if (level, name.casefold()) not in taken:
        return name
    told = name.casefold()
    for keyword in keywords:
        if str(keyword).casefold() not in told and (level, f"{name} ({keyword})".casefold()) not in taken:
            return f"{name} ({keyword})"
    number = 2
    while (level, f"{name} ({number})".casefold()) in taken:
        number += 1
    return f"{name} ({number})"


