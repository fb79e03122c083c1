from __future__ import annotations

import copy
from typing import Any

import pytest

from voicemine.gate import GateSettings, language_shift, refusals

LAST: dict[str, Any] = {
    "rows": {"items": 1000, "rejected": {"empty": 20}}, "languages": {"en": 950, "de": 50},
    "tables": {"redactions": 60}, "themes": {"count": 20, "mentions_in_themes": 500, "pain_mentions": 600},
    "config": {"cluster": {"scope": "pain"}}}


def changed(path: str, value: object) -> dict[str, Any]:
    now = copy.deepcopy(LAST)
    *way, last = path.split(".")
    place = now
    for step in way:
        place = place[step]
    place[last] = value
    return now


def test_a_usual_night_passes() -> None:
    now = changed("rows.items", 1020)
    assert refusals(now, LAST, settings=GateSettings()) == []
    assert refusals(now, None, settings=GateSettings()) == []


@pytest.mark.parametrize(("path", "value", "word"), [
    ("rows.items", 700, "items_fall"), ("rows.items", 6000, "items_growth"), ("rows.rejected", {"empty": 400},
                                                                              "rejected_share"),
    ("languages", {"en": 700, "fr": 300}, "language_shift"), ("tables.redactions", 600, "redaction_factor"),
    ("tables.redactions", 0, "redaction_factor"), ("themes.mentions_in_themes", 200, "theme_mass"),
    ("themes.count", 60, "theme_factor"), ("themes.count", 4, "theme_factor")])
def test_each_limit_refuses_and_names_itself(path: str, value: object, word: str) -> None:
    found = refusals(changed(path, value), LAST, settings=GateSettings())
    assert any(f"gate.{word}" in line for line in found)
    assert refusals(changed(path, value), LAST, settings=GateSettings(enabled=False)) == []


def test_other_settings_of_clustering_are_not_held_against_the_themes() -> None:
    now = changed("themes.count", 90)
    now["config"] = {"cluster": {"scope": "all"}}
    assert refusals(now, LAST, settings=GateSettings()) == []


def test_few_items_are_compared_by_number_only() -> None:
    small, last = changed("languages", {"fr": 50}), changed("rows.items", 55)
    small["rows"]["items"] = 50
    assert refusals(small, last, settings=GateSettings()) == []
    small["rows"]["items"] = 20
    assert len(refusals(small, last, settings=GateSettings())) == 1


def test_language_shift_is_a_share() -> None:
    assert language_shift({"en": 1}, {"de": 9}) == 1
    assert language_shift({"en": 10, "de": 10}, {"en": 5, "de": 5}) == 0
