"""The journey map: stages across, touchpoints down, with the emotion curve over the stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from voicemine.numerics.intervals import mean_interval, share_interval
from voicemine.report import svg, words
from voicemine.report.data import RunData, records

CLASSIC = ("awareness", "consideration", "purchase", "retention", "advocacy")
UNSURE = ("unclear", "none")
_NAN = float("nan")


@dataclass(frozen=True)
class Cell:
    """One stage × touchpoint. Shares 0..1, sentiment -1..1. tint: strength of its colour, 0..100."""

    key: str
    stage: str
    touchpoint: str
    n_mentions: int
    n_items: int
    share: float
    share_low: float
    share_high: float
    sentiment: float
    pain: float
    pain_low: float
    pain_high: float
    emotions: list[tuple[str, float]]
    themes: list[tuple[str, str]]
    opportunity: float | None
    moment: str
    size: float
    tint: int
    is_negative: bool


@dataclass(frozen=True)
class StageHead:
    """A stage with the mood of all that is said there."""

    stage: str
    n_mentions: int
    sentiment: float
    low: float
    high: float
    height: float
    pain: float


@dataclass(frozen=True)
class Row:
    """A touchpoint with its cells by stage (None where nothing was said)."""

    touchpoint: str
    channel: str
    cells: list[Cell | None]


@dataclass(frozen=True)
class JourneyMap:
    """One view of the map: all stages or the classic five."""

    name: str
    heads: list[StageHead]
    curve: Markup
    reach: float
    rows: list[Row]
    told: str


def journey_maps(run: RunData) -> list[JourneyMap]:
    """The map over all stages and over the classic five."""
    told = {s["label"]: s["classic"] for s in run.manifest.get("taxonomy", {}).get("stages", ())}
    known = run.table("journey").dropna(subset=["classic_stage"])
    classic = {**dict(zip(known["stage"], known["classic_stage"], strict=True)), **told}
    mentions = run.mentions
    return [_map(run, "full", run.stages, mentions, _full_cells(run)),
            _map(run, "classic", list(CLASSIC), mentions.assign(stage=mentions["stage"].map(classic).fillna("unclear")),
                 None)]


def _map(
    run: RunData, name: str, stages: list[str], mentions: pd.DataFrame, cells: dict[tuple[str, str], Cell] | None
) -> JourneyMap:
    found = _counted_cells(run, mentions, name) if cells is None else cells
    columns = [*stages, *(["unclear"] if any(s == "unclear" for s, _ in found) else [])]
    drawn, heads = _heads(run, mentions, stages)
    if len(columns) > len(stages):
        rest = mentions[mentions["stage"] == "unclear"]
        heads.append(StageHead("unclear", len(rest), rest["sentiment_score"].mean() if len(rest) else _NAN, _NAN, _NAN,
                               _NAN, float(rest["is_pain"].mean()) if len(rest) else 0.0))
    channels = dict(zip(run.table("journey")["touchpoint"], run.table("journey")["channel"], strict=True))
    rows = [Row(t, str(channels[t]) if words.known(channels.get(t)) else "", [found.get((s, t)) for s in columns])
            for t in run.touchpoints if any((s, t) in found for s in columns)]
    reach = svg.reach([(h.sentiment, h.low, h.high) for h in heads if h.stage != "unclear"])
    return JourneyMap(name, heads, drawn, reach, rows, _told(heads))


def _heads(run: RunData, mentions: pd.DataFrame, stages: list[str]) -> tuple[Markup, list[StageHead]]:
    means, parts = [], []
    for stage in stages:
        part = mentions[mentions["stage"] == stage]
        parts.append(part)
        means.append(mean_interval(part["sentiment_score"].to_numpy(float), run.author_codes(part))
                     if len(part) else (_NAN, _NAN, _NAN))
    drawn, heights = svg.curve(means) if means else (Markup(""), [])
    return drawn, [
        StageHead(s, len(p), *m, height=h, pain=float(p["is_pain"].mean()) if len(p) else 0.0)
        for s, p, m, h in zip(stages, parts, means, heights, strict=True)]


def _told(heads: list[StageHead]) -> str:
    """The curve in words: its low and its high, where the intervals tell them apart."""
    seen = [h for h in heads if h.sentiment == h.sentiment and h.stage != "unclear"]
    if len(seen) < 2:
        return "Too few stages are named to draw a curve."
    low, high = min(seen, key=lambda h: h.sentiment), max(seen, key=lambda h: h.sentiment)
    if low.high >= high.low:
        return "The mood is much the same along the journey: the stages cannot be told apart with certainty."
    return (f"The mood is lowest at {words.label(low.stage).lower()} ({words.signed(low.sentiment, 2)}) and highest at "
            f"{words.label(high.stage).lower()} ({words.signed(high.sentiment, 2)}).")


def _cell(key: str, record: dict[str, Any], run: RunData, largest: int) -> Cell:
    emotions = sorted(((e, float(v)) for e, v in dict(record["emotions"] or {}).items() if e != "none" and v > 0),
                      key=lambda p: (-p[1], p[0]))
    mood = float(record["sentiment_mean"])
    return Cell(
        key=key, stage=record["stage"], touchpoint=record["touchpoint"], n_mentions=int(record["n_mentions"]),
        n_items=int(record["n_items"]), share=record["share"], share_low=record["share_low"],
        share_high=record["share_high"], sentiment=mood, pain=record["pain_rate"], pain_low=record["pain_rate_low"],
        pain_high=record["pain_rate_high"], emotions=emotions[:4],
        themes=[(t, words.clean(run.names[t], 120)) for t in record["top_themes"] if t in run.names],
        opportunity=record["opportunity"], moment=record["moment"],
        # The dot's area, not its width, stands for the number.
        size=round((int(record["n_mentions"]) / max(largest, 1)) ** 0.5, 3),
        # A cell of one or two statements must not shout.
        tint=round(min(abs(mood), 1.0) * 55 * int(record["n_mentions"]) / (int(record["n_mentions"]) + 4)),
        is_negative=mood < 0)


def _full_cells(run: RunData) -> dict[tuple[str, str], Cell]:
    journey = run.table("journey")
    largest = int(journey["n_mentions"].max()) if len(journey) else 1
    return {(r["stage"], r["touchpoint"]): _cell(f"cell-full-{i}", r, run, largest)
            for i, r in enumerate(records(journey))}


def _counted_cells(run: RunData, mentions: pd.DataFrame, name: str) -> dict[tuple[str, str], Cell]:
    """Cells over other stages than the table's: counted anew. Opportunity adds up, as it is a share of all items."""
    codes = run.author_codes(mentions)
    groups = mentions.groupby(["stage", "touchpoint"])
    number = groups.ngroup().to_numpy()
    largest = int(groups.size().max()) if len(mentions) else 1
    found = {}
    for i, ((stage, touchpoint), part) in enumerate(groups):
        inside = number == i
        share, low, high = share_interval(inside, codes)
        pain, pain_low, pain_high = share_interval(part["is_pain"], codes[inside])
        record = {
            "stage": stage, "touchpoint": touchpoint, "n_mentions": len(part), "n_items": part["item_id"].nunique(),
            "share": share, "share_low": low, "share_high": high, "sentiment_mean": part["sentiment_score"].mean(),
            "pain_rate": pain, "pain_rate_low": pain_low, "pain_rate_high": pain_high,
            "emotions": part["emotion"].value_counts(normalize=True).sort_index().to_dict(),
            "top_themes": part["theme_id"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
            .index[:5].tolist(), "opportunity": None, "moment": "none"}
        found[(str(stage), str(touchpoint))] = _cell(f"cell-{name}-{i}", record, run, largest)
    return found


def opportunities(run: RunData, *, limit: int = 5) -> list[Cell]:
    """Cells with the largest opportunity, stage and touchpoint both known."""
    cells = [c for c in _full_cells(run).values() if c.stage not in UNSURE and c.touchpoint not in UNSURE]
    return sorted(cells, key=lambda c: (-(c.opportunity or 0.0), c.key))[:limit]
