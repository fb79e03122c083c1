"""Search over configurations: what may vary, what is wanted, and which trial gave most of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from pydantic import Field, ValidationError, model_validator
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from voicemine.errors import ConfigError, InputError, UsageError
from voicemine.evaluation.labels import evaluate_labels, read_gold
from voicemine.settings import Settings

Value = str | int | float | bool | None
Tables = Callable[[str], pd.DataFrame]
_LABEL_METRICS = ("accuracy", "lenient", "macro_f1")
_THEME_METRICS = {"ami": adjusted_mutual_info_score, "ari": adjusted_rand_score}
_FREE = ("coverage", "stability", "name_precision", "quality")


class Axis(Settings):
    """What one key may be: one of `choices`, or a number from `low` to `high`."""

    choices: tuple[Value, ...] = ()
    """Values to choose from."""
    low: int | float | None = None
    """Least value; two whole numbers give whole numbers."""
    high: int | float | None = None
    """Greatest value."""
    log: bool = False
    """Search evenly in the logarithm."""

    @model_validator(mode="after")
    def _one_kind(self) -> Axis:
        ranged = self.low is not None and self.high is not None
        if bool(self.choices) == ranged or (ranged and not float(self.low or 0) < float(self.high or 0)):
            raise ValueError("give either choices, or low and high with low < high")
        return self


class Space(Settings):
    """A search: which keys vary, how often to try, and what is to be as high as can be."""

    objective: str = "quality"
    """`coverage`, `stability`, `name_precision` (means over mentions in themes), `quality` (the three multiplied),
    `themes.ami`, `themes.ari` (against `gold_column`), or `labels.<set>.<accuracy|lenient|macro_f1>` (against gold)."""
    gold: str | None = None
    """Labelled items, where the objective needs them; relative to this file."""
    gold_column: str = "theme"
    """Column of the gold file with the true theme."""
    trials: int = Field(default=20, ge=1)
    """Configurations to try; the first is the one given, unchanged."""
    seed: int = Field(default=0, ge=0)
    """Seed of the search."""
    keys: dict[str, Axis] = Field(min_length=1)
    """Dotted keys of the configuration, and what each may be."""

    @model_validator(mode="after")
    def _known_objective(self) -> Space:
        parts = self.objective.split(".")
        known = (self.objective in _FREE
                 or (len(parts) == 2 and parts[0] == "themes" and parts[1] in _THEME_METRICS)
                 or (len(parts) == 3 and parts[0] == "labels" and parts[2] in _LABEL_METRICS))
        if not known:
            raise ValueError(f"unknown objective '{self.objective}'; one of {', '.join(_FREE)}, themes.ami, "
                             "themes.ari, labels.<set>.<accuracy|lenient|macro_f1>")
        if self.objective not in _FREE and self.gold is None:
            raise ValueError(f"the objective '{self.objective}' needs labelled items: set gold")
        return self


@dataclass(frozen=True)
class Trial:
    """One configuration tried. `value` is None where the run failed, and `fault` says why."""

    number: int
    params: Mapping[str, Value]
    value: float | None
    fault: str = ""


def read_space(path: Path) -> Space:
    """The search in a YAML file. Raises ConfigError with every fault found."""
    try:
        return Space.model_validate_json(json.dumps(yaml.safe_load(path.read_text("utf-8"))))
    except (OSError, yaml.YAMLError, TypeError) as fault:
        raise ConfigError([f"cannot read the search space {path}: {fault}"]) from fault
    except ValidationError as fault:
        raise ConfigError([f"{path}: {'.'.join(map(str, e['loc'])) or 'space'}: {e['msg']}"
                           for e in fault.errors()]) from fault


def objective_of(space: Space, *, base: Path) -> Callable[[Tables], float]:
    """How a run's tables are judged. Raises InputError where the gold file cannot be used."""
    if space.objective in _FREE:
        return lambda read: _free(space.objective, read)
    gold = read_gold(base / str(space.gold))
    kind, *rest = space.objective.split(".")
    if kind == "labels":
        return lambda read: _label(read("items"), gold, *rest)
    if space.gold_column not in gold.columns:
        raise InputError(f"{space.gold}: no column '{space.gold_column}'; set gold_column to the true theme's")
    return lambda read: _themes(read("items"), gold, space.gold_column, rest[0])


def _free(name: str, read: Tables) -> float:
    mentions, themes = read("mentions"), read("themes")
    asked = mentions if (themes["kind"] == "all").any() else mentions[mentions["is_pain"]]
    coverage = float(asked["theme_id"].notna().mean()) if len(asked) else 0.0
    shown = themes[themes["level"] == 0]
    mass = shown["n_mentions"].sum()
    means = {c: float((shown[c] * shown["n_mentions"]).sum() / mass) if mass else 0.0
             for c in ("stability", "name_precision")}
    found = {"coverage": coverage, **means, "quality": coverage * means["stability"] * means["name_precision"]}
    return found[name]


def _label(items: pd.DataFrame, gold: pd.DataFrame, label_set: str, metric: str) -> float:
    for score in evaluate_labels(items, gold):
        if score.name in (label_set, f"is_{label_set}"):
            return float(getattr(score, metric))
    raise InputError(f"the labelled items have no labels of '{label_set}'")


def _themes(items: pd.DataFrame, gold: pd.DataFrame, column: str, metric: str) -> float:
    found = gold.merge(items[["item_id", "theme_id"]], on="item_id", how="left")
    return float(_THEME_METRICS[metric](found[column].astype(str), found["theme_id"].fillna("none").astype(str)))


def search(space: Space, score: Callable[[Mapping[str, Value]], float], *,
           told: Callable[[Trial], None] = lambda trial: None) -> list[Trial]:
    """Try configurations: first the given one, then what a tree-structured Parzen estimator proposes (Bergstra et al.,
    2011; Optuna). `score` gives a configuration's value or raises InputError, ConfigError or UsageError, which counts
    as a failed trial. Raises UsageError where Optuna is not installed.
    """
    try:
        import optuna
    except ImportError as fault:
        raise UsageError("`tune` needs Optuna; pip install 'voicemine[tune]'") from fault
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=space.seed))
    trials: list[Trial] = []
    for number in range(space.trials):
        asked = study.ask() if number else None
        params = {} if asked is None else {key: _suggest(asked, key, axis) for key, axis in space.keys.items()}
        try:
            trial = Trial(number, params, score(params))
        except (InputError, ConfigError, UsageError) as fault:
            trial = Trial(number, params, None, str(fault))
        if asked is not None:
            state = optuna.trial.TrialState.FAIL if trial.value is None else optuna.trial.TrialState.COMPLETE
            study.tell(asked, trial.value, state=state)
        trials.append(trial)
        told(trial)
    return trials


def _suggest(trial: Any, key: str, axis: Axis) -> Value:
    if axis.choices:
        found: Value = trial.suggest_categorical(key, list(axis.choices))
    elif isinstance(axis.low, int) and isinstance(axis.high, int):
        found = trial.suggest_int(key, axis.low, axis.high, log=axis.log)
    else:
        found = trial.suggest_float(key, float(axis.low or 0), float(axis.high or 0), log=axis.log)
    return found


def best_first(trials: Sequence[Trial]) -> list[Trial]:
    """Trials by falling value, failed ones last."""
    return sorted(trials, key=lambda t: (t.value is None, -(t.value or 0.0), t.number))
