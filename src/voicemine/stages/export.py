"""Export: bring the stages' results together in the tables of the contract."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from pydantic import Field

from voicemine import tables
from voicemine.settings import Settings
from voicemine.stages.base import Stage

_PROMOTER, _DETRACTOR = 0.85, 0.35


class ExportSettings(Settings):
    """What is written beside the Parquet tables."""

    csv: bool = True
    """Also write each table as CSV."""
    mismatch_probability: float = Field(0.8, gt=0.5, le=1)
    """How sure pain or praise must be for an item to count as contradicting its score."""


@dataclass(frozen=True)
class Exported:
    """Every exported table but those that the stages wrote under their final names already."""

    items: pd.DataFrame
    mentions: pd.DataFrame
    themes: pd.DataFrame
    theme_touchpoints: pd.DataFrame
    theme_quotes: pd.DataFrame
    journey: pd.DataFrame
    rejects: pd.DataFrame


_RANGES = {"nps": (0.0, 10.0), "stars5": (1.0, 5.0), "csat5": (1.0, 5.0), "csat7": (1.0, 7.0), "ces7": (1.0, 7.0),
           "percent": (0.0, 100.0)}


def score_mismatch(items: pd.DataFrame, *, probability: float) -> pd.Series:
    """Where words and score disagree: `promoter_in_pain`, `detractor_with_praise`, or None.

    A promoter stands in the top 15 % of the score's scale, a detractor in the bottom 35 %; the words must be
    negative with a pain, or positive without one, each at `probability` or more.
    """
    low = items["score_kind"].map({k: v[0] for k, v in _RANGES.items()})
    high = items["score_kind"].map({k: v[1] for k, v in _RANGES.items()})
    level = (items["score"] - low) / (high - low)
    pain = items["pain_probability"].astype(float)
    sure = items["sentiment_confidence"].astype(float) >= probability
    found = pd.Series([None] * len(items), index=items.index, dtype=object)
    found[(level >= _PROMOTER) & (pain >= probability) & (items["sentiment"] == "negative") & sure] = "promoter_in_pain"
    found[(level <= _DETRACTOR) & (pain <= 1 - probability) & (items["sentiment"] == "positive") & sure] = (
        "detractor_with_praise")
    return found


def main_themes(mentions: pd.DataFrame) -> pd.Series:
    """item_id -> theme of its strongest mention: surest of pain times belonging, then the earliest."""
    placed = mentions[mentions["theme_id"].notna()]
    weight = placed["theme_probability"] * (0.5 + 0.5 * placed["pain_probability"])
    ranked = placed.assign(_weight=weight).sort_values(["item_id", "_weight", "ordinal"], ascending=[True, False, True])
    return ranked.drop_duplicates("item_id").set_index("item_id")["theme_id"]


def export(
    items_clean: pd.DataFrame, ingest_rejects: pd.DataFrame, clean_rejects: pd.DataFrame, segments: pd.DataFrame,
    mention_labels: pd.DataFrame, item_labels: pd.DataFrame, theme_members: pd.DataFrame, theme_nodes: pd.DataFrame,
    theme_names: pd.DataFrame, quotes: pd.DataFrame, theme_sizes: pd.DataFrame, theme_links: pd.DataFrame,
    cells: pd.DataFrame, theme_ids: pd.DataFrame, *, settings: ExportSettings,
    hidden: frozenset[str] = frozenset(),
) -> Exported:
    """The exported tables. Keys of this run's themes become their lasting ids everywhere.

    hidden: ids of the themes that people hid by hand; their sub-themes are hidden with them.
    """
    ids = dict(zip(theme_ids["theme_key"], theme_ids["theme_id"], strict=True))
    mentions = segments.merge(mention_labels.drop(columns="item_id"), on="mention_id", how="left", validate="1:1")
    mentions = mentions.merge(theme_members, on="mention_id", how="left", validate="1:1")
    mentions["theme_id"] = mentions.pop("theme_key").map(ids)
    mentions["subtheme_id"] = mentions.pop("subtheme_key").map(ids)

    items = items_clean.merge(item_labels, on="item_id", how="left", validate="1:1")
    items["theme_id"] = items["item_id"].map(main_themes(mentions))
    items["n_mentions"] = items["item_id"].map(mentions["item_id"].value_counts()).fillna(0).astype("int64")
    items["score_mismatch"] = score_mismatch(items, probability=settings.mismatch_probability)

    themes = theme_nodes.merge(theme_names, on="theme_key").merge(theme_sizes, on="theme_key")
    themes = themes.merge(theme_ids.drop(columns="name"), on="theme_key")
    themes["name"] = themes["theme_key"].map(dict(zip(theme_ids["theme_key"], theme_ids["name"], strict=True)))
    themes["parent_theme_id"] = themes["parent_theme_key"].map(ids)
    themes["is_hidden"] = themes["theme_id"].isin(hidden) | themes["parent_theme_id"].isin(hidden)
    themes = themes.sort_values(["level", "priority_rank", "theme_id"]).drop(columns=["theme_key", "parent_theme_key"])

    journey = cells.copy()
    journey["top_themes"] = [[ids[k] for k in keys if k in ids] for keys in cells["top_themes"]]
    rejects = pd.concat([ingest_rejects, clean_rejects], ignore_index=True)
    rejects["ordinal"] = range(len(rejects))
    return Exported(
        items=_table("items", items), mentions=_table("mentions", mentions), themes=_table("themes", themes),
        theme_touchpoints=_table("theme_touchpoints", _with_ids(theme_links, ids)),
        theme_quotes=_table("theme_quotes", _with_ids(quotes, ids)),
        journey=_table("journey", journey), rejects=_table("rejects", rejects),
    )


def _with_ids(frame: pd.DataFrame, ids: dict[str, str]) -> pd.DataFrame:
    return frame.assign(theme_id=frame["theme_key"].map(ids)).drop(columns="theme_key")


def _table(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    declared = tables.TABLES[name]
    extra = [c for c in frame.columns if declared.open_prefix and c.startswith(declared.open_prefix)]
    return frame[[*declared.column_names, *extra]].reset_index(drop=True)


STAGE = Stage(
    name="export", version=2,
    reads=("items_clean", "ingest_rejects", "clean_rejects", "segments", "mention_labels", "item_labels",
           "theme_members", "theme_nodes", "theme_names", "quotes", "theme_sizes", "theme_links", "cells", "theme_ids"),
    writes=("items", "mentions", "themes", "theme_touchpoints", "theme_quotes", "journey", "rejects"),
    settings=ExportSettings, run=export, needs=("hidden",), about="tables of the contract",
)
