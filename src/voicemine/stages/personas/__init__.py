"""Personas: groups of customers with like pains, described by what they say, where, and who they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from voicemine import tables
from voicemine.stages.base import Stage
from voicemine.stages.personas.describe import described
from voicemine.stages.personas.groups import group
from voicemine.stages.personas.profiles import people_of
from voicemine.stages.personas.settings import PersonasSettings
from voicemine.stages.personas.traits import traits

__all__ = ["STAGE", "Personas", "PersonasSettings", "personas"]


@dataclass(frozen=True)
class Personas:
    """Tables `personas`, `persona_members` and `persona_traits`. `counts`: people, those with a theme, personas."""

    personas: pd.DataFrame
    persona_members: pd.DataFrame
    persona_traits: pd.DataFrame
    counts: dict[str, int]


def personas(
    items_clean: pd.DataFrame, segments: pd.DataFrame, mention_labels: pd.DataFrame, theme_members: pd.DataFrame,
    theme_ids: pd.DataFrame, theme_centroids: Mapping[str, npt.NDArray[Any]], *, settings: PersonasSettings, seed: int,
) -> Personas:
    """Group customers by their themes, touchpoints and stages; an item without an author is a customer of its own.

    Only customers with a mention in a theme are grouped. Where they do not fall into firm groups, the tables are
    empty. Personas are of this run: they have no identity from run to run.
    """
    items = items_clean[items_clean["is_mined"].astype(bool)]
    items = items.assign(person=items["author_id"].where(items["author_id"].notna(), "item " + items["item_id"]))
    ids = dict(zip(theme_ids["theme_key"], theme_ids["theme_id"], strict=True))
    members = theme_members[theme_members["theme_key"].isin(ids)]
    members = members.assign(theme_id=members["theme_key"].map(ids))[["mention_id", "theme_id"]]
    labels = mention_labels.drop(columns="item_id").merge(segments[["mention_id", "item_id", "text"]], on="mention_id")
    mentions = labels.merge(items[["item_id", "person"]], on="item_id")
    rows = mentions.merge(members, on="mention_id").sort_values("mention_id", ignore_index=True)
    counts = {"people": int(items["person"].nunique()), "with_theme": int(rows["person"].nunique()), "personas": 0}
    if rows.empty:
        return _nothing(counts)
    vectors = np.asarray(theme_centroids["centroids"], dtype=np.float64)
    centroids = {str(t): vectors[i] for i, t in enumerate(theme_ids["theme_id"])}
    people = people_of(rows, centroids, place_weight=settings.place_weight)
    found = group(people.profile, n_themes=rows["theme_id"].nunique(), settings=settings, seed=seed)
    if found is None:
        return _nothing(counts)
    of = {p: i for i, p in enumerate(people.ids)}
    who = items[items["person"].isin(of)].assign(code=lambda t: t["person"].map(of)).sort_values(
        ["code", "item_id"], ignore_index=True)
    table = traits(people, found.label, _segments(who, len(people.ids)), settings)
    names = dict(zip(theme_ids["theme_id"], theme_ids["name"], strict=True))
    key = {k: f"p{k + 1}" for k in range(len(found.firmness))}
    table = table.assign(
        persona_id=table["persona"].map(key), is_sure=(table["change_q"] <= settings.segment_q).fillna(False))
    members_of = pd.DataFrame({"item_id": who["item_id"], "persona_id": [key[found.label[c]] for c in who["code"]]})
    return Personas(
        personas=tables.conform("personas", described(people, found, table, who, mentions, names, key)),
        persona_members=tables.conform("persona_members", members_of.sort_values("item_id", ignore_index=True)),
        persona_traits=tables.conform("persona_traits", table.drop(columns="persona")),
        counts={**counts, "personas": len(key)})


def _nothing(counts: dict[str, int]) -> Personas:
    return Personas(tables.empty("personas"), tables.empty("persona_members"), tables.empty("persona_traits"), counts)


def _segments(who: pd.DataFrame, n: int) -> pd.DataFrame:
    """(people, attr_*) each person's most frequent known value; ties go to the first in the alphabet."""
    found = {}
    for column in sorted(c for c in who.columns if c.startswith("attr_")):
        known = who[who[column].notna() & who[column].astype(str).str.strip().ne("")]
        counts = known.groupby(["code", column]).size().rename("n").reset_index()
        first = counts.sort_values(["code", "n", column], ascending=[True, False, True]).drop_duplicates("code")
        found[column] = first.set_index("code")[column].astype(object).reindex(range(n))
    return pd.DataFrame(found, index=range(n))


STAGE = Stage(
    name="personas", version=1,
    reads=("items_clean", "segments", "mention_labels", "theme_members", "theme_ids", "theme_centroids"),
    writes=("personas", "persona_members", "persona_traits"), settings=PersonasSettings, run=personas,
    needs=("seed",), about="group customers with like pains",
)
