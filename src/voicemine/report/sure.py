"""How sure are we: coverage, abstention, expected accuracy, and what the run was made from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from voicemine.numerics.intervals import share_interval
from voicemine.report import words
from voicemine.report.data import RunData

_LABELS = (("stage", "Journey stage", ("unclear",)), ("touchpoint", "Touchpoint", ("unclear",)),
           ("sentiment", "Sentiment", ()), ("emotion", "Emotion", ()), ("intent", "Intent", ()))
# What could tell where the data came from stays out of a file that is passed on.
_NOT_SHOWN = ("sources", "privacy")


@dataclass(frozen=True)
class LabelSet:
    """How sure one set of labels is. kept: share of statements labelled; expected: share of those held right."""

    title: str
    kept: float
    expected: float
    bins: list[tuple[str, int]]


@dataclass(frozen=True)
class Sureness:
    """Section 7 of the report."""

    coverage: list[str]
    labels: list[LabelSet]
    languages: list[tuple[str, int]]
    redactions: list[tuple[str, int]]
    warnings: list[str]
    rows: list[tuple[str, str]]
    models: list[tuple[str, str]]
    versions: list[tuple[str, str]]
    costs: list[tuple[str, str]]
    config: str


def sureness(run: RunData) -> Sureness:
    """All of it from the tables and run.json."""
    items, manifest = run.table("items"), run.manifest
    rows = manifest.get("rows", {})
    return Sureness(
        coverage=_coverage(run), labels=[_label_set(run, *spec) for spec in _LABELS] if len(run.mentions) else [],
        languages=[(words.language(str(k)), int(n)) for k, n in items["language"].value_counts().items()],
        redactions=[(words.label(k), int(n)) for k, n in run.table("redactions")["type"].value_counts().items()],
        warnings=[words.clean(w, 300) for w in manifest.get("warnings", ())],
        rows=[("Rows read", words.count(rows.get("in", 0))), ("Items kept", words.count(len(items))),
              ("Items mined", words.count(len(run.mined))), ("Rows refused", words.count(len(run.table("rejects"))))],
        models=_pairs(manifest.get("models", {})), versions=_pairs(manifest.get("versions", {})),
        costs=[(words.label(k), "as before, not computed again" if v.get("reused") else f"{v['seconds']:.1f} s, "
                f"{v['peak_mib']:.0f} MiB at most") for k, v in manifest.get("stages", {}).items()],
        config=json.dumps({k: v for k, v in manifest.get("config", {}).items() if k not in _NOT_SHOWN}, indent=1,
                          ensure_ascii=False))


def _pairs(mapping: dict[str, Any]) -> list[tuple[str, str]]:
    return [(str(k), words.clean(v, 160)) for k, v in mapping.items()]


def _coverage(run: RunData) -> list[str]:
    mentions, themes = run.mentions, run.themes
    lines = []
    wanted = mentions if run.manifest.get("config", {}).get("cluster", {}).get("scope") == "all" else (
        mentions[mentions["is_pain"]])
    what = "statements" if wanted is mentions else "statements of pain"
    if len(wanted):
        share, low, high = share_interval(wanted["theme_id"].notna(), run.author_codes(wanted))
        lines.append(f"{words.percent(share)} of the {what} ({words.percent_span(low, high)}) belong to a theme. "
                     "The rest says what too few others say, and is left out of the themes, not pressed into one.")
    placed = mentions[mentions["theme_id"].notna()]
    if len(placed):
        core = float((placed["theme_fit"] == "core").mean())
        lines.append(f"Of the statements in themes, {words.percent(core)} belong to the core of theirs; the others "
                     "lie near it. On average a statement falls into its theme in "
                     f"{words.percent(float(placed['theme_probability'].mean()))} of repeated clusterings.")
    if len(themes):
        stable = int(themes["is_stable"].sum())
        fits = float(np.average(themes["name_precision"], weights=themes["n_mentions"]))
        lines.append(f"{stable} of {words.plural(len(themes), 'theme')} reach the bar for stability. By estimate, a "
                     f"name fits {words.percent(fits)} of its theme's statements.")
    return lines


def _label_set(run: RunData, name: str, title: str, unsure: tuple[str, ...]) -> LabelSet:
    mentions = run.mentions
    kept = ~mentions[name].isin(unsure)
    sure = mentions.loc[kept, f"{name}_confidence"].to_numpy(float)
    every = mentions[f"{name}_confidence"].to_numpy(float)
    counts, edges = np.histogram(every, bins=np.linspace(0, 1, 11))
    bins = [(f"{round(a * 100)} to {round(b * 100)}%", int(n))
            for n, a, b in zip(counts, edges[:-1], edges[1:], strict=True)]
    return LabelSet(title, float(kept.mean()), float(sure.mean()) if len(sure) else 0.0, bins)
