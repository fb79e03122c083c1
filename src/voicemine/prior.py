"""What the ledger knows of themes before a run, and what it is told after one.

Both sides of the ledger share these types: the stage `track` computes with them, `artefacts/ledger.py` keeps them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from voicemine import tables

Vectors = npt.NDArray[np.float32]

#: live: in the last run's themes; faded: not found in the last run(s); gone: given up; merged: went into another.
STATES = ("live", "faded", "gone", "merged")
THEME_COLUMNS = ("theme_id", "level", "kind", "parent_theme_id", "name", "is_pinned", "state", "missed", "status",
                 "first_seen", "last_seen")
MEMBER_COLUMNS = ("theme_id", "mention_id", "weight")
FLOW_COLUMNS = ("run_id", "theme_id", "to_theme_id", "share")


def _frame(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series([], dtype=object) for c in columns})


@dataclass(frozen=True)
class Fitting:
    """How a run came by its themes. inputs: hash of what was clustered and how. known: hash of the theme model that
    it started from, or empty. model: hash of the one that it left."""

    inputs: str
    known: str
    model: str


@dataclass(frozen=True)
class PriorThemes:
    """Every theme ever known, as of one committed run; empty before the first.

    themes: a row per theme_id, sorted by it, columns THEME_COLUMNS. centroids, named_centroids: (themes, d) unit
    vectors in that order, today's and those of when the name was given. members: columns MEMBER_COLUMNS, the
    mentions that each theme had when it was last seen, weight in 0..1. events: the rows of `theme_ledger` so far.
    flows: columns FLOW_COLUMNS, where a theme's mentions went from one run to the next, changes only.
    """

    run_id: str | None = None
    themes: pd.DataFrame = field(default_factory=lambda: _frame(THEME_COLUMNS))
    centroids: Vectors = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    named_centroids: Vectors = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    members: pd.DataFrame = field(default_factory=lambda: _frame(MEMBER_COLUMNS))
    events: pd.DataFrame = field(default_factory=lambda: tables.empty("theme_ledger"))
    flows: pd.DataFrame = field(default_factory=lambda: _frame(FLOW_COLUMNS))

    @property
    def is_empty(self) -> bool:
        return self.themes.empty

    @cached_property
    def identity(self) -> str:
        """Hash of the whole content: equal knowledge, equal identity."""
        digest = hashlib.sha256(repr(self.run_id).encode())
        for frame in (self.themes, self.members, self.events, self.flows):
            digest.update(frame.to_csv(index=False).encode("utf-8"))
        for vectors in (self.centroids, self.named_centroids):
            digest.update(repr(vectors.shape).encode() + np.ascontiguousarray(vectors).tobytes())
        return digest.hexdigest()
