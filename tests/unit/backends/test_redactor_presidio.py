from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from voicemine.backends.protocols import Redactor
from voicemine.backends.redactors.presidio import ENTITIES, PresidioRedactor, presidio_redactor
from voicemine.errors import ModelError
from voicemine.numerics.placeholders import TYPES
from voicemine.stages.clean import CleanSettings, redact


@dataclass
class Result:
    entity_type: str
    start: int
    end: int


class Scripted:
    """Stands for presidio's engine: finds one word and one city."""

    def analyze(self, text: str, language: str, *, entities: list[str], score_threshold: float) -> Sequence[Result]:
        assert language == "en"
        results = [Result("LOCATION", text.find("Oslo"), text.find("Oslo") + 4)] if "Oslo" in text else []
        at = text.find("Xolani")
        return [*results, Result("PERSON", at, at + 6)] if at >= 0 else results


def test_findings_come_as_placeholder_types() -> None:
    redactor = PresidioRedactor(Scripted(), identity="scripted")
    assert isinstance(redactor, Redactor)
    assert list(redactor.find("then Xolani left for Oslo")) == [("PERSON", 5, 11)]
    assert set(ENTITIES.values()) <= set(TYPES)


def test_the_rules_come_first_and_presidio_adds() -> None:
    redactor = PresidioRedactor(Scripted(), identity="scripted")
    text = "then Xolani left, write to a@b.example"
    assert redact(text, settings=CleanSettings(), extra=redactor.find) == "then <PERSON_1> left, write to <EMAIL>"


def test_without_presidio_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(ModelError, match="pip install presidio-analyzer"):
        presidio_redactor()
