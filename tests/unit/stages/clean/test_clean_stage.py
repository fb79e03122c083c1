from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voicemine import tables
from voicemine.errors import InputError
from voicemine.numerics.placeholders import PLACEHOLDER
from voicemine.stages.clean import STAGE, CleanSettings, clean, explain

Rows = Callable[..., pd.DataFrame]
SETTINGS = CleanSettings()


def test_every_row_is_kept_or_refused_with_a_reason(rows: Rows, hasher: Any) -> None:
    raw = rows(["Good lamp, poor cable.", "", "   ", None, "n/a", "Good lamp, poor cable."],  # type: ignore[list-item]
               item_id=["a", "b", "c", "d", "e", "a"])
    result = clean(raw, settings=SETTINGS, hasher=hasher)
    assert len(result.items_clean) + len(result.clean_rejects) == len(raw)
    assert result.clean_rejects["reason"].tolist() == ["no_text", "no_text", "no_text", "repeated_row"]
    assert result.counts["rows_in"] == 6
    assert result.counts["rows_kept"] == len(result.items_clean) == 2


def test_tables_keep_their_contract(rows: Rows, hasher: Any) -> None:
    result = clean(rows(["Mail me at kim@mail.example, the lamp broke"]), settings=SETTINGS, hasher=hasher)
    assert set(STAGE.writes) <= set(vars(result))
    for name in ("items_clean", "redactions", "duplicates"):
        tables.to_arrow(name, getattr(result, name))
    tables.to_arrow("rejects", result.clean_rejects)


def test_nothing_in_gives_empty_tables(rows: Rows, hasher: Any) -> None:
    result = clean(rows([]), settings=SETTINGS, hasher=hasher)
    assert result.items_clean.empty
    assert result.counts["rows_in"] == 0


def test_redactions_point_at_placeholders(rows: Rows, hasher: Any) -> None:
    result = clean(rows(["My name is Sarah Whitfield, call (415) 555-2671"]), settings=SETTINGS, hasher=hasher)
    text = result.items_clean["text"][0]
    found = [(r.type, text[r.start:r.end]) for r in result.redactions.itertuples()]
    assert found == [("PERSON", "<PERSON_1>"), ("PHONE", "<PHONE>")]
    assert result.counts["redacted.PERSON"] == 1


@pytest.mark.parametrize(("text", "reason"), [
    ("n/a", "non_answer"), ("Der Service war wirklich sehr schlecht und viel zu teuer", "language"),
    ("Earn $5000 per week from home, click here https://x.example/a", "spam"), ("> only quoted\n> words", None),
    ("The lamp is broken", None), ("Nice", None),
    ("Hi Sam, we're sorry to hear that. Please DM us your order number so we can help.", "agent"),
])
def test_what_is_not_mined_says_why(rows: Rows, hasher: Any, text: str, reason: str | None) -> None:
    item = clean(rows([text]), settings=SETTINGS, hasher=hasher).items_clean.iloc[0]
    assert item["skip_reason"] == reason
    assert item["is_mined"] == (reason is None)


def test_agent_rows_are_kept_aside(rows: Rows, hasher: Any) -> None:
    raw = rows(["How may I help you today?", "My lamp broke"], speaker=["agent", "customer"])
    items = clean(raw, settings=SETTINGS, hasher=hasher).items_clean
    assert items["skip_reason"].tolist() == ["agent", None]


def test_other_languages_go_through_where_the_models_serve_them(rows: Rows, hasher: Any) -> None:
    text = "Der Service war wirklich sehr schlecht und viel zu teuer"
    items = clean(rows([text]), settings=CleanSettings(languages=("en", "de")), hasher=hasher).items_clean
    assert items["language"][0] == "de"
    assert items["is_mined"][0]


def test_spam_can_be_refused(rows: Rows, hasher: Any) -> None:
    text = "Earn $5000 per week from home, click here https://x.example/a"
    result = clean(rows([text]), settings=CleanSettings(spam="reject"), hasher=hasher)
    assert result.clean_rejects["reason"].tolist() == ["spam_advert"]


def test_the_earliest_item_represents_its_repeats(rows: Rows, hasher: Any) -> None:
    times = pd.to_datetime(["2026-03-03", "2026-03-01", "2026-03-02"], utc=True).tolist()
    result = clean(rows(["The lamp broke!", "the lamp broke", "The chair broke"], created_at=times), settings=SETTINGS,
                   hasher=hasher)
    assert result.items_clean["representative_id"].tolist() == ["i2", "i2", "i3"]
    assert result.duplicates[["item_id", "representative_id", "kind"]].values.tolist() == [["i1", "i2", "exact"]]


def test_ids_that_are_personal_are_hashed_and_not_longer(rows: Rows, hasher: Any) -> None:
    given_ids = ["kim@mail.example", "+44 7911 123456", "4111 1111 1111 1111", "ticket-77", "20150224113552"]
    ids = clean(rows(["The lamp broke"] * 5, item_id=given_ids), settings=SETTINGS,
                hasher=hasher).items_clean["item_id"].tolist()
    assert ids[3:] == given_ids[3:]
    assert not set(ids[:3]) & set(given_ids)
    assert all(len(new) <= len(old) for new, old in zip(ids, given_ids, strict=True))


def test_a_column_of_bare_phone_numbers_is_hashed(rows: Rows, hasher: Any) -> None:
    phones = ["4155552671", "2125550188", "6502530000"]
    ids = clean(rows(["a lamp", "b lamp", "c lamp"], item_id=phones), settings=SETTINGS,
                hasher=hasher).items_clean["item_id"]
    assert not set(ids) & set(phones)


