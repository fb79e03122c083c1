from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from voicemine import tables
from voicemine.prior import PriorThemes

Build = Callable[..., Any]
STEADY = {"parcels": [4] * 10, "refunds": [3] * 10, "crashes": [5] * 10}


def ids(found: Any) -> dict[str, str]:
    return dict(zip(found.theme_ids["theme_key"], found.theme_ids["theme_id"], strict=True))


def events(found: Any, run_id: str) -> list[tuple[str, str, str | None]]:
    rows = found.theme_ledger[found.theme_ledger["run_id"] == run_id]
    return [(r.event, r.theme_id, r.other_theme_id) for r in rows.itertuples()]


def test_first_run_births_every_theme_under_a_lasting_id(world: Build) -> None:
    found = world(STEADY).run("r1")
    assert all(re.fullmatch(r"t_[0-9a-f]{10}", t) for t in found.theme_ids["theme_id"])
    assert [e for e, _, _ in events(found, "r1")] == ["born"] * 3
    for name in ("theme_ids", "theme_trends", "theme_ledger", "theme_translation"):
        tables.to_arrow(name, getattr(found, name))


def test_order_of_rows_and_keys_of_the_run_have_no_bearing(world: Build) -> None:
    first = world(STEADY)
    one, two = first.run("r1"), first.shuffled(7).run("r1")
    assert one.theme_trends.equals(two.theme_trends)
    assert one.theme_ledger.equals(two.theme_ledger)
    assert one.theme_ids.drop(columns="theme_key").equals(two.theme_ids.drop(columns="theme_key"))
    assert np.array_equal(one.theme_centroids["centroids"], two.theme_centroids["centroids"])


def test_a_refit_keeps_ids_whatever_the_keys(world: Build) -> None:
    first = world(STEADY)
    found = first.run("r1")
    prior = first.after(found)
    again = first.shuffled(3).run("r2", prior=prior)
    assert set(again.theme_ids["theme_id"]) == set(found.theme_ids["theme_id"])
    assert {e for e, _, _ in events(again, "r2")} == {"continued"}
    assert again.theme_translation.empty


def test_new_mentions_and_a_new_theme(world: Build) -> None:
    first = world(STEADY)
    found = first.run("r1")
    later = world({**{k: [*v, 5] for k, v in STEADY.items()}, "queues": [0] * 10 + [8]})
    again = later.run("r2", prior=first.after(found))
    assert {k: v for k, v in ids(again).items() if k != "queues"} == ids(found)
    assert ("born", ids(again)["queues"], None) in events(again, "r2")


def test_a_split_leaves_the_id_with_the_larger_part(world: Build) -> None:
    first = world({"parcels": [10] * 10, "refunds": [3] * 10})
    found = first.run("r1")
    prior = first.after(found)
    parts = world({"parcels": [10] * 10, "refunds": [3] * 10})
    mine = parts.members["theme_key"] == "parcels"
    moved = parts.members.index[mine][::3]
    parts.members.loc[moved, "theme_key"] = "queues"
    parts.nodes.loc[len(parts.nodes)] = ["queues", None, 0, "pain", None]
    parts.names.loc[len(parts.names)] = ["queues", "About queues", ["queues"]]
    again = parts.run("r2", prior=prior)
    old, new = ids(found)["parcels"], ids(again)["queues"]
    assert ids(again)["parcels"] == old
    assert {("split", old, new), ("born", new, old)} <= set(events(again, "r2"))
    told = again.theme_translation
    assert dict(zip(told["theme_id"], told["share"], strict=True)) == {old: pytest.approx(0.66, abs=0.01),
                                                                       new: pytest.approx(0.34, abs=0.01)}


def test_a_merge_names_both_sides_and_an_undone_merge_gives_the_id_back(world: Build) -> None:
    first = world({"parcels": [8] * 10, "refunds": [4] * 10})
    found = first.run("r1")
    prior = first.after(found)
    one = world({"parcels": [8] * 10, "refunds": [4] * 10})
    one.members.loc[one.members["theme_key"] == "refunds", "theme_key"] = "parcels"
    joined = type(one)(one.items, one.segments, one.members, one.nodes.iloc[:1], one.names.iloc[:1], one.encoding)
    again = joined.run("r2", prior=prior)
    assert ids(again) == {"parcels": ids(found)["parcels"]}
    assert ("merged", ids(found)["refunds"], ids(found)["parcels"]) in events(again, "r2")
    back = first.run("r3", prior=joined.after(again, prior))
    assert ids(back) == ids(found)
    assert ("revived", ids(found)["refunds"], None) in events(back, "r3")


