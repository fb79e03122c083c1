"""Columns are found by name and content, each with a reason; settings win."""

from __future__ import annotations

import json
from typing import Any

import pytest
from invented_feedback import TEXTS, as_csv, rows

from voicemine.errors import InputError


def roles(got: Any) -> dict[str, str]:
    return {c.role: c.column for c in got.reports[0].columns}


def test_every_choice_has_a_reason_and_a_confidence(read: Any) -> None:
    got = read("a.csv", as_csv(rows(30)))
    assert roles(got) == {"text": "text", "id": "id", "time": "date", "score": "rating"}
    assert all(c.reason and 0 < c.confidence <= 1 for c in got.reports[0].columns)
    printed = "\n".join(got.reports[0].lines())
    assert "text: text (" in printed and "stars5, 1 to 5" in printed and "30 rows in, 30 kept" in printed


@pytest.mark.parametrize("name", [
    "Review Text", "comment", "Consumer complaint narrative", "CONTENT", "response", "verbatim", "reviewBody",
    "Kommentar", "What is the main reason for your score?", "q7_open"])
def test_text_column_by_name(read: Any, name: str) -> None:
    records = [{"ref": i, name: r["text"], "reply": "Thank you for your kind words, we will get back to you soon.",
                "label": "late parcel"} for i, r in enumerate(rows(20))]
    assert roles(read("t.csv", as_csv(records)))["text"] == name


def test_labels_and_replies_are_never_the_text(read: Any) -> None:
    records = [{"id": i, "sentiment_label": f"this was judged as negative by reader {i} after a long talk",
                "company_response": f"We are sorry to hear that, case {i} is now with our team for review.",
                "x": r["text"]} for i, r in enumerate(rows(20))]
    assert roles(read("l.csv", as_csv(records)))["text"] == "x"


def test_no_text_column_names_the_candidates(read: Any) -> None:
    with pytest.raises(InputError, match=r"--text-column.*'code'"):
        read("n.csv", "id,code\n1,AB12\n2,CD34\n")


def test_missing_named_column_names_the_nearest(read: Any) -> None:
    with pytest.raises(InputError, match=r"no column 'txet' \(text_columns\); the nearest is 'text'"):
        read("a.csv", as_csv(rows(3)), text_columns=("txet",))
    assert roles(read("a.csv", as_csv(rows(3)), text_columns=("TEXT",)))["text"] == "text"


def test_empty_string_means_no_such_column(read: Any) -> None:
    got = read("a.csv", as_csv(rows(5)), id_column="", score_column="", time_column="")
    assert roles(got) == {"text": "text", "attributes": "rating"}
    assert got.raw["created_at"].isna().all() and got.raw["score"].isna().all()
    assert got.raw["item_id"].str.fullmatch("[0-9a-f]{16}").all()


def test_open_questions_become_items_of_their_own(read: Any) -> None:
    records = [{"respondent_id": f"p{i}", "NPS": i % 11, "What did you like?": TEXTS[i % 8] + f" {i}",
                "What could we do better?": "" if i % 3 == 0 else TEXTS[(i + 3) % 8] + f" {i}"} for i in range(20)]
    got = read("survey.csv", as_csv(records))
    assert roles(got)["text"] == "What did you like? + What could we do better?"
    assert got.reports[0].rows_kept == 20 and got.reports[0].n_items == len(got.raw) == 20 + 13
    second = got.raw[got.raw["source_row"] == 2]
    assert list(second["item_id"]) == ["p1:what_did_you_like", "p1:what_could_we_do_better"]
    assert list(second["question"]) == ["What did you like?", "What could we do better?"]
    assert set(second["author"]) == {"p1"} and set(got.raw["channel"]) == {"survey"}
    assert set(got.raw["score_kind"]) == {"nps"}
    assert all(got.raw[c].dtype == object for c in ("item_id", "author", "question", "text", "speaker"))


def test_long_column_names_are_cut_and_stay_apart(read: Any) -> None:
    stem = "Please tell us in your own words what you"
    records = [{"id": i, f"{stem} liked": r["text"], f"{stem} missed": r["text"][::-1]} for i, r in enumerate(rows(4))]
    got = read("w.csv", as_csv(records), text_columns=(f"{stem} liked", f"{stem} missed"))
    assert got.raw["item_id"].is_unique
    assert {i.split(":")[1] for i in got.raw["item_id"]} == {"please_tell_us_in_your_own_words",
                                                            "please_tell_us_in_your_own_words_2"}


