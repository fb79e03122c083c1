"""The report's pictures for a notebook, as matplotlib figures. Needs the extra `plot`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voicemine.artefacts.publish import find_run
from voicemine.errors import UsageError
from voicemine.report import journey, words
from voicemine.report.data import load

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NEGATIVE, _POSITIVE, _INK, _MUTED, _ACCENT = "#b5430f", "#0f6d80", "#1b2430", "#8a909a", "#24508f"
_HUES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#a07800", "#56b4e9", "#6d4c9f", "#5a6b00")


def _figure(width: float, height: float) -> tuple[Figure, Any]:
    try:
        from matplotlib.figure import Figure
    except ImportError as fault:
        raise UsageError("pictures need matplotlib: pip install 'voicemine[plot]'") from fault
    # A bare Figure: a notebook shows it, and no global state or window is touched.
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def plot_journey(path: str | Path) -> Figure:
    """Mean sentiment by stage with its 95 % interval, and the number of statements. Raises UsageError."""
    heads = [h for h in journey.journey_maps(load(find_run(Path(path))))[0].heads if h.stage != "unclear"]
    figure, axes = _figure(9, 4)
    at = np.arange(len(heads))
    mean, low, high = (np.array([getattr(h, k) for h in heads], dtype=float) for k in ("sentiment", "low", "high"))
    axes.fill_between(at, low, high, color=_ACCENT, alpha=0.15, linewidth=0)
    axes.plot(at, mean, color=_ACCENT, linewidth=2)
    axes.scatter(at, mean, c=[_NEGATIVE if m < 0 else _POSITIVE for m in mean], zorder=3, s=45)
    axes.axhline(0, color=_MUTED, linewidth=0.8, linestyle=":")
    axes.set_xticks(at, [f"{words.label(h.stage)}\n{words.count(h.n_mentions)}" for h in heads])
    axes.set_ylabel("mean sentiment, 95 % interval")
    axes.set_title("Mood along the journey, statements by stage", loc="left")
    return figure


def plot_themes(path: str | Path, *, limit: int = 20) -> Figure:
    """Share of customers by theme with its 95 % interval, first to fix on top. Raises UsageError."""
    themes = load(find_run(Path(path))).themes.head(limit)
    figure, axes = _figure(9, 0.9 + 0.36 * max(len(themes), 1))
    at = np.arange(len(themes))[::-1]
    share, low, high = (themes[f"author_share{end}"].to_numpy(float) * 100 for end in ("", "_low", "_high"))
    colour = [_NEGATIVE if s < 0 else _POSITIVE for s in themes["sentiment_mean"]]
    axes.hlines(at, low, high, colors=colour, linewidth=2.5, alpha=0.5)
    axes.scatter(share, at, c=colour, s=36, zorder=3)
    axes.set_yticks(at, [words.clean(n, 60).replace("$", r"\$") for n in themes["name"]])
    axes.set_xlim(left=0)
    axes.set_xlabel("% of customers, 95 % interval")
    axes.set_title("Themes, first to fix on top", loc="left")
    return figure


def plot_map(path: str | Path, *, labels: int = 12) -> Figure:
    """The map of statements with the names of the largest themes. Raises UsageError where the run drew no map."""
    run = load(find_run(Path(path)))
    points = run.table("map_points").merge(run.mentions[["mention_id", "theme_id"]], on="mention_id")
    if not len(points):
        raise UsageError("this run holds no map; set draw.n_points above 0 and run again")
    figure, axes = _figure(9, 7)
    order = points["theme_id"].value_counts().sort_index().sort_values(ascending=False, kind="stable").index.tolist()
    hue = dict(zip(order, _HUES, strict=False))
    colour = [hue.get(t, "#c4c8ce") for t in points["theme_id"]]
    axes.scatter(points["x"], points["y"], s=7, linewidths=0, alpha=0.75, c=colour)
    for theme in order[:labels]:
        part = points[points["theme_id"] == theme]
        name = words.clean(run.names[theme], 36).replace("$", r"\$")
        axes.text(part["x"].median(), part["y"].median(), name, fontsize=8, ha="center", va="center", color=_INK,
                  weight="bold",
                  bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1})
    axes.set_axis_off()
    axes.set_aspect("equal")
    axes.set_title(f"{words.count(len(points))} statements; like ones lie together", loc="left")
    return figure
