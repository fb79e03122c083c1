"""What the sections say, checked against the tables that they are drawn from."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from voicemine.report import journey, lens, overview, personas, points, sure, svg, themes, trends
from voicemine.report.data import RunData
from voicemine.report.settings import ReportSettings

SETTINGS = ReportSettings()


def test_the_headline_counts_what_the_tables_hold(run: RunData) -> None:
    found = overview.overview(run)
    survey = run.mined[run.mined["score_kind"] == "nps"]["score"]
    nps = 100 * ((survey >= 9).mean() - (survey <= 6).mean())
    assert next(f for f in found.figures if f.name == "NPS").value == f"{nps:+.0f}".replace("-", "−")
    assert sum(s.count for s in found.sentiment) == len(run.mined)
    assert [t.theme_id for t in found.first] == run.themes["theme_id"].head(3).tolist()
    assert any("40 items" in line and "language" in line for line in found.left_out)
    assert found.changes[0].startswith("New: ") and "14 themes went on" in found.changes[-1]


def test_a_first_run_has_nothing_to_compare_with(run: RunData) -> None:
    ledger = run.table("theme_ledger")
    alone = dataclasses.replace(run, found={**run.found, "theme_ledger": ledger[ledger["run_id"] == "20260705-now"]})
    assert "first run" in overview.changes(alone)[0]


def test_what_ended_is_told_by_the_name_that_the_ledger_kept(run: RunData) -> None:
    ledger = run.table("theme_ledger")
    row = {**ledger.iloc[-1].to_dict(), "other_theme_id": None, "weight": None}
    old = "'Maps: 'old' ones' was not found in 3 runs"
    ended = pd.DataFrame([
        {**row, "ordinal": 90, "theme_id": "t_a", "event": "gone", "note": old},
        {**row, "ordinal": 91, "theme_id": "t_b", "event": "faded", "note": "'Vouchers': none are left"},
        {**row, "ordinal": 92, "theme_id": "t_c", "event": "faded", "note": "sub-theme 'Parts': gone"},
        {**row, "ordinal": 93, "theme_id": "T00000.0", "event": "continued", "note": "likeness 1.00"},
        {**row, "ordinal": 94, "theme_id": "t_d", "event": "gone", "note": None}])
    longer = pd.concat([ledger, ended], ignore_index=True)
    lines = overview.changes(dataclasses.replace(run, found={**run.found, "theme_ledger": longer}))
    assert "Gone: Maps: 'old' ones and 1 more." in lines and "Faded: Vouchers." in lines
    # A sub-theme that went on is not counted among the themes.
    assert lines[-1] == overview.changes(run)[-1]


def test_an_effect_that_may_be_none_is_not_called_one(run: RunData) -> None:
    row = {**run.themes.iloc[0].to_dict(), "score_impact": -0.4, "score_impact_low": -1.0, "score_impact_high": 0.2}
    assert overview.impact_words(row) == "no clear effect on the NPS answer"
    assert "0.4 lower" in overview.impact_words({**row, "score_impact_high": -0.1})
    assert overview.impact_words({**row, "score_impact": None}) == ""


def test_both_journeys_hold_every_statement(run: RunData) -> None:
    full, classic = journey.journey_maps(run)
    for one in (full, classic):
        assert sum(c.n_mentions for row in one.rows for c in row.cells if c) == len(run.mentions)
        assert sum(h.n_mentions for h in one.heads) == len(run.mentions)
    assert [h.stage for h in full.heads][:8] == [s["label"] for s in run.manifest["taxonomy"]["stages"]]
    assert [h.stage for h in classic.heads] == [*journey.CLASSIC, "unclear"]
    heads = {h.stage: h.n_mentions for h in full.heads}
    assert next(h for h in classic.heads if h.stage == "purchase").n_mentions == heads["purchase"] + heads["onboarding"]


def test_the_curve_shows_no_high_that_is_not_there() -> None:
    drawn, heights = svg.curve([(0.5, 0.4, 0.6), (float("nan"),) * 3, (-0.5, -0.6, -0.4), (0.0, -0.1, 0.1)])
    assert heights[0] < 50 < heights[2] and heights[3] == 50 and np.isnan(heights[1])
    assert "nan" not in drawn


def test_every_theme_has_its_row_panel_and_chart(run: RunData) -> None:
    found = themes.themes(run, SETTINGS)
    assert [t.theme_id for t in found] == run.themes["theme_id"].tolist()
    assert all(t.quotes and t.links and t.spark for t in found)
    parcels = next(t for t in found if t.theme_id == "T00000")
    assert parcels.is_alert and "significant rise" in parcels.chart_told
    assert {s[0] for s in parcels.subthemes} == {"T00000.0", "T00000.1"}
    assert sum(len(g.themes) for g in trends.groups(found)) == len(found)


def test_words_of_few_customers_can_be_held_back(run: RunData) -> None:
    bar = int(run.themes["n_authors"].median())
    settings = ReportSettings(min_authors=bar)
    few = set(run.themes.loc[run.themes["n_authors"] < bar, "theme_id"])
    assert few
    for theme in themes.themes(run, settings):
        assert (not theme.quotes and theme.held_back > 0) == (theme.theme_id in few)
    drawn = points.map_payload(run, settings)
    hidden = {i for i, t in enumerate(run.themes["theme_id"]) if t in few}
    assert all((text == "") == (t in hidden or t < 0) for t, text in zip(drawn["t"], drawn["text"], strict=True))


def test_a_planted_difference_between_segments_is_found_and_chance_is_not() -> None:
    rng = np.random.default_rng(0)
    n = 3000
    inside = rng.random(n) < 0.3
    rates = np.where(inside[:, None], [0.2, *[0.1] * 19], 0.1)
    flags = sparse.csr_matrix((rng.random((n, 20)) < rates).astype(float))
    here, there, _, p = lens.two_sided(flags, inside, np.arange(n))
    assert here[0] > there[0] and p[0] < 1e-6
    assert (p[1:] < 0.01).sum() <= 1


def test_one_loud_customer_is_no_difference() -> None:
    flags = np.zeros((400, 1))
    flags[:30] = 1.0
    inside = np.arange(400) < 200
    authors = np.arange(400)
    _, _, _, apart = lens.two_sided(sparse.csr_matrix(flags), inside, authors)
    authors[:30] = 0
    _, _, _, together = lens.two_sided(sparse.csr_matrix(flags), inside, authors)
    assert apart[0] < 0.001 < 0.05 < together[0]


def test_lenses_leave_out_ids_and_mark_only_sure_differences(run: RunData) -> None:
    wide = run.table("items").assign(attr_ticket=[f"id{i}" for i in range(len(run.table("items")))])
    found = lens.lenses(dataclasses.replace(run, found={**run.found, "items": wide}), SETTINGS)
    assert {x.column for x in found} == {"attr_region", "attr_segment"}
    for one in found:
        assert all(d.q <= 0.05 and not d.low < 0 < d.high for d in one.findings)
        assert sum(v.n_items for v in one.values) + one.n_unknown == len(run.mined)


def test_a_column_that_repeats_the_score_is_no_segment(run: RunData) -> None:
    items = run.table("items")
    band = items["score"].map(lambda s: None if pd.isna(s) else "low" if s <= 3 else "high").where(
        items["score_kind"] == "nps")
    found = dataclasses.replace(run, found={**run.found, "items": items.assign(attr_band=band)})
    assert lens.repeating(found, SETTINGS) == ["Band"]
    assert {x.column for x in lens.lenses(found, SETTINGS)} == {"attr_region", "attr_segment"}
    assert "Band" in {f["title"] for f in points.facets(found, SETTINGS)["fields"]}


def test_personas_show_what_the_tables_say(run: RunData) -> None:
    found = personas.personas(run, SETTINGS)
    table, traits = run.table("personas"), run.table("persona_traits")
    assert {p.persona_id for p in found.cards} == {"p1", "p2", "p3"} and "3 groups" in found.told
    assert [p.row["share"] for p in found.cards] == sorted(table["share"], reverse=True)
    for card in found.cards:
        own = traits[traits["persona_id"] == card.persona_id].set_index(["field", "value"])["share"]
        assert card.pains and all(p.here == own["theme", p.theme_id] for p in card.pains)
        assert all(share == own["touchpoint", place] for place, share in card.touchpoints)
        assert [s.value for s in card.segments] == ["wales"] and card.quote
        assert card.wants == [("request", 0.2)]
    few = personas.personas(run, ReportSettings(min_authors=100_000)).cards
    assert all(p.is_quote_held_back and not p.quote for p in few)


@pytest.mark.parametrize(("with_theme", "said"), [(30, "need at least 60"), (900, "made up")])
def test_where_there_are_no_personas_the_reason_is_told(run: RunData, with_theme: int, said: str) -> None:
    manifest = {**run.manifest, "counts": {"personas": {"with_theme": with_theme}}}
    bare = {**run.found, "personas": run.table("personas").head(0)}
    found = personas.personas(dataclasses.replace(run, manifest=manifest, found=bare), SETTINGS)
    assert not found.cards and said in found.told


def test_moving_parts_of_themes_are_told(run: RunData) -> None:
    found = trends.movers(run)
    table = run.table("themes").set_index("theme_id")
    moving = table[(table["level"] == 1) & table["status"].isin(["growing", "fading"])]
    assert sorted(m.name for m in found) == sorted(moving["name"])
    assert [m.status for m in found] == sorted((m.status for m in found), key=["growing", "fading"].index)


def test_the_client_can_count_every_theme_from_its_items(run: RunData) -> None:
    found = points.facets(run, SETTINGS)
    assert [len(s) for s in found["themes"]] == [
        run.mentions.loc[run.mentions["theme_id"] == t, "item_id"].nunique() for t in run.themes["theme_id"]]
    source = found["fields"][0]
    counts = pd.Series(source["items"]).map(dict(enumerate(source["values"]))).value_counts()
    assert counts.to_dict() == run.mined["source"].value_counts().to_dict()
    ids = run.mined["item_id"].to_numpy()
    for theme, steps in zip(run.themes["theme_id"], found["themes"], strict=True):
        assert set(ids[np.cumsum(steps)]) == set(run.mentions.loc[run.mentions["theme_id"] == theme, "item_id"])


def test_the_map_keeps_what_the_table_says(run: RunData) -> None:
    drawn = points.map_payload(run, SETTINGS)
    assert drawn["n"] == len(drawn["x"]) == len(run.table("map_points"))
    assert min(drawn["x"]) == min(drawn["y"]) == 0 and max(drawn["x"] + drawn["y"]) == 4095
    assert sum(t < 0 for t in drawn["t"]) == int(run.mentions["theme_id"].isna().sum())


def test_certainty_says_what_the_tables_hold_and_no_address(run: RunData) -> None:
    manifest = {**run.manifest, "config": {"sources": [{"connection": "postgresql://u:secret@h/db"}], "cluster": {}}}
    found = sure.sureness(dataclasses.replace(run, manifest=manifest))
    assert "secret" not in found.config
    stage = next(x for x in found.labels if x.title == "Journey stage")
    assert stage.kept == pytest.approx((run.mentions["stage"] != "unclear").mean())
    assert sum(n for _, n in stage.bins) == len(run.mentions)


def test_an_unspecific_theme_is_nothing_to_fix_first(run):
    themes = run.themes.copy()
    themes.loc[0, "name_precision"] = 0.1
    assert overview.to_fix(themes)["theme_id"].tolist() == themes["theme_id"].tolist()[1:]
    assert overview.to_fix(themes.assign(name_precision=0.1))["theme_id"].tolist() == themes["theme_id"].tolist()
