"""The theme table and the panel of each theme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from voicemine.report import svg, words
from voicemine.report.data import RunData, records
from voicemine.report.overview import impact_words
from voicemine.report.settings import ReportSettings


@dataclass(frozen=True)
class Quote:
    """A customer's words. role: typical, extreme or counter. where: source and date."""

    text: str
    role: str
    where: str


@dataclass(frozen=True)
class Link:
    """Where a theme meets the journey."""

    stage: str
    touchpoint: str
    n_mentions: int
    share: float
    low: float
    high: float
    lift: float
    is_more: bool


@dataclass(frozen=True)
class Event:
    """One line of the ledger."""

    run_id: str
    day: str
    event: str
    note: str


@dataclass(frozen=True)
class Theme:
    """All that the report says of one theme. `row` holds its columns of the table `themes`."""

    theme_id: str
    name: str
    description: str
    row: Mapping[str, Any]
    course: str
    impact: str
    mood: str
    spark: Markup
    chart: Markup
    chart_told: str
    span: tuple[str, str, str]
    words: list[str]
    quotes: list[Quote]
    held_back: int
    links: list[Link]
    subthemes: list[tuple[str, str, int]]
    events: list[Event]
    forecast: str
    interventions: list[str]
    is_alert: bool


def themes(run: RunData, settings: ReportSettings) -> list[Theme]:
    """Themes of the default level, first to fix first."""
    trends = {str(k): v.sort_values("period_start") for k, v in run.table("theme_trends").groupby("theme_id")}
    quotes = _grouped(run.table("theme_quotes").sort_values(["theme_id", "rank"]))
    links = _grouped(run.table("theme_touchpoints"))
    ledger = _grouped(run.table("theme_ledger"))
    coming, done = _grouped(run.table("forecasts")), _grouped(run.table("interventions"))
    below = _grouped(run.table("themes").dropna(subset=["parent_theme_id"]), "parent_theme_id")
    where = {r["item_id"]: r for r in records(run.table("items")[["item_id", "source", "created_at"]])}
    found = []
    for row in records(run.themes):
        key = row["theme_id"]
        series, told = series_of(trends.get(key), row)
        hidden = int(row["n_authors"]) < settings.min_authors
        said = quotes.get(key, [])
        found.append(Theme(
            theme_id=key, name=words.clean(row["name"], 160), description=words.prose(row["description"], 600), row=row,
            course=words.prose(row["status_note"], 300),
            impact=impact_words(row), mood=mood(row["sentiment_mean"]),
            spark=svg.trend(series, width=120, height=28, described=told),
            chart=svg.trend(series, width=640, height=150, described=told), chart_told=told,
            span=_span(trends.get(key), series),
            words=[words.clean(w, 40) for w in row["keywords"][:12]],
            quotes=[] if hidden else [_quote(q, where, settings) for q in said[: settings.quotes]],
            held_back=len(said) if hidden else 0, links=_links(links.get(key, [])),
            subthemes=[(s["theme_id"], words.clean(s["name"], 120), int(s["n_mentions"])) for s in below.get(key, [])],
            events=[_event(e, run) for e in ledger.get(key, [])[-12:]], forecast=forecast_words(coming.get(key, [])),
            interventions=[intervention_words(x) for x in done.get(key, [])], is_alert=any(series.alert)))
    return found


def _grouped(frame: pd.DataFrame, by: str = "theme_id") -> dict[str, list[dict[str, Any]]]:
    return {str(k): records(part) for k, part in frame.groupby(by, sort=False)}


def mood(score: float) -> str:
    """The side that a mean sentiment is on, for the filter."""
    return "negative" if score < -0.15 else "positive" if score > 0.15 else "balanced"


