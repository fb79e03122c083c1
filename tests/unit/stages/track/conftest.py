"""A small made-up stream of feedback with themes, for the tests of `track`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from voicemine.prior import PriorThemes
from voicemine.stages.track import LEDGER_READS, Tracked, TrackSettings, ledger_state, track

#: Themes that a test may use, each with a direction of its own in the vector space.
THEMES = ("parcels", "refunds", "crashes", "queues", "sizes", "prices")
START = pd.Timestamp("2026-01-05", tz="UTC")


@dataclass(frozen=True)
class World:
    """The inputs of `track`."""

    items: pd.DataFrame
    segments: pd.DataFrame
    members: pd.DataFrame
    nodes: pd.DataFrame
    names: pd.DataFrame
    encoding: Mapping[str, np.ndarray]

    def run(self, run_id: str, *, prior: PriorThemes | None = None, as_of: pd.Timestamp | None = None,
            settings: TrackSettings | None = None) -> Tracked:
        newest = self.items["created_at"].max()
        when = as_of if as_of is not None else pd.Timestamp(0, tz="UTC") if pd.isna(newest) else newest
        return track(self.items, self.segments, self.members, self.nodes, self.names, self.sizes, self.encoding,
                     settings=settings or TrackSettings(), prior=prior or PriorThemes(), as_of=when, run_id=run_id)

    @property
    def sizes(self) -> pd.DataFrame:
        """The part of `theme_sizes` that is read: each theme's main touchpoint, here its own key."""
        return pd.DataFrame({"theme_key": self.nodes["theme_key"], "touchpoint": self.nodes["theme_key"]})

    def after(self, found: Tracked, prior: PriorThemes | None = None) -> PriorThemes:
        mine: dict[str, Any] = {"theme_nodes": self.nodes, "theme_members": self.members}
        return ledger_state({n: mine[n] if n in mine else getattr(found, n) for n in LEDGER_READS},
                            prior=prior or PriorThemes())

    def shuffled(self, seed: int) -> World:
        """The same content: rows in another order, themes under other keys."""
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(self.segments))
        keys = {k: f"k{n}" for n, k in enumerate(rng.permutation(self.nodes["theme_key"]))}
        return World(
            self.items.sample(frac=1, random_state=seed, ignore_index=True), self.segments.iloc[order],
            self.members.assign(theme_key=self.members["theme_key"].map(keys)).sample(frac=1, random_state=seed),
            self.nodes.assign(theme_key=self.nodes["theme_key"].map(keys)).sort_values("theme_key"),
            self.names.assign(theme_key=self.names["theme_key"].map(keys)),
            {"rows": self.encoding["rows"][order], "vectors": self.encoding["vectors"]})


def build(weekly: Mapping[str, list[int]], *, others: int = 40, dated: bool = True,
          subthemes: Mapping[str, str] | None = None) -> World:
    """Items of each theme in each week (spread over its days), and `others` items a week without a theme."""
    rows = []
    for theme, counts in {**weekly, "": [others] * max(len(c) for c in weekly.values())}.items():
        rows += [(f"{theme or 'x'}-{week}-{n}", START + pd.Timedelta(weeks=week, hours=(n * 37) % 164), theme)
                 for week, count in enumerate(counts) for n in range(count)]
    frame = pd.DataFrame(rows, columns=["item_id", "created_at", "theme"])
    items = pd.DataFrame({
        "item_id": frame["item_id"], "created_at": frame["created_at"].dt.as_unit("us") if dated else pd.NaT,
        "source": "survey", "channel": None, "is_mined": True})
    items["created_at"] = pd.to_datetime(items["created_at"], utc=True)
    segments = pd.DataFrame({"mention_id": frame["item_id"] + "#0", "item_id": frame["item_id"],
                             "text": "words of " + frame["item_id"]})
    themes = [t for t in weekly if sum(weekly[t])]
    members = pd.DataFrame({
        "mention_id": segments["mention_id"], "theme_key": [t or None for t in frame["theme"]],
        "subtheme_key": [(subthemes or {}).get(t) for t in frame["theme"]],
        "theme_fit": ["core" if t else "none" for t in frame["theme"]]})
    lower = sorted(set((subthemes or {}).values()))
    parents = {s: t for t, s in (subthemes or {}).items()}
    nodes = pd.DataFrame({"theme_key": [*themes, *lower], "parent_theme_key": [None] * len(themes) + [
        parents[s] for s in lower], "level": [0] * len(themes) + [1] * len(lower), "kind": "pain",
        "given_name": None})
    names = pd.DataFrame({"theme_key": nodes["theme_key"], "name": [f"About {t}" for t in nodes["theme_key"]],
                          "keywords": [[t, "thing"] for t in nodes["theme_key"]]})
    vectors = np.eye(len(THEMES) + 1, dtype=np.float32)
    place = {t: i for i, t in enumerate(THEMES)}
    rows_of = np.array([place.get(t, len(THEMES)) for t in frame["theme"]])
    return World(items, segments, members, nodes, names, {"rows": rows_of, "vectors": vectors})


@pytest.fixture
def world() -> Callable[..., World]:
    return build