def test_a_lost_theme_fades_then_is_gone_and_its_id_is_never_given_again(world: Build) -> None:
    first = world({"parcels": [5] * 10, "refunds": [4] * 10})
    found = first.run("r0")
    prior = first.after(found)
    lost = ids(found)["refunds"]
    seen = []
    fewer = world({"parcels": [5] * 10})
    for n in (1, 2, 3, 4):
        result = fewer.run(f"r{n}", prior=prior)
        seen.append([e for e, t, _ in events(result, f"r{n}") if t == lost])
        prior = fewer.after(result, prior)
    assert seen == [["faded"], [], ["gone"], []]
    back = first.run("r5", prior=prior)
    assert ids(back)["refunds"] == lost and ("revived", lost, None) in events(back, "r5")


def test_same_birth_content_never_gets_a_used_id(world: Build) -> None:
    first = world({"parcels": [5] * 10})
    found = first.run("r1")
    prior = first.after(found)
    # The known theme is of another kind, so it cannot be continued although its content is the same.
    other = prior.themes.assign(kind="delight")
    prior = PriorThemes(run_id="r1", themes=other, centroids=prior.centroids, named_centroids=prior.named_centroids,
                        members=prior.members, events=prior.events, flows=prior.flows)
    again = first.run("r2", prior=prior)
    assert not set(again.theme_ids["theme_id"]) & set(found.theme_ids["theme_id"])


def test_a_known_theme_keeps_its_name_until_its_content_changes(world: Build) -> None:
    first = world(STEADY)
    prior = first.after(first.run("r1"))
    renamed = first.names.assign(name="Other words")
    same = type(first)(first.items, first.segments, first.members, first.nodes, renamed, first.encoding)
    assert set(same.run("r2", prior=prior).theme_ids["name"]) == {"About parcels", "About refunds", "About crashes"}
    turned = {**first.encoding, "rows": (first.encoding["rows"] + 1) % 7}
    moved = type(first)(first.items, first.segments, first.members, first.nodes, renamed, turned)
    found = moved.run("r2", prior=prior)
    assert {e for e, _, _ in events(found, "r2")} == {"continued", "renamed"}
    # Three themes, one new name for all: the first has it, the others get a word of their own.
    assert len(set(found.theme_ids["name"])) == 3 and "Other words" in set(found.theme_ids["name"])


def test_a_pinned_name_stays(world: Build) -> None:
    first = world(STEADY)
    prior = first.after(first.run("r1"))
    themes = prior.themes.assign(is_pinned=True, name=["One", "Two", "Three"])
    prior = PriorThemes(run_id="r1", themes=themes, centroids=prior.centroids, named_centroids=-prior.centroids,
                        members=prior.members, events=prior.events, flows=prior.flows)
    assert sorted(first.run("r2", prior=prior).theme_ids["name"]) == ["One", "Three", "Two"]


def test_subthemes_have_ids_of_their_own(world: Build) -> None:
    first = world(STEADY, subthemes={"parcels": "parcels/late"})
    found = first.run("r1")
    assert len(set(found.theme_ids["theme_id"])) == 4
    state = first.after(found)
    parent = state.themes.set_index("theme_id")["parent_theme_id"]
    assert parent[ids(found)["parcels/late"]] == ids(found)["parcels"]
    again = first.run("r2", prior=state)
    assert ids(again) == ids(found)


def test_without_shared_members_centroid_and_name_decide(world: Build) -> None:
    first = world({"parcels": [5] * 10, "refunds": [4] * 10})
    prior = first.after(first.run("r1"))
    fresh = world({"parcels": [5] * 10, "refunds": [4] * 10})
    renumbered = fresh.segments.assign(mention_id="new-" + fresh.segments["mention_id"])
    moved = type(fresh)(fresh.items, renumbered, fresh.members.assign(mention_id="new-" + fresh.members["mention_id"]),
                        fresh.nodes, fresh.names, fresh.encoding)
    found = moved.run("r2", prior=prior)
    assert ids(found) == ids(first.run("r1"))


def test_no_themes_at_all(world: Build) -> None:
    first = world(STEADY)
    empty = type(first)(first.items, first.segments, first.members.assign(theme_key=None), first.nodes.iloc[:0],
                        first.names.iloc[:0], first.encoding)
    found = empty.run("r1")
    assert found.theme_ids.empty and found.theme_trends.empty and found.theme_ledger.empty
    state = empty.after(found)
    assert state.is_empty
    later = first.run("r2", prior=state)
    assert isinstance(later.theme_ledger, pd.DataFrame) and len(later.theme_ids) == 3
