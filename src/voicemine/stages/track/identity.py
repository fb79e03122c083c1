"""Which theme of today is which theme that the ledger knows, and what became of the others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from voicemine.numerics import matching
from voicemine.prior import PriorThemes
from voicemine.stages.track.settings import TrackSettings
from voicemine.stages.track.today import Today

Array = npt.NDArray[np.float64]

#: Smallest share of a theme's mentions whose move to another theme is kept for translating old ids.
_LEAST_FLOW = 0.02


@dataclass(frozen=True)
class Event:
    """One row of the ledger before it is numbered."""

    theme_id: str
    event: str
    other: str | None = None
    weight: float | None = None
    note: str | None = None


@dataclass(frozen=True)
class Identity:
    """Lasting ids by theme_key, the keys that continue a known theme (key -> likeness of members, 0..1), events,
    and flows: (theme_id before, theme_id now or None for no theme, share of its mentions)."""

    ids: Mapping[str, str]
    continued: Mapping[str, float]
    events: tuple[Event, ...]
    flows: tuple[tuple[str, str | None, float], ...]


def identify(today: Today, prior: PriorThemes, *, settings: TrackSettings) -> Identity:
    """Give every theme of today its lasting id. Level 0 and level 1 are matched each on its own.

    A theme continues the known one that it is assigned to; where nothing reaches the threshold it is born. An id
    is the hash of the texts it was born with, made anew where it was ever given before, so that equal input gives
    equal ids and none is used twice.
    """
    used = set(prior.themes["theme_id"])
    ids: dict[str, str] = {}
    continued: dict[str, float] = {}
    events: list[Event] = []
    flows: list[tuple[str, str | None, float]] = []
    for level in (0, 1):
        _level(level, today, prior, settings, used, ids, continued, events, flows)
    return Identity(ids, continued, tuple(events), tuple(flows))


def _level(
    level: int, today: Today, prior: PriorThemes, settings: TrackSettings, used: set[str], ids: dict[str, str],
    continued: dict[str, float], events: list[Event], flows: list[tuple[str, str | None, float]],
) -> None:
    new_rows = np.flatnonzero((today.themes["level"] == level).to_numpy())
    old_rows = np.flatnonzero((prior.themes["level"] == level).to_numpy())
    new, old = today.themes.iloc[new_rows], prior.themes.iloc[old_rows]
    keys, old_ids = new["theme_key"].tolist(), old["theme_id"].tolist()
    overlap = shared_members(keys, old_ids, today, prior)
    scores = matching.likeness(
        overlap, matching.cosine(today.centroids[new_rows], prior.centroids[old_rows]),
        matching.name_likeness(new["name"].astype(str).tolist(), old["name"].astype(str).tolist()))
    allowed = np.array([[a == b for b in old["kind"]] for a in new["kind"]], dtype=bool).reshape(scores.shape)
    pairs = matching.assign(scores, threshold=settings.match_threshold, allowed=allowed)
    jaccard = overlap.jaccard
    heir = {j: i for i, j in pairs}
    for i, j in pairs:
        ids[keys[i]] = old_ids[j]
        continued[keys[i]] = float(jaccard[i, j]) if overlap.new_known[i] and overlap.old_present[j] else 1.0
        was = old["state"].iloc[j]
        kind = "continued" if was == "live" else "revived"
        events.append(Event(old_ids[j], kind, None, _ratio(overlap.shared[i, j], overlap.old_present[j]),
                            f"likeness {scores[i, j]:.2f}" + ("" if was == "live" else f"; it was {was}")))
    fresh = [i for i in range(len(keys)) if keys[i] not in ids]
    for i in fresh:
        ids[keys[i]] = new_id(str(new["digest"].iloc[i]), level, used)
        used.add(ids[keys[i]])
    live = np.array([s == "live" for s in old["state"]], dtype=bool)
    for i in fresh:
        events += _birth(i, keys, ids, old_ids, overlap, live, settings.split_share)
    for j, known in enumerate(old_ids):
        if j not in heir:
            events += _end(j, known, keys, ids, old.iloc[j], overlap, settings)
        if live[j]:
            flows += _flows(j, known, keys, ids, overlap)


def _birth(
    i: int, keys: list[str], ids: Mapping[str, str], old_ids: list[str], overlap: matching.Overlap,
    live: npt.NDArray[np.bool_], split_share: float,
) -> Iterable[Event]:
    me = ids[keys[i]]
    shares = np.where(live, overlap.shared[i], 0.0) / max(float(overlap.new_known[i]), 1e-9) if live.any() else (
        np.zeros(0))
    if not len(shares) or shares.max() < split_share:
        return [Event(me, "born", None, None, None)]
    j = int(np.argmax(shares))
    moved = _ratio(overlap.shared[i, j], overlap.old_present[j])
    events = [Event(me, "born", old_ids[j], float(np.round(shares[j], 4)), "part of its mentions came from there")]
    if moved is not None and moved >= min(split_share, 0.1):
        events.append(Event(old_ids[j], "split", me, moved, "this share of its mentions became a theme of its own"))
    return events


def _end(
    j: int, known: str, keys: list[str], ids: Mapping[str, str], old: pd.Series, overlap: matching.Overlap,
    settings: TrackSettings,
) -> Iterable[Event]:
    if old["state"] in ("gone", "merged"):
        return []
    present = float(overlap.old_present[j])
    if old["state"] == "live" and present > 0 and len(keys):
        i = int(np.argmax(overlap.shared[:, j]))
        share = _ratio(overlap.shared[i, j], present) or 0.0
        if share >= max(settings.split_share, 0.5):
            return [Event(known, "merged", ids[keys[i]], share,
                          f"{_called(old)}: this share of its mentions went there")]
    missed = int(old["missed"]) + 1
    if missed >= settings.gone_after_runs:
        return [Event(known, "gone", None, None, f"{_called(old)} was not found in {missed} runs")]
    if old["state"] == "live":
        why = "none of its mentions are left" if present == 0 else "its mentions form no theme any more"
        return [Event(known, "faded", None, None, f"{_called(old)}: {why}")]
    return []


def _called(old: pd.Series) -> str:
    """What a theme that ends was called: no table of this run holds its name any more."""
    return f"{'sub-theme ' if int(old['level']) else ''}'{old['name']}'"


def _flows(
    j: int, known: str, keys: list[str], ids: Mapping[str, str], overlap: matching.Overlap
) -> Iterable[tuple[str, str | None, float]]:
    """Where a known theme's present mentions are now; nothing is told of a theme that kept (nearly) all."""
    present = float(overlap.old_present[j])
    if present <= 0:
        return []
    shares = overlap.shared[:, j] / present
    told = [(known, ids[keys[i]], float(np.round(shares[i], 4))) for i in np.flatnonzero(shares >= _LEAST_FLOW)]
    told.sort(key=lambda f: (-f[2], f[1]))
    if len(told) == 1 and told[0][1] == known and told[0][2] > 1 - _LEAST_FLOW:
        return []
    rest = float(np.round(1.0 - sum(f[2] for f in told), 4))
    return [*told, *([(known, None, rest)] if rest >= _LEAST_FLOW else [])]


