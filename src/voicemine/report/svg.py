"""Small charts as inline SVG. Only numbers enter a path, so the markup is safe; colours come from the style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

_NAN = float("nan")


def _runs(values: Sequence[tuple[float, ...]]) -> list[list[int]]:
    """Index runs without a missing figure."""
    runs: list[list[int]] = [[]]
    for i, row in enumerate(values):
        if any(v != v for v in row):
            runs.append([])
        else:
            runs[-1].append(i)
    return [r for r in runs if r]


def path(points: Sequence[tuple[float, float]], *, closed: bool = False) -> str:
    """Path data through `points`, one decimal."""
    text = "M" + "L".join(f"{x:.1f},{y:.1f}".replace(".0", "") for x, y in points)
    return text + "Z" if closed else text


@dataclass(frozen=True)
class Series:
    """Rates by period with their interval; NaN where there was nothing to count. `expected` may be all NaN."""

    rate: list[float]
    low: list[float]
    high: list[float]
    expected: list[float]
    alert: list[bool]


def peak(series: Series, top: float | None) -> float:
    """Upper end of the scale: `top`, else the highest of what is drawn."""
    return max(top or max([v for v in (*series.high, *series.expected) if v == v] or [1.0]), 1e-9)


def trend(series: Series, *, width: int, height: int, described: str, top: float | None = None) -> Markup:
    """Line of the rate in its interval band; a dashed line is the expectation, a dot an alert.

    described: the chart in words, for those who do not see it. top: upper end of the scale.
    """
    if not series.rate:
        return Markup("")
    pad = 3.0
    n, most = len(series.rate), peak(series, top)
    xs = [pad + (width - 2 * pad) * (i / (n - 1) if n > 1 else 0.5) for i in range(n)]

    def y(value: float) -> float:
        return height - pad - min(value / most, 1.0) * (height - 2 * pad)

    parts = []
    for run in _runs(list(zip(series.rate, series.low, series.high, strict=True))):
        if len(run) > 1:
            edge = [(xs[i], y(series.high[i])) for i in run] + [(xs[i], y(series.low[i])) for i in reversed(run)]
            parts.append(f'<path class="band" d="{path(edge, closed=True)}"/>')
        parts.append(f'<path class="line" d="{path([(xs[i], y(series.rate[i])) for i in run])}"/>')
    for run in _runs([(v,) for v in series.expected]):
        if len(run) > 1:
            parts.append(f'<path class="expected" d="{path([(xs[i], y(series.expected[i])) for i in run])}"/>')
    # A stroke of no length with round ends: a dot that stays round however the picture is stretched.
    parts += [f'<path class="alert" d="M{xs[i]:.1f},{y(series.rate[i]):.1f}h0"/>'
              for i, raised in enumerate(series.alert) if raised and series.rate[i] == series.rate[i]]
    frame = Markup('<svg class="trend" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">'
                   '{}</svg>')
    return frame.format(width, height, described, Markup("".join(parts)))


def reach(means: Sequence[tuple[float, float, float]]) -> float:
    """Sentiment at the upper edge of the emotion curve's picture: little more than its intervals need, at least 0.3."""
    ends = [abs(v) for row in means for v in row if v == v]
    return min(1.0, max(0.3, math.ceil(10 * max(ends, default=0.0)) / 10))


def curve(means: Sequence[tuple[float, float, float]]) -> tuple[Markup, list[float]]:
    """Emotion curve over stages as an SVG that fills its box (0..100 both ways), and the height of each dot in %.

    means: (mean, low, high) sentiment by stage, -1..1; NaN where a stage has no mentions.
    """
    n, edge_value = len(means), reach(means)
    xs = [100 * (i + 0.5) / n for i in range(n)]

    def y(value: float) -> float:
        return 50 - max(-1.0, min(1.0, value / edge_value)) * 42

    parts = ['<line class="zero" x1="0" x2="100" y1="50" y2="50"/>']
    for run in _runs(means):
        if len(run) > 1:
            edge = [(xs[i], y(means[i][2])) for i in run] + [(xs[i], y(means[i][1])) for i in reversed(run)]
            parts.append(f'<path class="band" d="{path(edge, closed=True)}"/>')
            parts.append(f'<path class="line" d="{_smooth([(xs[i], y(means[i][0])) for i in run])}"/>')
    drawn = Markup('<svg class="curve" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">{}</svg>')
    return drawn.format(Markup("".join(parts))), [y(m[0]) if m[0] == m[0] else _NAN for m in means]


def _smooth(points: Sequence[tuple[float, float]]) -> str:
    """A curve through all points that leaves each one level, so that it never shows a high or low that is not there."""
    text = f"M{points[0][0]:.1f},{points[0][1]:.1f}"
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (x0 + x1) / 2
        text += f"C{middle:.1f},{y0:.1f} {middle:.1f},{y1:.1f} {x1:.1f},{y1:.1f}"
    return text
