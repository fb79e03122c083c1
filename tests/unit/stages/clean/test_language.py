from __future__ import annotations

import json
from pathlib import Path

import pytest

from voicemine.stages.clean.language import identify


@pytest.mark.parametrize(("text", "code"), [
    ("The driver was late and nobody told us", "en"), ("app is good but driver is not come", "en"),
    ("muita demora para achar uma corrida", "pt"), ("Muy mala aplicación, no sirve para nada", "es"),
    ("C'est vraiment nul, je ne recommande pas", "fr"), ("Der Service ist sehr schlecht", "de"),
    ("De bezorging was veel te laat en niemand nam op", "nl"), ("Servizio pessimo, non lo consiglio a nessuno", "it"),
    ("この商品はとても良いです", "ja"), ("Очень плохое обслуживание", "ru"), ("배송이 너무 늦어요", "ko"),
])
def test_languages_are_told_apart(text: str, code: str) -> None:
    found = identify(text, floor=0.7)
    assert found.code == code
    assert 0.7 <= found.confidence <= 1.0


@pytest.mark.parametrize("text", ["ok", "Good", "super app", "", "123", "!!!", "Docker", "xyzzy foo",
                                  "<PERSON_1> <EMAIL>"])
def test_short_texts_are_undetermined_and_never_english(text: str) -> None:
    assert identify(text, floor=0.7).code == "und"


def test_the_floor_decides() -> None:
    assert identify("great service thanks", floor=0.99).code == "und"


def test_the_test_set_is_read_right_and_hardly_ever_wrong() -> None:
    path = Path(__file__).parents[4] / "data/language/items.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found = [(row["lang"], identify(row["text"], floor=0.7).code) for row in rows]
    told = [(gold, code) for gold, code in found if gold != "und"]
    assert sum(gold == code for gold, code in told) >= 0.9 * len(told)
    assert sum(code not in (gold, "und") for gold, code in told) <= 0.01 * len(told)
    assert all(code == "und" for gold, code in found if gold == "und")


@pytest.mark.parametrize(("text", "is_strange"), [
    ("maza aa geya ye phele naloon vi vadia aa", True), ("super app", False),
    ("the kettle leaks and nobody cares", False), ("ordered SKU KX-2290B got KX-2209D, pls fix", False),
])
def test_long_texts_without_english_words_are_strange(text: str, is_strange: bool) -> None:
    assert identify(text, floor=0.7).is_strange is is_strange