def series_of(trend: pd.DataFrame | None, row: Mapping[str, Any]) -> tuple[svg.Series, str]:
    """A theme's rates for drawing, and the same in words."""
    if trend is None or not len(trend):
        return svg.Series([], [], [], [], []), "No dates: no course in time."
    expected = trend["expected"] / trend["n_items_total"].where(trend["n_items_total"] > 0)
    rate, low, high = (trend[c].astype(float).tolist() for c in ("rate", "rate_low", "rate_high"))
    series = svg.Series(rate, low, high, expected.astype(float).tolist(), trend["is_alert"].tolist())
    seen = trend[trend["rate"].notna()]
    if not len(seen):
        return series, "No items in any period."
    last, top = seen.iloc[-1], seen.iloc[int(seen["rate"].argmax())]
    alerts = int(trend["is_alert"].sum())
    told = (f"{words.clean(row['name'], 80)}: {words.percent(last['rate'])} of items in the last period "
            f"({words.percent_span(last['rate_low'], last['rate_high'])}), highest {words.percent(top['rate'])} in the "
            f"period from {words.day(top['period_start'])}")
    return series, told + (f"; {words.plural(alerts, 'significant rise')}." if alerts else ".")


def forecast_words(rows: list[dict[str, Any]]) -> str:
    """The forecast of the coming periods in one sentence; empty where there is none."""
    if not rows:
        return ""
    ordered = sorted(rows, key=lambda r: r["step"])
    first, last = ordered[0], ordered[-1]
    text = (f"In the period from {words.day(first['period_start'])} about {words.percent(first['rate'])} of items are "
            f"expected to name it, with a chance of 80% between {words.percent(first['rate_low'])} and "
            f"{words.percent(first['rate_high'])}")
    if last is not first:
        text += (f"; in the one from {words.day(last['period_start'])} between {words.percent(last['rate_low'])} and "
                 f"{words.percent(last['rate_high'])}")
    if words.known(first["coverage"]) and first["n_tested"]:
        text += (f". Tested on the past of all themes, {words.percent(first['coverage'])} of "
                 f"{words.count(first['n_tested'])} counts fell inside")
    return text + "."


def intervention_words(row: Mapping[str, Any]) -> str:
    """One intervention and its effect in one sentence."""
    low, high = row["effect_low"], row["effect_high"]
    if not (words.known(low) and words.known(high)):
        told = "its effect cannot be told yet"
    elif low <= 1 <= high:
        told = f"no clear effect (rate {low:.2f} to {high:.2f} times what was expected without it)"
    else:
        told = f"{'fewer' if high < 1 else 'more'} items than expected without it ({low:.2f} to {high:.2f} times)"
    return (f"{words.clean(row['what'], 160)}, {words.day(row['date'])}: {told}; {words.percent(row['rate_before'])} "
            f"of items before, {words.percent(row['rate_after'])} after. {words.clean(row['note'], 200)}")


def _span(trend: pd.DataFrame | None, series: svg.Series) -> tuple[str, str, str]:
    """First day, last day and upper end of the scale of a theme's chart."""
    if trend is None or not len(trend):
        return "", "", ""
    return (words.day(trend["period_start"].iloc[0]), words.day(trend["period_end"].iloc[-1]),
            words.percent(svg.peak(series, None)))


def _quote(record: dict[str, Any], where: Mapping[str, Any], settings: ReportSettings) -> Quote:
    item = where.get(record["item_id"], {})
    place = [words.clean(item.get("source", ""), 40), words.day(item.get("created_at"))]
    return Quote(words.quote(record["text"], settings.quote_length), record["role"],
                 ", ".join(p for p in place if p and p != "–"))


def _links(found: list[dict[str, Any]]) -> list[Link]:
    """Where most of a theme is said; places of a single statement only where there are few others."""
    ordered = [_link(x) for x in sorted(found, key=lambda x: -x["n_mentions"])]
    return [x for i, x in enumerate(ordered[:6]) if i < 3 or x.n_mentions > 1]


def _link(record: dict[str, Any]) -> Link:
    return Link(record["stage"], record["touchpoint"], int(record["n_mentions"]), record["share"], record["share_low"],
                record["share_high"], record["lift"], is_more=record["lift_low"] > 1)


def _event(record: dict[str, Any], run: RunData) -> Event:
    other = record["other_theme_id"]
    said = [words.clean(record["note"], 200)] if words.known(record["note"]) else []
    if words.known(other):
        said.append(f"with {words.clean(run.names.get(other, other), 80)}")
    if words.known(record["weight"]):
        said.append(f"rests on {words.percent(record['weight'])} of its statements")
    return Event(record["run_id"], words.run_day(record["run_id"]), record["event"], "; ".join(said))
