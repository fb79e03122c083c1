"""The page: sections put together, templates filled, scripts and styles inlined."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from voicemine.report import journey, lens, overview, personas, sure, trends, words
from voicemine.report import themes as theme_panels
from voicemine.report.data import RunData
from voicemine.report.settings import ReportSettings
from voicemine.report.trends import Group, Mover

_SCRIPTS = ("dialog.js", "table.js", "main.js", "map.js")


@dataclass(frozen=True)
class View:
    """All that the report shows, as plain data: what the HTML, Markdown and JSON formats have in common."""

    title: str
    run_id: str
    period: tuple[str, str]
    overview: overview.Overview
    journeys: list[journey.JourneyMap]
    opportunities: list[journey.Cell]
    themes: list[theme_panels.Theme]
    trends: list[Group]
    trends_told: str
    movers: list[Mover]
    personas: personas.Personas
    lenses: list[lens.Lens]
    repeats: list[str]
    differences: dict[str, list[lens.Difference]]
    sure: sure.Sureness

    @property
    def gains(self) -> dict[str, int]:
        """Key of a journey cell -> its place among those with most to gain."""
        return {c.key: i for i, c in enumerate(self.opportunities, 1)}


def view(run: RunData, settings: ReportSettings) -> View:
    """Everything that the report shows, from the tables."""
    themes, lenses = theme_panels.themes(run, settings), lens.lenses(run, settings)
    differences: dict[str, list[lens.Difference]] = {}
    for found in (d for one in lenses for d in one.findings):
        differences.setdefault(found.theme_id, []).append(found)
    return View(
        title=settings.title or "What customers tell us", run_id=str(run.manifest["run_id"]),
        period=overview.period_of(run.table("items")), overview=overview.overview(run),
        journeys=journey.journey_maps(run), opportunities=journey.opportunities(run), themes=themes,
        trends=trends.groups(themes), trends_told=trends.told(themes), movers=trends.movers(run),
        personas=personas.personas(run, settings), lenses=lenses,
        repeats=lens.repeating(run, settings), differences=differences, sure=sure.sureness(run))


def _asset(name: str) -> str:
    return resources.files("voicemine.report").joinpath("client", name).read_text("utf-8")


def embed(data: Any) -> Markup:
    """JSON for a `<script type="application/json">`: nothing in it can end the element or break a line."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def environment() -> Environment:
    """Jinja with autoescape for every template, an error for every unknown name, and the filters of `words`."""
    found = Environment(loader=PackageLoader("voicemine.report", "templates"), autoescape=True,
                        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    found.filters |= {"label": words.label, "percent": words.percent, "count": words.count, "signed": words.signed,
                      "day": words.day}
    found.globals |= {"words": words}
    return found


def render(shown: View, settings: ReportSettings, *, payload: Mapping[str, Any]) -> str:
    """The whole page as one string, without a reference to anything outside it."""
    script = "(() => {\n'use strict';\n" + "\n".join(_asset(name) for name in _SCRIPTS) + "\n})();\n"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = environment().get_template("report.html.j2")
    # The digest in the page's own policy admits this script and no other, wherever it might come from.
    return page.render(v=shown, settings=settings, drawn=payload["map"], payload_lens=payload["lens"],
                       style=Markup(_asset("style.css")), script=Markup(script), script_digest=digest,
                       payload=embed(payload)) + "\n"
