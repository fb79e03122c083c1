"""Personas: planted groups of customers come out, none are made up, and the figures are those of the tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from voicemine import tables
from voicemine.stages.personas import Personas, PersonasSettings, personas
from voicemine.stages.personas.groups import group

PLACES = (("onboarding", "delivery_shipping"), ("support", "phone_call_centre"), ("purchase", "checkout_payment"),
          ("use", "product"))


def _world(n: int = 240, *, seed: int = 0, is_planted: bool = True, n_themes: int = 8) -> tuple[object, ...]:
    """The artefacts that the stage reads: `n` customers with two items each, in four planted groups or in none."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(n), 2)
    kind = who % 4
    theme = (kind + 4 * rng.integers(0, n_themes // 4, len(who))) if is_planted else rng.integers(0, n_themes, len(who))
    strays = rng.random(len(who)) < 0.15
    place, touched = (np.where(strays if is_planted else True, rng.integers(0, 4, len(who)), kind) for _ in range(2))
    ids = [f"i{k:04d}" for k in range(len(who))]
    items = pd.DataFrame({
        "item_id": ids, "author_id": [f"a{w:04d}" for w in who], "is_mined": True, "language_confidence": 1.0,
        "attr_plan": np.where(rng.random(len(who)) < np.where(kind == 1, 0.9, 0.3), "gold", "basic"),
        "attr_noise": rng.choice(["x", "y"], len(who)), "attr_id": ids})
    segments = pd.DataFrame({"mention_id": [f"{i}#0" for i in ids], "item_id": ids,
                             "text": [f"A statement of theme {t} that is long enough {i}" for t, i in
                                      zip(theme, ids, strict=True)]})
    labels = pd.DataFrame({
        "mention_id": segments["mention_id"], "item_id": ids, "stage": [PLACES[p][0] for p in place],
        "touchpoint": [PLACES[p][1] for p in touched], "sentiment_score": -0.5, "emotion": "anger",
        "intent": "complaint", "is_pain": True})
    members = pd.DataFrame({"mention_id": segments["mention_id"], "theme_key": [f"k{t}" for t in theme]})
    vectors = rng.normal(size=(n_themes, 32))
    if is_planted:
        vectors = np.repeat(rng.normal(size=(1, 4, 32)), n_themes // 4, axis=0).reshape(n_themes, 32) + vectors * 0.5
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    theme_ids = pd.DataFrame({"theme_key": [f"k{t}" for t in range(n_themes)],
                              "theme_id": [f"t_{t}" for t in range(n_themes)],
                              "name": [f"Theme {t}" for t in range(n_themes)]})
    return items, segments, labels, members, theme_ids, {"centroids": vectors.astype(np.float32)}


def _run(world: tuple[object, ...], **settings: object) -> Personas:
    return personas(*world, settings=PersonasSettings(**settings), seed=0)  # type: ignore[arg-type]


def test_planted_groups_come_out_with_their_themes_places_and_segment() -> None:
    world = _world()
    found = _run(world, most=4)
    assert len(found.personas) == 4 and found.counts == {"people": 240, "with_theme": 240, "personas": 4}
    kind = {i: int(a[1:]) % 4 for i, a in zip(world[0]["item_id"], world[0]["author_id"], strict=True)}  # type: ignore[index]
    crossed = pd.crosstab(found.persona_members["persona_id"], found.persona_members["item_id"].map(kind))
    assert (crossed.max(axis=1) / crossed.sum(axis=1)).min() > 0.9
    for row in found.personas.itertuples():
        group_of = int(crossed.loc[row.persona_id].idxmax())
        assert (row.stage, row.touchpoint) == PLACES[group_of]
        assert {int(t[2:]) % 4 for t in row.themes[:2]} == {group_of}
        assert row.quote == world[1].set_index("mention_id")["text"][row.quote_mention_id]  # type: ignore[attr-defined]
        assert row.share_low < row.share < row.share_high and row.firmness >= 0.6
    sure = found.persona_traits[found.persona_traits["is_sure"]]
    gold = sure[(sure["value"] == "gold") & (sure["share"] > sure["elsewhere"])]
    assert gold["persona_id"].map(lambda p: int(crossed.loc[p].idxmax())).tolist() == [1]
    assert (gold["difference_low"] > 0).all()
    assert set(sure["field"]) == {"attr_plan"}
    assert found.persona_traits.loc[~found.persona_traits["field"].str.startswith("attr_"), "change_q"].isna().all()
    for name in ("personas", "persona_members", "persona_traits"):
        tables.to_arrow(name, getattr(found, name))


def test_neither_order_nor_ids_decide() -> None:
    world = _world()
    items, segments, labels, members, theme_ids, vectors = world
    rng = np.random.default_rng(1)
    shuffled = [f.iloc[rng.permutation(len(f))].reset_index(drop=True) for f in (items, segments, labels, members)]  # type: ignore[attr-defined]
    again = _run((*shuffled, theme_ids, vectors))
    first = _run(world)
    for name in ("personas", "persona_members", "persona_traits"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))
    # Other ids for the same customers, in another order: the same groups.
    other = items.assign(author_id=items["author_id"].map(lambda a: f"z{997 * int(a[1:]) % 1009:04d}"))  # type: ignore[attr-defined]
    renamed = _run((other, *world[1:]))
    assert renamed.persona_members.equals(first.persona_members)


def test_no_groups_are_made_up_where_there_are_none() -> None:
    found = _run(_world(400, is_planted=False, n_themes=40))
    assert found.personas.empty and found.persona_members.empty and found.persona_traits.empty
    assert found.counts["personas"] == 0 and found.counts["with_theme"] == 400


@pytest.mark.parametrize("settings", [{"most": 0}, {"min_people": 100}, {"min_share": 0.4}])
def test_settings_may_rule_personas_out(settings: dict[str, object]) -> None:
    assert _run(_world(), **settings).personas.empty


def test_items_without_authors_are_customers_of_their_own() -> None:
    items, *rest = _world(120)
    found = _run((items.assign(author_id=None), *rest), most=4)  # type: ignore[attr-defined]
    assert found.counts["people"] == 240 and found.personas["n_people"].sum() == 240
    assert (found.personas["n_people"] == found.personas["n_items"]).all()


def test_without_themes_there_is_nothing_to_group() -> None:
    items, segments, labels, members, theme_ids, _ = _world(40)
    bare = (items, segments, labels, members.assign(theme_key=None), theme_ids.head(0),  # type: ignore[attr-defined]
            {"centroids": np.zeros((0, 0), np.float32)})
    assert _run(bare).counts == {"people": 40, "with_theme": 0, "personas": 0}


def test_a_sample_of_the_people_is_enough() -> None:
    world = _world(600)
    small = _run(world, most=4, max_people=150)
    whole = _run(world, most=4)
    pair = small.persona_members.merge(whole.persona_members, on="item_id")
    crossed = pd.crosstab(pair["persona_id_x"], pair["persona_id_y"])
    assert len(small.personas) == 4 and (crossed.max(axis=1) / crossed.sum(axis=1)).min() > 0.9


def test_more_personas_than_different_profiles_are_not_sought() -> None:
    profile = np.repeat(np.eye(3), 40, axis=0)
    found = group(profile, n_themes=5, settings=PersonasSettings(), seed=0)
    assert found is not None and np.bincount(found.label).tolist() == [40, 40, 40]


def test_at_most_fewer_than_at_least_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least"):
        PersonasSettings(most=2, least=3)
    assert replace(_run(_world(40)), counts={}).counts == {}
