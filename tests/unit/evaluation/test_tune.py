"""Tuning: the space is checked, the search climbs, a failed trial is told, objectives read the tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from voicemine.errors import ConfigError, InputError
from voicemine.evaluation.tune import Axis, Space, Trial, best_first, objective_of, read_space, search

optuna = pytest.importorskip("optuna")


def space(**changes) -> Space:
    keys = {"cluster.neighbours": Axis(low=5, high=50), "cluster.merge_above": Axis(low=0.5, high=1.0),
            "cluster.scope": Axis(choices=("pain", "all"))}
    return Space(**{"keys": keys, "trials": 40, **changes})


def hill(params: Mapping[str, object]) -> float:
    if not params:
        return 0.0
    return (float(params["cluster.scope"] == "all") - abs(params["cluster.neighbours"] - 30) / 45
            - abs(params["cluster.merge_above"] - 0.8))


def test_the_search_climbs_and_starts_from_what_was_given() -> None:
    trials = search(space(), hill)
    assert trials[0].params == {}
    best = best_first(trials)[0]
    assert best.value == max(t.value for t in trials)
    assert best.value > 0.8
    assert best.params["cluster.scope"] == "all"
    assert all(5 <= t.params["cluster.neighbours"] <= 50 for t in trials[1:])
    assert search(space(), hill) == trials


def test_a_failed_trial_is_told_and_the_search_goes_on() -> None:
    def score(params: Mapping[str, object]) -> float:
        if params.get("cluster.scope") == "all":
            raise InputError("nothing to mine")
        return 1.0

    told: list[Trial] = []
    trials = search(space(trials=12), score, told=told.append)
    assert len(trials) == len(told) == 12
    failed = [t for t in trials if t.value is None]
    assert failed
    assert all(t.fault == "nothing to mine" for t in failed)
    assert best_first(trials)[-1].value is None


@pytest.mark.parametrize(("text", "words"), [
    ("keys: {}", "keys"), ("keys: {a.b: {low: 3, high: 2}}", "low < high"), ("keys: {a.b: {}}", "either choices"),
    ("objective: beauty\nkeys: {a.b: {choices: [1]}}", "unknown objective 'beauty'"),
    ("objective: themes.ami\nkeys: {a.b: {choices: [1]}}", "set gold"), ("{", "cannot read"), ("kees: 1", "kees"),
])
def test_a_wrong_space_is_told(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "space.yaml").write_text(text)
    with pytest.raises(ConfigError, match=words):
        read_space(tmp_path / "space.yaml")


TABLES = {
    "items": pd.DataFrame({"item_id": ["1", "2", "3", "4"], "theme_id": ["a", "a", "b", None],
                           "sentiment": ["negative", "positive", "negative", "negative"]}),
    "mentions": pd.DataFrame({"theme_id": ["a", "a", "b", None, None], "is_pain": [True, True, True, True, False]}),
    "themes": pd.DataFrame({"level": [0, 0, 1], "n_mentions": [2, 1, 1], "stability": [0.9, 0.6, 0.0],
                            "name_precision": [0.6, 0.3, 0.0], "kind": "pain"}),
}


@pytest.mark.parametrize(("objective", "value"), [
    ("coverage", 0.75), ("stability", 0.8), ("name_precision", 0.5), ("quality", 0.3),
])
def test_objectives_without_labels(objective: str, value: float) -> None:
    judge = objective_of(space(objective=objective), base=Path())
    assert judge(TABLES.__getitem__) == pytest.approx(value)


@pytest.mark.parametrize(("objective", "value"), [("labels.sentiment.accuracy", 0.75), ("themes.ari", 1.0)])
def test_objectives_with_labels(tmp_path: Path, objective: str, value: float) -> None:
    rows = [{"id": str(i), "sentiment": "negative", "theme": t} for i, t in enumerate("xxyz", 1)]
    (tmp_path / "gold.jsonl").write_text("\n".join(map(json.dumps, rows)))
    judge = objective_of(space(objective=objective, gold="gold.jsonl"), base=tmp_path)
    assert judge(TABLES.__getitem__) == pytest.approx(value)


def test_a_gold_file_without_the_column_is_told(tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text('{"id": "1", "sentiment": "negative"}')
    with pytest.raises(InputError, match="no column 'theme'"):
        objective_of(space(objective="themes.ami", gold="gold.jsonl"), base=tmp_path)
