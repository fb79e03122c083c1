from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from voicemine.errors import InputError
from voicemine.training.behaviour import run_cases, summary
from voicemine.training.data import read_rows

CASES = [
    {"id": "1", "kind": "minimum", "capability": "plain", "text": "good", "expect": ["positive"]},
    {"id": "2", "kind": "invariance", "capability": "case", "text": "good", "changed": "GOOD"},
    {"id": "3", "kind": "direction", "capability": "more", "text": "good", "changed": "good good", "score": "up"},
    {"id": "4", "kind": "minimum", "capability": "plain", "text": "bad", "expect": ["positive"]},
]


def counting(texts: Sequence[str]) -> pd.DataFrame:
    """Each `good` adds, each `bad` takes away."""
    score = [(t.lower().count("good") - t.lower().count("bad")) * 0.3 for t in texts]
    return pd.DataFrame({"sentiment": ["positive" if s > 0 else "negative" for s in score], "sentiment_score": score})


def test_cases_are_judged_by_their_kind() -> None:
    verdicts = run_cases(CASES, counting)
    assert [v.passed for v in verdicts] == [True, True, True, False]
    assert "| all | | 3 | 4 |" in summary(verdicts) and "4 (plain): bad → negative" in summary(verdicts)


def test_malformed_cases_are_refused() -> None:
    with pytest.raises(InputError):
        run_cases([{"id": "x", "kind": "direction", "capability": "c", "text": "good"}], counting)
    with pytest.raises(InputError):
        run_cases([{"id": "x", "kind": "odd", "capability": "c", "text": "a", "changed": "b"}], counting)


def test_the_shipped_set_is_large_and_well_formed() -> None:
    cases = read_rows(Path(__file__).resolve().parents[3] / "data" / "behaviour" / "sentiment.jsonl")
    assert len(cases) >= 300 and len({c["id"] for c in cases}) == len(cases)
    kinds = Counter(c["kind"] for c in cases)
    assert set(kinds) == {"minimum", "invariance", "direction"} and min(kinds.values()) >= 40
    assert all(("expect" in c) == (c["kind"] == "minimum") for c in cases)
    assert all(c["score"] in ("up", "down") for c in cases if c["kind"] == "direction")
