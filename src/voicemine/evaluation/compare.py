"""What moved between two runs: settings, figures, labels, themes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import cohen_kappa_score

from voicemine.artefacts.publish import find_run, read_manifest, read_table

_LABELS = ("stage", "touchpoint", "sentiment", "emotion", "is_pain", "intent")


@dataclass(frozen=True)
class Comparison:
    """Rows of four small tables; see the headings in the command line."""

    settings: list[tuple[str, str, str]]
    figures: list[tuple[str, float, float]]
    labels: list[tuple[str, int, float, float | None]]
    themes: list[tuple[str, str, str, str]]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare_runs(a: Path, b: Path) -> Comparison:
    """Compare run A with run B. Raises UsageError or StoreError where one cannot be read."""
    first, second = find_run(a), find_run(b)
    one, two = read_manifest(first), read_manifest(second)
    items = (read_table(first, "items"), read_table(second, "items"))
    mentions = (read_table(first, "mentions"), read_table(second, "mentions"))
    themes = (read_table(first, "themes"), read_table(second, "themes"))
    return Comparison(
        settings=changed(one["config"], two["config"]) + changed(one["models"], two["models"], "models."),
        figures=[(name, f(*pair[0]), f(*pair[1])) for name, f, pair in _figures(items, mentions, themes)],
        labels=_labels(*items), themes=match_themes(mentions, themes))


def changed(one: Mapping[str, Any], two: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str, str]]:
    """Dotted keys whose values differ, with both values."""
    rows = []
    for key in sorted({*one, *two}):
        left, right = one.get(key), two.get(key)
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            rows += changed(left, right, f"{prefix}{key}.")
        elif left != right:
            rows.append((prefix + key, str(left), str(right)))
    return rows


def _figures(items: Any, mentions: Any, themes: Any) -> list[tuple[str, Any, Any]]:
    pairs = tuple(zip(items, mentions, themes, strict=True))
    return [
        ("items", lambda i, m, t: float(len(i)), pairs),
        ("items mined", lambda i, m, t: float(i["is_mined"].sum()), pairs),
        ("mentions", lambda i, m, t: float(len(m)), pairs),
        ("share of mentions with a pain", lambda i, m, t: _mean(m["is_pain"]), pairs),
        ("mean sentiment score", lambda i, m, t: _mean(m["sentiment_score"]), pairs),
        ("share of mentions in a theme", lambda i, m, t: _mean(m["theme_id"].notna()), pairs),
        ("themes", lambda i, m, t: float((t["level"] == 0).sum()), pairs),
        ("mean stability", lambda i, m, t: _mean(t["stability"]), pairs),
    ]


def _mean(values: pd.Series) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _labels(one: pd.DataFrame, two: pd.DataFrame) -> list[tuple[str, int, float, float | None]]:
    both = one.merge(two, on="item_id", suffixes=("_a", "_b"))
    rows: list[tuple[str, int, float, float | None]] = []
    for name in _LABELS:
        kept = both[both[f"{name}_a"].notna() & both[f"{name}_b"].notna()]
        left, right = kept[f"{name}_a"].astype(str), kept[f"{name}_b"].astype(str)
        same = float((left == right).mean()) if len(kept) else float("nan")
        kappa = cohen_kappa_score(left, right) if len(kept) and left.nunique() > 1 else None
        rows.append((name, len(kept), same, None if kappa is None else float(kappa)))
    return rows


def match_themes(
    mentions: tuple[pd.DataFrame, pd.DataFrame], themes: tuple[pd.DataFrame, pd.DataFrame], *, least: float = 0.2
) -> list[tuple[str, str, str, str]]:
    """Themes of A and B paired by the items that they share (Jaccard, optimal assignment, at least `least`).

    Items are matched by id; a theme without a partner is reported as new or gone.
    """
    members = [m[m["theme_id"].notna()].groupby("theme_id")["item_id"].agg(set) for m in mentions]
    names = [dict(zip(t["theme_id"], t["name"], strict=True)) for t in themes]
    left, right = list(members[0].index), list(members[1].index)
    overlap = np.zeros((len(left), len(right)))
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            common = len(members[0][a] & members[1][b])
            overlap[i, j] = common / (len(members[0][a]) + len(members[1][b]) - common) if common else 0.0
    rows: list[tuple[str, str, str, str]] = []
    taken: tuple[set[int], set[int]] = (set(), set())
    for i, j in zip(*linear_sum_assignment(-overlap), strict=True):
        if overlap[i, j] >= least:
            taken[0].add(i)
            taken[1].add(j)
            sizes = f"{len(members[0][left[i]])} -> {len(members[1][right[j]])} items"
            name = names[1][right[j]]
            rows.append((name, names[0][left[i]], name, f"{overlap[i, j]:.0%} in common, {sizes}"))
    rows += [(names[0][left[i]], names[0][left[i]], "", "gone") for i in range(len(left)) if i not in taken[0]]
    rows += [(names[1][right[j]], "", names[1][right[j]], "new") for j in range(len(right)) if j not in taken[1]]
    return rows
