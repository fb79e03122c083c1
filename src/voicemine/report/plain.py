"""The report without pictures: Markdown for a wiki or a mail, JSON for a program."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import Any

import pandas as pd
from markupsafe import Markup

from voicemine.report import words
from voicemine.report.page import View
from voicemine.report.settings import ReportSettings

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|!~$&])")


def escape(text: object) -> str:
    """Text that Markdown shows as it is: no mark-up, link, HTML or table cell can come of it."""
    shown = _MARKS.sub(r"\\\1", " ".join(str(text).split()))
    # A bare address would become a link, and a leading sign or number a list.
    shown = shown.replace("://", ":\\//").replace("www.", "www\\.")
    return re.sub(r"^([+=-]+|\d+[.)])(?=\s|$)", lambda m: m[1][:-1] + "\\" + m[1][-1], shown)


def markdown(shown: View, settings: ReportSettings) -> str:
    """The report as Markdown: headline, journey, themes with quotes, segments, certainty."""
    lines = [f"# {escape(shown.title)}", "", escape(shown.overview.read), ""]
    lines += [f"- **{escape(f.name)}**: {escape(f.value)}{f' ({escape(f.interval)})' if f.interval else ''}; "
              f"{escape(f.note)}" for f in shown.overview.figures]
    lines += ["", "## Fix first", ""]
    lines += [f"{i}. **{escape(t.name)}**: {escape(t.evidence)}" for i, t in enumerate(shown.overview.first, 1)]
    lines += ["", "## What changed since the last run", "", *(f"- {escape(c)}" for c in shown.overview.changes)]
    lines += ["", "## What was left out", "", *(f"- {escape(c)}" for c in shown.overview.left_out or ["Nothing."])]
    lines += ["", "## The journey", "", escape(shown.journeys[0].told), "",
              "| stage | statements | mood | interval | state a pain |", "|---|---:|---:|---|---:|"]
    lines += [f"| {escape(words.label(h.stage))} | {h.n_mentions} | {words.signed(h.sentiment, 2)} | "
              f"{words.signed_span(h.low, h.high, 2)} | {words.percent(h.pain)} |"
              for h in shown.journeys[0].heads if not math.isnan(h.low)]
    lines += ["", "## Themes", "", "| # | theme | items | share | customers | severity | score effect | status |",
              "|---:|---|---:|---|---|---|---|---|"]
    for t in shown.themes:
        r = t.row
        scored = words.known(r["score_impact"])
        effect = words.signed_span(r["score_impact_low"], r["score_impact_high"]) if scored else "–"
        lines.append(
            f"| {r['priority_rank']} | {escape(t.name)} | {r['n_items']} "
            f"| {words.percent_span(r['share_low'], r['share_high'])} "
            f"| {words.percent_span(r['author_share_low'], r['author_share_high'])} | {r['severity']:.2f} | {effect} "
            f"| {r['status']} |")
    for t in shown.themes[: settings.print_panels]:
        lines += ["", f"### {escape(t.name)}", "", escape(t.description), ""]
        lines += [f"> {escape(q.text)}\n>\n> {q.role}{', ' + escape(q.where) if q.where else ''}\n" for q in t.quotes]
    for one in shown.lenses:
        lines += ["", f"## By {escape(words.lower(one.title))}", ""]
        lines += [f"- **{escape(d.value)}**: {escape(d.name)} {'more' if d.is_more else 'less'} often, "
                  f"{words.percent(d.here)} against {words.percent(d.elsewhere)} elsewhere" for d in one.findings] or [
                      "No difference that chance could not explain."]
    if shown.personas.told:
        lines += ["", "## Personas", "", escape(shown.personas.told)]
    for p in shown.personas.cards:
        lines += ["", f"### {escape(p.name)}", "", f"{words.plural(p.row['n_people'], 'customer')}, "
                  f"{words.percent_span(p.row['share_low'], p.row['share_high'])}; {p.mood}", ""]
        lines += [f"- {escape(x.name)}: {words.percent(x.here)} of them, {words.percent(x.elsewhere)} of the others"
                  for x in p.pains]
        lines += [f"- {'more' if x.is_more else 'fewer'} **{escape(x.value)}** ({escape(x.column)}): "
                  f"{words.percent(x.here)}, others {words.percent(x.elsewhere)}" for x in p.segments]
        lines += ["", f"> {escape(p.quote)}"] if p.quote else []
    lines += ["", "## How sure are we", "", *(f"- {escape(c)}" for c in shown.sure.coverage)]
    return "\n".join(lines) + "\n"


def _plain(value: Any) -> Any:
    """Plain data for JSON; drawn pictures are left out, missing figures become null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)
                if not isinstance(getattr(value, f.name), Markup)}
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if (isinstance(value, float) and not math.isfinite(value)) or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def as_json(shown: View) -> str:
    """Everything that the report shows, as JSON."""
    return json.dumps(_plain(shown), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
