"""Personas: groups of customers with like pains, as cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voicemine.report import lens, words
from voicemine.report.data import RunData, records
from voicemine.report.settings import ReportSettings

_SHOWN = 4
_UNSURE = ("none", "unclear")
_NEEDS = ("request", "question", "churn")
_LEAST = 0.03


@dataclass(frozen=True)
class Pain:
    """A theme of a persona: share of its customers who name it, and of all the others."""

    theme_id: str
    name: str
    here: float
    elsewhere: float


@dataclass(frozen=True)
class Segment:
    """A value of a column `attr_*` that is more, or less, frequent among a persona's customers; tested."""

    column: str
    value: str
    here: float
    elsewhere: float

    @property
    def is_more(self) -> bool:
        """More frequent here than elsewhere."""
        return self.here > self.elsewhere


@dataclass(frozen=True)
class Persona:
    """One persona. row: its line of the table `personas`. touchpoints, stages: label and share of its customers."""

    persona_id: str
    name: str
    row: Mapping[str, Any]
    mood: str
    pains: list[Pain]
    touchpoints: list[tuple[str, float]]
    stages: list[tuple[str, float]]
    feelings: list[tuple[str, float]]
    wants: list[tuple[str, float]]
    segments: list[Segment]
    quote: str
    is_quote_held_back: bool


@dataclass(frozen=True)
class Personas:
    """All of them, and in a sentence why they are so many or none. told: empty where the run sought none."""

    told: str
    cards: list[Persona]


def personas(run: RunData, settings: ReportSettings) -> Personas:
    """Cards of the run's personas, largest first."""
    repeats = {name for name, column in lens.columns(run, settings).items() if lens.repeats_score(run, column)}
    counts = run.manifest.get("counts", {}).get("personas", {})
    table, traits = run.table("personas"), run.table("persona_traits")
    if not len(table):
        return Personas(_why_none(run, counts), [])
    # That those in pain give low scores is no news.
    traits = traits[~traits["field"].isin(repeats)]
    by_persona = {str(k): records(part) for k, part in traits.groupby("persona_id")}
    authors = dict(zip(run.table("themes")["theme_id"], run.table("themes")["n_authors"], strict=True))
    cards = [_card(r, by_persona.get(r["persona_id"], []), run, authors, settings)
             for r in records(table.sort_values(["share", "persona_id"], ascending=[False, True]))]
    of = f" of the {words.count(counts['with_theme'])} customers" if counts.get("with_theme") else " of customers"
    return Personas(
        f"{len(cards)} groups{of} with a theme, formed by what they say, where and when on the journey. Each comes "
        "back when half of the customers are grouped anew. Segments took no part in it: where one stands out, it "
        "was tested.", cards)


def _why_none(run: RunData, counts: Mapping[str, Any]) -> str:
    sought = run.manifest.get("config", {}).get("personas", {})
    if not sought or not sought.get("most"):
        return ""
    needed = sought["least"] * sought["min_people"]
    if counts.get("with_theme", 0) < needed:
        return (f"No personas: {words.count(counts.get('with_theme', 0))} customers speak of a theme, and groups need "
                f"at least {words.count(needed)}.")
    return ("No personas: these customers do not fall into firm groups. Grouped anew from half of them, other groups "
            "come out, so any picture of them would be made up.")


def _card(
    row: Mapping[str, Any], traits: list[dict[str, Any]], run: RunData, authors: Mapping[str, int],
    settings: ReportSettings,
) -> Persona:
    found: dict[str, list[dict[str, Any]]] = {}
    for trait in traits:
        found.setdefault(trait["field"] if trait["field"] in ("theme", "touchpoint", "stage") else "segment",
                         []).append(trait)
    said = {t["value"]: t for t in found.get("theme", [])}
    held = min(int(row["n_people"]), int(authors.get(row["quote_theme_id"], 0))) < settings.min_authors
    sure = sorted((t for t in found.get("segment", []) if t["is_sure"]),
                  key=lambda t: (-(t["share"] - t["elsewhere"]), t["field"], t["value"]))
    return Persona(
        persona_id=row["persona_id"], name=words.clean(row["name"], 160), row=row,
        mood=words.sentiment_word(row["sentiment_mean"]),
        pains=[Pain(t, words.clean(run.names[t], 120), said[t]["share"], said[t]["elsewhere"])
               for t in row["themes"] if t in run.names and t in said][:_SHOWN],
        touchpoints=_most(found.get("touchpoint", [])), stages=_most(found.get("stage", [])),
        feelings=_shares({k: v for k, v in row["emotions"].items() if k != "none"}),
        wants=_shares({k: v for k, v in row["intents"].items() if k in _NEEDS}),
        segments=[Segment(words.label(t["field"].removeprefix("attr_")), words.clean(t["value"], 60), t["share"],
                          t["elsewhere"]) for t in sure],
        quote="" if held else words.quote(row["quote"], settings.quote_length), is_quote_held_back=held)


def _most(traits: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """Labels that most customers of the persona speak of, at most three, each by a tenth of them at least."""
    known = sorted((t for t in traits if t["value"] not in _UNSURE), key=lambda t: (-t["share"], t["value"]))
    return [(t["value"], t["share"]) for i, t in enumerate(known[:3]) if i == 0 or t["share"] >= 0.1]


def _shares(shares: Mapping[str, float]) -> list[tuple[str, float]]:
    return [p for p in sorted(shares.items(), key=lambda p: (-p[1], p[0]))[:3] if p[1] >= _LEAST]
