"""Which mention belongs to which theme, both levels alike. Shared by the stages that read themes."""

from __future__ import annotations

import pandas as pd


def memberships(members: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """One row per (theme, mention) over themes and sub-themes: theme_key, mention_id, theme_fit, theme_probability.

    members: table `theme_members`. nodes: table `theme_nodes`; a key that it does not list is left out. Order: as
    `nodes`, then as `members`.
    """
    carried = ["mention_id", "theme_fit", "theme_probability"]
    levels = [members.loc[members[c].notna(), [c, *carried]].rename(columns={c: "theme_key"})
              for c in ("theme_key", "subtheme_key")]
    rank = {key: i for i, key in enumerate(nodes["theme_key"])}
    long = pd.concat(levels, ignore_index=True)
    long = long[long["theme_key"].isin(rank)].drop_duplicates(["theme_key", "mention_id"])
    order = long["theme_key"].map(rank).astype("int64").sort_values(kind="stable").index
    return long.loc[order].reset_index(drop=True)
