"""Microsoft Presidio (MIT licence) as an optional finder of personal data, chiefly of names that no list holds."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from typing import Any, Protocol

from voicemine.errors import ModelError

#: Presidio's entity -> type of placeholder. Places and dates are no personal data by themselves and stay.
ENTITIES: dict[str, str] = {
    "PERSON": "PERSON", "EMAIL_ADDRESS": "EMAIL", "PHONE_NUMBER": "PHONE", "CREDIT_CARD": "CARD", "IBAN_CODE": "IBAN",
    "IP_ADDRESS": "IP", "MAC_ADDRESS": "MAC", "URL": "URL", "US_SSN": "NATIONAL_ID", "US_ITIN": "NATIONAL_ID",
    "US_PASSPORT": "NATIONAL_ID", "UK_NHS": "NATIONAL_ID", "UK_NINO": "NATIONAL_ID", "ES_NIF": "NATIONAL_ID",
    "ES_NIE": "NATIONAL_ID", "IT_FISCAL_CODE": "NATIONAL_ID", "PL_PESEL": "NATIONAL_ID", "IN_AADHAAR": "NATIONAL_ID",
    "IN_PAN": "NATIONAL_ID", "AU_TFN": "NATIONAL_ID", "US_BANK_NUMBER": "ACCOUNT", "US_DRIVER_LICENSE": "NATIONAL_ID",
}


class Analyzer(Protocol):
    """The one method of presidio's AnalyzerEngine that is used."""

    def analyze(self, text: str, language: str, *, entities: list[str], score_threshold: float) -> Sequence[Any]:
        """Results with entity_type, start and end."""


class PresidioRedactor:
    """Personal data as presidio sees it, from a given confidence on."""

    def __init__(self, analyzer: Analyzer, *, identity: str, entities: Sequence[str] = tuple(ENTITIES),
                 threshold: float = 0.6) -> None:
        self._analyzer = analyzer
        self._entities = list(entities)
        self._threshold = threshold
        self._identity = identity

    @property
    def identity(self) -> str:
        """Version of presidio, the language model and the bar."""
        return f"{self._identity}:{self._threshold:g}"

    def find(self, text: str) -> Sequence[tuple[str, int, int]]:
        """(type of placeholder, start, end) of each finding, from left to right."""
        found = self._analyzer.analyze(text, "en", entities=self._entities, score_threshold=self._threshold)
        known = [(ENTITIES[f.entity_type], int(f.start), int(f.end)) for f in found if f.entity_type in ENTITIES]
        return sorted(known, key=lambda f: (f[1], -f[2], f[0]))


def presidio_redactor(model: str = "en_core_web_lg") -> PresidioRedactor:
    """Presidio over the installed spaCy model `model`. Raises ModelError where either is not installed.

    Nothing is downloaded: presidio would fetch a missing model, so its presence is checked first.
    """
    try:
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import NlpEngineProvider
    except ImportError as fault:
        raise ModelError("clean.redactor asks for presidio, which is not installed; "
                         "pip install presidio-analyzer, or set clean.redactor=rules") from fault
    import spacy.util

    if not spacy.util.is_package(model):
        raise ModelError(f"presidio needs the spaCy model '{model}', which is not installed; install it, or set "
                         "clean.redactor=rules")
    engine = NlpEngineProvider(nlp_configuration={
        "nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}).create_engine()
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    offered = set(analyzer.get_supported_entities("en"))
    identity = f"presidio-{metadata.version('presidio-analyzer')}:{model}-{metadata.version(model)}"
    return PresidioRedactor(analyzer, identity=identity, entities=[e for e in ENTITIES if e in offered])
