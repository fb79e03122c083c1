"""Cleaned texts of earlier nights, found by a keyed hash of the raw text, so that each is cleaned once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from voicemine.stages.base import Earlier
from voicemine.stages.clean.identity import Hasher
from voicemine.stages.clean.item import CleanedText, clean_many
from voicemine.stages.clean.redact import Extra
from voicemine.stages.clean.settings import CleanSettings

_COLUMNS = ("text", "agent_text", "language", "language_confidence", "skip_reason", "detail", "steps")


def recall(texts: Iterable[str], earlier: Earlier | None, *, settings: CleanSettings, hasher: Hasher,
           extra: Extra | None = None) -> dict[str, CleanedText]:
    """Raw text -> cleaned, each distinct text once; what an earlier run has cleaned is taken from its memory."""
    distinct = list(dict.fromkeys(texts))
    memory = None if earlier is None else earlier.read("clean_memory")
    known: dict[str, CleanedText] = {}
    if memory is not None:
        values = zip(*(memory[c].tolist() for c in _COLUMNS), strict=True)
        by_digest = dict(zip(memory["digest"], values, strict=True))
        for text in distinct:
            found = by_digest.get(_digest(text, hasher))
            if found is not None:
                body, agent, language, confidence, reason, detail, steps = found
                known[text] = CleanedText(body, agent, language, float(confidence), _text(reason), _text(detail),
                                          tuple(steps))
    fresh = clean_many((t for t in distinct if t not in known), settings=settings, extra=extra)
    return {t: known[t] if t in known else fresh[t] for t in distinct}


def remembered(cleaned: Mapping[str, CleanedText], hasher: Hasher) -> pd.DataFrame:
    """The memory of a run, in the columns of table `clean_memory`, ordered by digest."""
    rows = sorted((_digest(raw, hasher), c) for raw, c in cleaned.items())
    frame = pd.DataFrame({"digest": [d for d, _ in rows]})
    for column in _COLUMNS:
        frame[column] = pd.Series([getattr(c, column) for _, c in rows], dtype=object)
    frame["steps"] = pd.Series([list(c.steps) for _, c in rows], dtype=object)
    return frame


def _digest(raw: str, hasher: Hasher) -> str:
    return hasher.digest(f"text:{raw}")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
