"""The themes of this run as the ledger sees them: members, centroid, name, and a digest of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Vectors = npt.NDArray[np.float32]

#: What a mention counts for in its theme.
FIT_WEIGHT = {"core": 1.0, "near": 0.5, "none": 0.0}


@dataclass(frozen=True)
class Today:
    """This run's themes, in the order of their content.

    themes: theme_key, level, kind, parent_theme_key, given_name, name, keywords, digest. centroids: (themes, d) unit
    rows. members: theme_key, mention_id, weight, sorted. present: every mention of the run.
    """

    themes: pd.DataFrame
    centroids: Vectors
    members: pd.DataFrame
    present: frozenset[str]


def todays_themes(
    segments: pd.DataFrame, theme_members: pd.DataFrame, theme_nodes: pd.DataFrame, theme_names: pd.DataFrame,
    encoding: Mapping[str, npt.NDArray[Any]],
) -> Today:
    """Gather this run's themes. The order of rows in the tables has no bearing on the result."""
    members = long_members(theme_members)
    text = dict(zip(segments["mention_id"], segments["text"], strict=True))
    # A mention may belong to a theme and to a sub-theme: its words are made plain once.
    plain = {m: " ".join(str(text[m]).casefold().split()) for m in members["mention_id"].unique()}
    digests = {
        key: hashlib.sha256("\n".join(sorted(plain[m] for m in mentions)).encode()).hexdigest()
        for key, mentions in members.groupby("theme_key")["mention_id"]}
    named = theme_names[["theme_key", "name", "keywords"]]
    columns = ["theme_key", "level", "kind", "parent_theme_key", "given_name"]
    themes = theme_nodes[columns].merge(named, on="theme_key", how="left", validate="1:1")
    themes["digest"] = [digests.get(k, hashlib.sha256(str(k).encode()).hexdigest()) for k in themes["theme_key"]]
    themes = themes.sort_values(["level", "digest", "theme_key"], ignore_index=True)
    return Today(themes, centroids(themes["theme_key"].tolist(), members, segments, encoding), members,
                 frozenset(text))


def long_members(theme_members: pd.DataFrame) -> pd.DataFrame:
    """A row per mention and theme that it belongs to, at either level: theme_key, mention_id, weight."""
    weight = theme_members["theme_fit"].map(FIT_WEIGHT).astype(float)
    parts = [pd.DataFrame({"theme_key": theme_members[c], "mention_id": theme_members["mention_id"], "weight": weight})
             for c in ("theme_key", "subtheme_key")]
    found = pd.concat(parts)
    found = found[found["theme_key"].notna() & (found["weight"] > 0)]
    return found.sort_values(["theme_key", "mention_id"], ignore_index=True)


def centroids(
    keys: list[str], members: pd.DataFrame, segments: pd.DataFrame, encoding: Mapping[str, npt.NDArray[Any]]
) -> Vectors:
    """(themes, d) unit mean of each theme's member vectors, weighted by how they fit. No member: zeros."""
    vectors, rows = encoding["vectors"], encoding["rows"]
    row = np.asarray(rows)[pd.Index(segments["mention_id"]).get_indexer(members["mention_id"])]
    weight = members["weight"].to_numpy()
    result = np.zeros((len(keys), vectors.shape[1]), dtype=np.float32)
    position = {k: i for i, k in enumerate(keys)}
    for key, places in members.groupby("theme_key").indices.items():
        if key not in position:
            continue
        # Members come sorted, so the sum does not hang on the order of the input.
        centre = weight[places] @ np.asarray(vectors[row[places]], dtype=np.float64)
        norm = float(np.linalg.norm(centre))
        if norm > 0:
            # Rounded, so that the last bits of a vector do not reach the ledger.
            result[position[str(key)]] = np.round(centre / norm, 6).astype(np.float32)
    return result
