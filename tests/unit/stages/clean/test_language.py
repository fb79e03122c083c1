from __future__ import annotations

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
