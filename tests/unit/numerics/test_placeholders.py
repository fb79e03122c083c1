from __future__ import annotations

import pytest

from voicemine.numerics.placeholders import TYPES, for_model, placeholders


def test_spans_and_types() -> None:
    text = "<EMAIL> met <PERSON_12> not <EMAILS> or <person_1>"
    found = [(p.type, text[p.start:p.end]) for p in placeholders(text)]
    assert found == [("EMAIL", "<EMAIL>"), ("PERSON", "<PERSON_12>")]


def test_models_do_not_see_numbers() -> None:
    assert for_model("Ask <PERSON_1> at <EMAIL_2>") == for_model("Ask <PERSON_7> at <EMAIL>")
    assert not any(f"<{t}" in for_model(f"see <{t}> now") for t in TYPES)


@pytest.mark.parametrize(("text", "read"), [
    ("<HANDLE> <HANDLE_2> my bag is lost", "my bag is lost"), ("my bag is lost <HANDLE>", "my bag is lost"),
    ("late again 😡", "late again enraged face"), ("nothing to do here", "nothing to do here"),
])
def test_reading(text: str, read: str) -> None:
    assert for_model(text) == read


def test_a_lone_handle_stays_a_text() -> None:
    assert for_model("<HANDLE>")
