"""Links themes to the journey and puts figures with intervals on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from voicemine import tables
from voicemine.stages.base import Stage
from voicemine.stages.link.badness import badness
from voicemine.stages.link.cells import journey_cells, theme_links
from voicemine.stages.link.settings import LinkSettings
from voicemine.stages.link.sizes import main_labels, priority, reach, score_impact, severity
from voicemine.stages.membership import memberships
from voicemine.taxonomy import Taxonomy

__all__ = ["STAGE", "LinkSettings", "Linked", "link"]


@dataclass(frozen=True)
class Linked:
    """Tables `theme_sizes`, `theme_links` and `cells`."""

    theme_sizes: pd.DataFrame
    theme_links: pd.DataFrame
    cells: pd.DataFrame


def link(
    items_clean: pd.DataFrame, segments: pd.DataFrame, mention_labels: pd.DataFrame, item_labels: pd.DataFrame,
    theme_members: pd.DataFrame, theme_nodes: pd.DataFrame, *, settings: LinkSettings, taxonomy: Taxonomy,
) -> Linked:
    """Size every theme, tie it to touchpoint and stage, and draw up the journey.

    Shares are of the mined items. Intervals are at 95 % and allow for several items by one author. Sub-themes are
    ranked among sub-themes; a theme's score impact holds the other themes of its level equal.
    """
    # An item without a known author stands for an author of its own.
    author = items_clean["author_id"].where(items_clean["author_id"].notna(), "item " + items_clean["item_id"])
    items = items_clean.assign(author=author)
    mined = items[items["is_mined"].astype(bool)].reset_index(drop=True)
    labels = mention_labels.drop(columns="item_id").merge(segments[["mention_id", "item_id", "text"]], on="mention_id")
    mentions = labels.merge(items[["item_id", "author"]], on="item_id").reset_index(drop=True)
    leaving = set(item_labels.loc[item_labels["intent"] == "churn", "item_id"])
    mentions["badness"] = badness(mentions, leaving=mentions["item_id"].isin(leaving))
    rows = memberships(theme_members, theme_nodes)[["theme_key", "mention_id"]].merge(mentions, on="mention_id")
    return Linked(
        theme_sizes=_sizes(rows, mined, theme_nodes, settings),
        theme_links=tables.conform("theme_links", _links(rows, mentions, theme_members)),
        cells=_cells(rows, mentions, theme_nodes, len(mined), taxonomy, settings),
    )


def _sizes(rows: pd.DataFrame, mined: pd.DataFrame, nodes: pd.DataFrame, settings: LinkSettings) -> pd.DataFrame:
    present = nodes[nodes["theme_key"].isin(set(rows["theme_key"]))]
    if present.empty:
        return tables.empty("theme_sizes")
    keys = present["theme_key"].tolist()
    table = pd.DataFrame({c: main_labels(rows, c, p=settings.main_p) for c in ("stage", "touchpoint")})
    table = table.join(reach(rows, mined)).join(severity(rows)).loc[keys]
    levels = []
    for _, level in present.groupby("level", sort=True):
        theirs = level["theme_key"].tolist()
        part = table.loc[theirs].join(score_impact(rows, mined, theirs, settings))
        part["priority"] = priority(part, settings)
        order = np.lexsort((np.arange(len(part)), -part["n_items"].to_numpy(), -part["priority"].to_numpy()))
        part["priority_rank"] = np.argsort(order) + 1
        levels.append(part)
    table = pd.concat(levels).loc[keys].rename_axis("theme_key").reset_index()
    return tables.conform("theme_sizes", table)


def _links(rows: pd.DataFrame, mentions: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    clustered = set(members.loc[members["theme_key"].notna(), "mention_id"])
    return theme_links(rows, mentions[mentions["mention_id"].isin(clustered)])


def _cells(
    rows: pd.DataFrame, mentions: pd.DataFrame, nodes: pd.DataFrame, n_items: int, taxonomy: Taxonomy,
    settings: LinkSettings,
) -> pd.DataFrame:
    if mentions.empty:
        return tables.empty("cells")
    top = set(nodes.loc[nodes["level"] == 0, "theme_key"])
    counts = rows[rows["theme_key"].isin(top)].groupby(["theme_key", "touchpoint", "stage"]).size()
    here = counts.rename("n_mentions").reset_index()
    return tables.conform("cells", journey_cells(mentions, here, n_items, taxonomy=taxonomy, settings=settings))


STAGE = Stage(
    name="link", version=1,
    reads=("items_clean", "segments", "mention_labels", "item_labels", "theme_members", "theme_nodes"),
    writes=("theme_sizes", "theme_links", "cells"), settings=LinkSettings, run=link, needs=("taxonomy",),
    about="size themes, tie them to stage and touchpoint, draw the journey",
)