def test_long_format_survey(read: Any) -> None:
    records = [{"respondent": i // 2, "question": ["likes", "dislikes"][i % 2], "response": r["text"],
                "role": f"analyst of kind {i}"} for i, r in enumerate(rows(40))]
    got = read("long.csv", as_csv(records))
    assert roles(got) == {"text": "response", "author": "respondent", "question": "question"}
    assert list(got.raw["question"][:2]) == ["likes", "dislikes"]


def test_title_stands_in_front(read: Any) -> None:
    records = [{"Title": f"Short title {i}" if i else "", "Review": r["text"]} for i, r in enumerate(rows(20))]
    got = read("t.csv", as_csv(records))
    assert got.raw["text"][1] == f"Short title 1.\n{records[1]['Review']}"
    assert got.raw["text"][0] == records[0]["Review"]
    assert read("t.csv", as_csv(records), title_column="").raw["text"][1] == records[1]["Review"]


@pytest.mark.parametrize(("column", "customer", "agent"), [
    ("inbound", "True", "False"), ("speaker", "customer", "agent"), ("direction", "incoming", "outgoing"),
    ("is_agent", "0", "1"), ("sender_role", "user", "bot")])
def test_agent_turns_are_marked(read: Any, column: str, customer: str, agent: str) -> None:
    records = [{"id": i, "text": r["text"], column: customer if i % 3 else agent} for i, r in enumerate(rows(12))]
    got = read("talk.jsonl", "\n".join(map(json.dumps, records)))
    assert list(got.raw["speaker"][:3]) == ["agent", "customer", "customer"]


def test_filter_keeps_what_meets_it_and_refuses_the_rest(read: Any) -> None:
    records = [{"id": i, "text": r["text"], "inbound": i % 2 == 0} for i, r in enumerate(rows(10))]
    got = read("f.csv", as_csv(records), filter=("inbound==true",))
    assert len(got.raw) == 5 and got.reports[0].rows_rejected == {"filtered": 5}
    got = read("f.csv", as_csv(records), filter=("Inbound!=True", "id!=1"))
    assert list(got.raw["item_id"]) == ["3", "5", "7", "9"]


def test_attributes_have_few_values_and_name_nobody(read: Any) -> None:
    records = [{"text": r["text"], "region": "north" if i % 2 else "south", "email": "a@example.org",
                "first name": "Ann", "serial": f"x{i}", "Department Name": "Shoes", "age": 20 + i}
               for i, r in enumerate(rows(60))]
    got = read("a.csv", as_csv(records))
    assert [c for c in got.raw.columns if c.startswith("attr_")] == ["attr_region", "attr_department_name"]
    assert "attr_serial" in read("a.csv", as_csv(records), attribute_columns=("serial",)).raw.columns


def test_channel_from_column_or_kind(read: Any) -> None:
    records = [{"text": r["text"], "Submitted via": ["Web", "Phone"][i % 2]} for i, r in enumerate(rows(8))]
    assert list(read("c.csv", as_csv(records)).raw["channel"][:2]) == ["Web", "Phone"]
    tickets = [{"ticket_id": i, "body": r["text"]} for i, r in enumerate(rows(8))]
    assert set(read("t.csv", as_csv(tickets)).raw["channel"]) == {"ticket"}
    assert set(read("r.csv", as_csv(rows(8))).raw["channel"]) == {"review"}
    assert set(read("r.csv", as_csv(rows(8)), channel="kiosk").raw["channel"]) == {"kiosk"}


def test_resolved_settings_lock_the_reading(read: Any) -> None:
    first = read("a.csv", as_csv(rows(30)))
    locked = first.reports[0].resolved
    again = read("a.csv", as_csv(rows(30)), **locked.model_dump(exclude={"path"}))
    assert again.fingerprint == first.fingerprint and again.raw.equals(first.raw)
    renamed = [{("comment" if k == "text" else k): v for k, v in r.items()} for r in rows(30)]
    with pytest.raises(InputError, match="no column 'text'"):
        read("a.csv", as_csv(renamed), **locked.model_dump(exclude={"path"}))
    turned = [r | {"date": "25/03/2025"} for r in rows(30)]
    with pytest.raises(InputError, match="date order ymd was set"):
        read("a.csv", as_csv(turned), **locked.model_dump(exclude={"path"}))
    accents = "".join(f"x{i},café très cher et le personnel désagréable {i}\n" for i in range(9))
    with pytest.raises(InputError, match="encoding utf-8 was set"):
        read("a.csv", b"id,text\n" + accents.encode("cp1252"), encoding="utf-8")
