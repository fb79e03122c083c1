from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from voicemine import tables
from voicemine.numerics.intervals import share_interval
from voicemine.stages.link import LinkSettings, link
from voicemine.stages.link.sizes import main_labels, priority
from voicemine.taxonomy import Stage, Taxonomy, Touchpoint

_N = 400


def _taxonomy() -> Taxonomy:
    return Taxonomy(
        stages=(Stage(label="purchase", classic="purchase", definition="paying for something"),
                Stage(label="use", classic="retention", definition="using what was bought")),
        touchpoints=(Touchpoint(label="checkout_payment", channel="online", definition="the till"),
                     Touchpoint(label="product", channel="either", definition="the thing")))


def _tables(*, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Half of the items are pains at the till that cost four points; a quarter are pains with the product."""
    rng = np.random.default_rng(seed)
    ids = [f"i{n:04d}" for n in range(_N)]
    theme = np.where(np.arange(_N) < 200, "till", np.where(np.arange(_N) < 300, "product", "none"))
    pain = theme != "none"
    score = np.clip(9 - 4.0 * (theme == "till") - 1.0 * (theme == "product") + rng.normal(0, 1, _N), 0, 10)
    labels = pd.DataFrame({
        "item_id": ids, "stage": np.where(theme == "till", "purchase", "use"), "stage_confidence": 0.9,
        "stage_best": "use", "touchpoint": np.where(theme == "till", "checkout_payment", "product"),
        "touchpoint_confidence": 0.9, "touchpoint_best": "product",
        "sentiment": np.where(pain, "negative", "positive"), "sentiment_confidence": 0.9,
        "sentiment_score": np.where(theme == "till", -0.9, np.where(pain, -0.3, 0.8)),
        "emotion": np.where(theme == "till", "anger", "none"), "emotion_confidence": 0.9, "is_pain": pain,
        "pain_probability": 0.5, "intent": "complaint", "intent_confidence": 0.9})
    mention = [f"{i}#0" for i in ids]
    keys = np.where(theme == "till", "t1", np.where(theme == "product", "t2", None))
    made = {
        "items_clean": pd.DataFrame({
            "item_id": ids, "source": "s", "channel": None, "question": None, "created_at": pd.NaT, "language": "en",
            "language_confidence": 1.0, "agent_text": None,
            "text": [f"text number {n}" for n in range(_N)], "score": score,
            "score_kind": "nps", "author_id": [f"a{n % 300}" for n in range(_N)], "is_mined": True,
            "skip_reason": None, "representative_id": ids, "source_row": range(1, _N + 1)}),
        "segments": pd.DataFrame({
            "mention_id": mention, "item_id": ids, "ordinal": 0, "start": 0, "end": 10,
            "text": [f"text number {n}" for n in range(_N)]}),
        "mention_labels": labels.assign(mention_id=mention), "item_labels": labels,
        "theme_members": pd.DataFrame({
            "mention_id": mention, "theme_key": keys, "subtheme_key": np.where(keys == "t1", "t3", None),
            "theme_fit": np.where(pain, "core", "none"), "theme_probability": 0.9}),
        "theme_nodes": pd.DataFrame({
            "theme_key": ["t1", "t2", "t3"], "parent_theme_key": [None, None, "t1"], "level": [0, 0, 1],
            "kind": "pain", "stability": 0.8, "is_stable": True, "given_name": None}),
    }
    return {n: tables.conform(n, t) for n, t in made.items()}


def _link(made: dict[str, pd.DataFrame], **changes: float) -> object:
    return link(made["items_clean"], made["segments"], made["mention_labels"], made["item_labels"],
                made["theme_members"], made["theme_nodes"], settings=LinkSettings.model_validate(changes),
                taxonomy=_taxonomy())


def test_planted_figures_come_back() -> None:
    found = _link(_tables())
    sizes = found.theme_sizes.set_index("theme_key")
    assert sizes["n_items"].to_dict() == {"t1": 200, "t2": 100, "t3": 200}
    assert sizes.loc["t1", "share"] == pytest.approx(0.5)
    assert sizes.loc["t1", "share_low"] < 0.5 < sizes.loc["t1", "share_high"]
    assert sizes.loc["t1", "n_authors"] == 200
    assert sizes.loc["t1", "stage"] == "purchase" and sizes.loc["t1", "touchpoint"] == "checkout_payment"
    assert sizes.loc["t1", "score_impact_low"] < -4.0 < sizes.loc["t1", "score_impact_high"]
    assert sizes.loc["t2", "score_impact"] == pytest.approx(-1.0, abs=0.35)
    assert sizes.loc["t1", "severity"] > sizes.loc["t2", "severity"]
    assert sizes.loc["t1", "priority_rank"] == 1 and sizes.loc["t3", "priority_rank"] == 1


def test_links_carry_lift_with_interval() -> None:
    links = _link(_tables()).theme_links.set_index(["theme_key", "touchpoint", "stage"])
    row = links.loc[("t1", "checkout_payment", "purchase")]
    assert row["n_mentions"] == 200 and row["share"] == 1.0
    assert row["lift"] == pytest.approx(1.5)
    assert 1.0 < row["lift_low"] <= row["lift"] <= row["lift_high"] + 1e-9


def test_journey_finds_the_painful_and_the_pleasant_cell() -> None:
    made = _tables()
    # What has no theme is praise, and moves to a cell of its own.
    labels = made["mention_labels"].copy()
    praise = labels["sentiment"] == "positive"
    labels.loc[praise, "touchpoint"] = "none"
    made["mention_labels"] = labels
    cells = _link(made).cells.set_index(["stage", "touchpoint"])
    assert cells.loc[("purchase", "checkout_payment"), "moment"] == "pain"
    assert cells.loc[("use", "none"), "moment"] == "delight"
    assert cells.loc[("use", "none"), "classic_stage"] == "retention"
    assert cells.loc[("purchase", "checkout_payment"), "top_themes"] == ["t1"]
    assert cells["share"].sum() == pytest.approx(1.0)
    assert cells.loc[("use", "none"), "opportunity"] < cells.loc[("purchase", "checkout_payment"), "opportunity"]


def test_without_scores_there_is_no_impact() -> None:
    made = _tables()
    made["items_clean"]["score"] = np.nan
    sizes = _link(made).theme_sizes
    assert sizes["score_impact"].isna().all() and sizes["score_kind"].isna().all()
    assert sizes["priority"].between(0, 1).all()


def test_same_input_same_tables_whatever_the_order_of_labels() -> None:
    made = _tables()
    first = _link(made)
    made["mention_labels"] = made["mention_labels"].iloc[::-1].reset_index(drop=True)
    second = _link(made)
    pd.testing.assert_frame_equal(first.theme_links.drop(columns="sentiment_mean"),
                                  second.theme_links.drop(columns="sentiment_mean"))
    assert first.theme_sizes["priority_rank"].tolist() == second.theme_sizes["priority_rank"].tolist()


def test_no_themes_gives_empty_tables_and_a_journey() -> None:
    made = _tables()
    made["theme_members"]["theme_key"] = None
    made["theme_members"]["subtheme_key"] = None
    made["theme_nodes"] = made["theme_nodes"].iloc[:0]
    found = _link(made)
    assert found.theme_sizes.empty and found.theme_links.empty
    assert len(found.cells) == 2


def test_main_label_needs_a_clear_lead() -> None:
    themes = {"t2": ["use"] * 20 + ["support"] * 3, "t1": ["use"] * 11 + ["support"] * 9,
              "t4": ["unclear"] * 20 + ["use"] * 8, "t3": ["use"] * 2, "t5": ["unclear"] * 9,
              "t6": ["unclear"] * 4 + ["support"] * 12}
    rows = pd.DataFrame([(key, label) for key, labels in themes.items() for label in labels],
                        columns=["theme_key", "stage"])
    assert main_labels(rows.sample(frac=1, random_state=0), "stage", p=0.05).to_dict() == {
        "t2": "use", "t1": "several", "t4": "several", "t3": "several", "t5": "several", "t6": "support"}


def test_links_and_sizes_are_those_of_each_theme_alone() -> None:
    made = _tables()
    found, sizes = _link(made).theme_links, _link(made).theme_sizes.set_index("theme_key")
    labels = made["mention_labels"].merge(made["theme_members"], on="mention_id").merge(
        made["items_clean"][["item_id", "author_id"]], on="item_id")
    authors = pd.factorize(labels["author_id"])[0]
    for theme, column in (("t1", "theme_key"), ("t2", "theme_key"), ("t3", "subtheme_key")):
        inside = (labels[column] == theme).to_numpy()
        share = share_interval(inside, authors)
        assert tuple(sizes.loc[theme, ["share", "share_low", "share_high"]]) == pytest.approx(share)
        theirs = found[found["theme_key"] == theme]
        assert theirs["n_mentions"].is_monotonic_decreasing and theirs["n_mentions"].sum() == inside.sum()
        for row in theirs.itertuples():
            here = (labels["touchpoint"] == row.touchpoint) & (labels["stage"] == row.stage)
            assert (row.share, row.share_low, row.share_high) == pytest.approx(
                share_interval(here[inside], authors[inside]))


def test_priority_follows_its_weights() -> None:
    table = pd.DataFrame({"share": [0.5, 0.1], "severity": [0.2, 0.8], "score_impact": [np.nan, np.nan]})
    by_reach = priority(table, LinkSettings(severity_weight=0.0))
    by_severity = priority(table, LinkSettings(reach_weight=0.0))
    assert by_reach[0] > by_reach[1] and by_severity[0] < by_severity[1]