def shared_members(keys: list[str], old_ids: list[str], today: Today, prior: PriorThemes) -> matching.Overlap:
    """Members in common of today's themes (n) and known ones (m), each mention at the lower of its weights."""
    row, column = {k: i for i, k in enumerate(keys)}, {k: j for j, k in enumerate(old_ids)}
    new = today.members[today.members["theme_key"].isin(row)]
    old = prior.members[prior.members["theme_id"].isin(column)]
    # Both are sets of mentions already: asking them costs less than `isin`, which builds a table of them.
    old = old[_within(old["mention_id"], today.present)]
    shared = np.zeros((len(keys), len(old_ids)))
    both = new.merge(old, on="mention_id", suffixes=("", "_old"))
    if len(both):
        weight = np.minimum(both["weight"].to_numpy(dtype=float), both["weight_old"].to_numpy(dtype=float))
        np.add.at(shared, (both["theme_key"].map(row).to_numpy(), both["theme_id"].map(column).to_numpy()), weight)
    known = new[_within(new["mention_id"], set(old["mention_id"]))]
    return matching.Overlap(shared, _sums(known, "theme_key", keys), _sums(old, "theme_id", old_ids))


def _within(mentions: pd.Series, known: AbstractSet[str]) -> npt.NDArray[np.bool_]:
    return np.fromiter((m in known for m in mentions), dtype=bool, count=len(mentions))


def _sums(frame: pd.DataFrame, column: str, order: list[str]) -> Array:
    sums = frame.groupby(column)["weight"].sum() if len(frame) else pd.Series(dtype=float)
    return np.array([float(sums.get(k, 0.0)) for k in order])


def new_id(digest: str, level: int, used: set[str]) -> str:
    """`t_` and 10 hex digits of the hash of a theme's first texts, salted until it was never used."""
    for salt in range(1_000_000):
        found = "t_" + hashlib.sha256(f"{digest}/{level}/{salt}".encode()).hexdigest()[:10]
        if found not in used:
            return found
    raise RuntimeError("no unused theme id was found")


def _ratio(part: float, whole: float) -> float | None:
    return float(np.round(min(part / whole, 1.0), 4)) if whole > 0 else None
