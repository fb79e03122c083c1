"""What the client code works with: the map's points, and items by source, segment and period for the lens."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from voicemine.report import lens, words
from voicemine.report.data import RunData
from voicemine.report.settings import ReportSettings

_GRID = 4095
SENTIMENTS = ("negative", "mixed", "neutral", "positive")


def map_payload(run: RunData, settings: ReportSettings) -> dict[str, Any]:
    """Points of the map by column. x, y: 0..4095. t: theme as its place in `themes`, -1 for none. s: sentiment. g:
    stage. text: the mention, redacted and cut; empty where too few authors share its theme."""
    points = run.table("map_points").merge(
        run.mentions[["mention_id", "text", "theme_id", "sentiment", "stage"]], on="mention_id")
    points = points[np.isfinite(points["x"].astype(float)) & np.isfinite(points["y"].astype(float))]
    if not len(points):
        return {"n": 0}
    place = {k: i for i, k in enumerate(run.themes["theme_id"])}
    authors = dict(zip(run.themes["theme_id"], run.themes["n_authors"], strict=True))
    stages = [*run.stages, "unclear"]
    at = {s: i for i, s in enumerate(stages)}
    x, y = points["x"].to_numpy(float), points["y"].to_numpy(float)
    # One scale for both ways, so that near stays near.
    scale = _GRID / max(float(np.ptp(x)), float(np.ptp(y)), 1e-12)
    is_open = points["theme_id"].map(authors).fillna(1) >= settings.min_authors
    return {
        "n": len(points), "of": len(run.mentions),
        "x": np.round((x - x.min()) * scale).astype(int).tolist(),
        "y": np.round((y - y.min()) * scale).astype(int).tolist(),
        "t": points["theme_id"].map(place).fillna(-1).astype(int).tolist(),
        "s": points["sentiment"].map({s: i for i, s in enumerate(SENTIMENTS)}).astype(int).tolist(),
        "g": points["stage"].map(at).fillna(len(stages) - 1).astype(int).tolist(),
        "text": [words.clean(t, settings.hover_length) if shown else ""
                 for t, shown in zip(points["text"], is_open, strict=True)],
        "stages": [words.label(s) for s in stages], "sentiments": [words.label(s) for s in SENTIMENTS],
    }


def facets(run: RunData, settings: ReportSettings) -> dict[str, Any]:
    """Mined items by source, segment and period, and the items of each theme: what the table's lens counts over.

    fields: key, title, values and, for each item, its value's place (-1: unknown). themes: for each theme the steps
    from one of its items to the next.
    """
    fields = []
    source = run.mined["source"].map(lambda s: words.clean(s, 60))
    segments = [(name, words.label(name.removeprefix("attr_")), values)
                for name, values in lens.columns(run, settings).items()]
    for key, title, column in (("source", "Source", source), *segments):
        values = sorted(column.dropna().unique(), key=lambda v: (v == lens.REST, str(v)))
        if len(values) > 1:
            at = {v: i for i, v in enumerate(values)}
            fields.append({"key": key, "title": title, "values": values,
                           "items": column.map(at).fillna(-1).astype(int).tolist()})
    starts = run.table("theme_trends")["period_start"].drop_duplicates().sort_values()
    periods = None
    if len(starts) > 1:
        edges = pd.DatetimeIndex(starts).as_unit("us").asi8
        when = run.mined["created_at"]
        at_period = np.searchsorted(edges, pd.DatetimeIndex(when).as_unit("us").asi8, side="right") - 1
        periods = {"values": [words.day(s) for s in starts],
                   "items": np.where(when.isna(), -1, at_period).astype(int).tolist()}
    flags = lens.theme_flags(run).tocsc()
    steps = [np.diff(np.sort(flags.indices[a:b]), prepend=0).tolist()
             for a, b in zip(flags.indptr[:-1], flags.indptr[1:], strict=True)]
    return {"n": len(run.mined), "fields": fields, "periods": periods, "themes": steps}


def payload(run: RunData, settings: ReportSettings) -> dict[str, Any]:
    """All embedded data."""
    named = zip(run.themes["theme_id"], run.themes["name"], strict=True)
    return {"themes": [[t, words.clean(n, 90)] for t, n in named],
            "map": map_payload(run, settings), "lens": facets(run, settings)}