def test_missing_ids_are_made_from_content(rows: Rows, hasher: Any) -> None:
    raw = rows(["The lamp broke", "The lamp broke"], item_id=[None, None])
    first = clean(raw, settings=SETTINGS, hasher=hasher).items_clean["item_id"].tolist()
    assert len(set(first)) == 2
    assert first == clean(raw, settings=SETTINGS, hasher=hasher).items_clean["item_id"].tolist()


def test_sources_that_share_ids_need_a_prefix(rows: Rows, hasher: Any) -> None:
    raw = rows(["The lamp broke", "The chair broke"], item_id=["1", "1"], source=["shop", "app"])
    with pytest.raises(InputError, match="id_prefix"):
        clean(raw, settings=SETTINGS, hasher=hasher)
    items = clean(raw, settings=CleanSettings(id_prefix=True), hasher=hasher).items_clean
    assert items["item_id"].tolist() == ["shop:1", "app:1"]


def test_authors_are_hashed_and_attributes_redacted(rows: Rows, hasher: Any) -> None:
    raw = rows(["The lamp broke"], author=["kim@mail.example"], attr_email=["kim@mail.example"],
               attr_name=["Kofi Mensah"],
               attr_region=["North"], attr_phone=["5552341234"])
    item = clean(raw, settings=SETTINGS, hasher=hasher).items_clean.iloc[0]
    assert item["author_id"] and "kim" not in item["author_id"]
    assert (item["attr_email"], item["attr_name"], item["attr_region"]) == ("<EMAIL>", "<PERSON_1>", "North")
    assert "5552341234" not in item["attr_phone"]


SECRETS = ["zora.quill@mail.example", "(415) 555-2671", "4111 1111 1111 1111", "536-90-4399", "203.0.113.77",
           "48 Hawthorne Street"]


def test_no_planted_value_is_anywhere_in_the_output(rows: Rows, hasher: Any) -> None:
    texts = [f"Please look at {s} because it failed" for s in SECRETS] + SECRETS + [f"Seen twice {s}" for s in SECRETS]
    raw = rows(texts, item_id=[*SECRETS, *(f"k{i}" for i in range(2 * len(SECRETS)))], author=SECRETS * 3,
               attr_note=SECRETS * 3,
               question=SECRETS * 3)
    raw.loc[raw.index[-1], "item_id"] = SECRETS[0]
    result = clean(raw, settings=SETTINGS, hasher=hasher)
    written = "".join(frame.to_csv() for frame in (
        result.items_clean, result.clean_rejects, result.redactions, result.duplicates)) + str(result.counts)
    assert [s for s in SECRETS if s in written] == []


def test_boilerplate_is_learnt_stripped_and_can_be_frozen(rows: Rows, hasher: Any) -> None:
    matters = ["lamp", "chair", "table", "sofa", "rug", "bed", "desk", "shelf"]
    footer = "This review was collected as part of a promotion."
    raw = rows([f"The {m} broke after a week. {footer}" for m in matters])
    chosen = CleanSettings(template_min_items=5)
    result = clean(raw, settings=chosen, hasher=hasher)
    assert result.items_clean["text"].tolist() == [f"The {m} broke after a week." for m in matters]
    later = clean(rows([f"The mirror broke. {footer}"]), settings=chosen, hasher=hasher, templates=result.templates)
    assert later.items_clean["text"].tolist() == ["The mirror broke."]


def test_two_processes_give_what_one_gives(rows: Rows, hasher: Any) -> None:
    raw = rows([f"Lamp number {i} broke on me, call (415) 555-{i:04d}" for i in range(5200)])
    one = clean(raw, settings=SETTINGS, hasher=hasher)
    two = clean(raw, settings=CleanSettings(processes=2), hasher=hasher)
    pd.testing.assert_frame_equal(one.items_clean, two.items_clean)


def test_explain_names_each_step(rows: Rows, hasher: Any) -> None:
    raw = "Dear Shop,\n\n<b>My name is Sarah Whitfield</b> and the lamp is brokeeeeen.\n\nKind regards,\nSarah"
    steps = {s.step: s for s in explain({"text": raw}, SETTINGS)}
    assert {"raw", "repair", "strip", "redact", "language", "verdict"} <= set(steps)
    assert "PERSON" in steps["redact"].reason
    assert steps["verdict"].reason == "mined"
    item = clean(rows([raw]), settings=SETTINGS, hasher=hasher).items_clean.iloc[0]
    assert steps["verdict"].text == item["text"]


_PIECES = st.sampled_from([
    "The lamp broke", "kim@mail.example", "<b>bold</b>", "\n", "\n\n", "> quoted", "On Monday Kim wrote:", "Thanks,",
    "Sarah Whitfield", "Dear Kim,",
    "n/a", "!!!!!!", "soooooo", "â€™", "&amp;", "Agent: hello", "Customer: hello", "@kim_77", "XXXX", "1234 5678",
    "-- ", "Sent from my phone", "\u200b",
    "<PERSON_1>", "my name is", "Kind regards", "From: a", "To: b", "Subject: c"])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(_PIECES, min_size=1, max_size=7), st.sampled_from([" ", "\n"]))
def test_cleaning_is_idempotent(rows: Rows, hasher: Any, pieces: list[str], joint: str) -> None:
    text = joint.join(pieces)
    once = clean(rows([text]), settings=SETTINGS, hasher=hasher).items_clean["text"].tolist()
    if once and once[0]:
        assert clean(rows(once), settings=SETTINGS, hasher=hasher).items_clean["text"].tolist() == once
        assert "@mail.example" not in once[0]
        assert not PLACEHOLDER.sub("", once[0]).count("<PERSON")
