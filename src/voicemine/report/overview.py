"""The headline: what was read, how it feels, what changed, what to fix first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from voicemine.alerts import to_fix
from voicemine.numerics.intervals import mean_interval, share_interval
from voicemine.report import words
from voicemine.report.data import RunData, records

SENTIMENTS = ("negative", "mixed", "neutral", "positive")
# How `track` begins the note on a theme that ends: with its name.
_QUOTED = re.compile(r"'(.+)'(?::| was )")
_RANGES = {"nps": (0.0, 10.0), "stars5": (1.0, 5.0), "csat5": (1.0, 5.0), "csat7": (1.0, 7.0), "ces7": (1.0, 7.0),
           "percent": (0.0, 100.0)}


@dataclass(frozen=True)
class Figure:
    """One figure: its name, value, interval in words, and a note."""

    name: str
    value: str
    interval: str
    note: str


@dataclass(frozen=True)
class Share:
    """A part of a whole. label: of the table; share, low, high: 0..1."""

    label: str
    count: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class First:
    """A pain to fix first, with its evidence in one line."""

    theme_id: str
    name: str
    evidence: str
    status: str


@dataclass(frozen=True)
class Overview:
    """Section 1 of the report."""

    figures: list[Figure]
    sentiment: list[Share]
    read: str
    left_out: list[str]
    changes: list[str]
    first: list[First]


def overview(run: RunData) -> Overview:
    """All of the headline from the tables."""
    return Overview(figures=_figures(run), sentiment=_sentiment(run), read=_read(run), left_out=left_out(run),
                    changes=changes(run), first=[_first(t) for t in records(to_fix(run.themes).head(3))])


def _read(run: RunData) -> str:
    items = run.table("items")
    when = items["created_at"].dropna()
    period = f", written from {words.day(when.min())} to {words.day(when.max())}" if len(when) else ", undated"
    counts = items["source"].value_counts()
    sources = [f"{words.clean(s, 60)} ({words.count(n)})" for s, n in counts.items()]
    shown = sources[:6] + ([f"{len(sources) - 6} more"] if len(sources) > 6 else [])
    given = f"Sources: {words.joined(shown)}." if len(counts) > 1 else (
        f"Source: {words.clean(counts.index[0], 60)}." if len(counts) else "")
    authors = int(run.mined["author_id"].nunique())
    people = f" from {words.plural(authors, 'known customer')}" if authors else ""
    unknown = "" if authors or not len(items) else " Customers are not told apart in the data: each item counts as one."
    return f"{words.plural(len(items), 'item')}{people}{period}. {given}{unknown}".strip()


def left_out(run: RunData) -> list[str]:
    """What did not take part, and why, most first."""
    items, rejects = run.table("items"), run.table("rejects")
    total = max(len(items) + len(rejects), 1)
    lines = [f"{words.plural(n, 'item')} ({words.percent(n / total)}) "
             f"{words.REASONS.get(str(r), words.label(r).lower())}"
             for r, n in items["skip_reason"].dropna().value_counts().items()]
    lines += [f"{words.plural(n, 'row')} ({words.percent(n / total)}) refused: {words.label(r).lower()}"
              for r, n in rejects["reason"].value_counts().items()]
    copies = len(run.table("duplicates"))
    if copies:
        lines.append(f"{words.plural(copies, 'item')} repeat another; they are kept and counted, and say so")
    return lines


def _figures(run: RunData) -> list[Figure]:
    mined, mentions, themes = run.mined, run.mentions, run.themes
    found = []
    if len(mined):
        mean, low, high = mean_interval(mined["sentiment_score"].to_numpy(float), run.author_codes(mined))
        found.append(Figure("Sentiment", words.signed(mean, 2), f"{words.signed_span(low, high, 2)}",
                            f"{words.sentiment_word(mean)}; −1 worst, 1 best"))
    found += score_figures(run)
    if len(mentions):
        pain, low, high = share_interval(mentions["is_pain"], run.author_codes(mentions))
        found.append(Figure("Statements of pain", words.percent(pain), words.percent_span(low, high),
                            f"{words.count(mentions['is_pain'].sum())} of {words.plural(len(mentions), 'statement')}"))
    found.append(Figure("Themes", words.count(len(themes)), "",
                        words.joined([f"{n} {s}" for s, n in themes["status"].value_counts().items()]) or "none found"))
    return found


def score_figures(run: RunData) -> list[Figure]:
    """Overall score for each scale that the data use: NPS as promoters less detractors, the others as means."""
    found = []
    for kind, part in run.mined[run.mined["score"].notna()].groupby("score_kind"):
        score, authors = part["score"].to_numpy(float), run.author_codes(part)
        if kind == "nps":
            values, scale, base, name, digits = (score >= 9).astype(float) - (score <= 6), 100.0, 0.0, "NPS", 0
        elif kind in _RANGES:
            low, high = _RANGES[str(kind)]
            values, scale, base, name, digits = (score - low) / (high - low), high - low, low, words.label(kind), 2
        else:
            continue
        mean, low, high = (base + scale * v for v in mean_interval(values, authors))
        show = words.signed if kind == "nps" else _plain
        found.append(Figure(name, show(mean, digits), f"{show(low, digits)} to {show(high, digits)}",
                            f"{words.plural(len(part), 'answer')}"))
    return found


def _plain(value: float, digits: int) -> str:
    return f"{value:.{digits}f}"


def _sentiment(run: RunData) -> list[Share]:
    mined = run.mined
    codes = run.author_codes(mined)
    found = []
    for name in SENTIMENTS if len(mined) else ():
        flags = np.asarray(mined["sentiment"] == name, dtype=float)
        share, low, high = share_interval(flags, codes)
        found.append(Share(name, int(flags.sum()), share, low, high))
    return found


def changes(run: RunData) -> list[str]:
    """What the ledger says of this run, in plain words; the first run says so."""
    ledger = run.table("theme_ledger")
    now = ledger[ledger["run_id"] == run.manifest["run_id"]]
    if not len(ledger[ledger["run_id"] != run.manifest["run_id"]]):
        return ["This is the first run here: there is nothing to compare with yet."]
    said = {"born": "New", "revived": "Back again", "split": "Split", "merged": "Merged", "faded": "Faded",
            "gone": "Gone", "renamed": "Renamed", "edited": "Edited by hand"}
    top, below = set(run.themes["theme_id"]), set(run.names) - set(run.themes["theme_id"])
    lines = []
    former = {t: n for t, note in zip(ledger["theme_id"], ledger["note"], strict=True) if (n := _former(note))}
    for event, word in said.items():
        below_then = now["note"].astype("string").str.startswith("sub-theme ").fillna(False)
        those = now[(now["event"] == event) & ~now["theme_id"].isin(below) & ~below_then].drop_duplicates("theme_id")
        names = [words.clean(n, 80) for t in those["theme_id"] if (n := run.names.get(t) or former.get(t))]
        rest = len(those) - len(names[:4])
        if names:
            lines.append(f"{word}: {'; '.join(names[:4])}{f' and {rest} more' if rest else ''}.")
        elif rest:
            lines.append(f"{word}: {words.plural(rest, 'theme')}.")
    kept = int(now.loc[(now["event"] == "continued") & now["theme_id"].isin(top), "theme_id"].nunique())
    if kept == len(top) and not lines:
        return [f"Nothing: all {words.plural(kept, 'theme')} went on from the last run."]
    return [*lines, f"{words.plural(kept, 'theme')} went on from the last run."] if kept else (
        lines or ["No theme changed since the last run."])


def _former(note: object) -> str | None:
    """Name of a theme that this run has no more, from the note that the ledger made of its end."""
    found = _QUOTED.match(str(note)) if words.known(note) else None
    return found[1] if found else None


def impact_words(theme: Mapping[str, Any]) -> str:
    """Score impact in plain words; empty where no score was given."""
    if not words.known(theme["score_impact"]):
        return ""
    low, high = theme["score_impact_low"], theme["score_impact_high"]
    scale = words.label(theme["score_kind"]) if words.known(theme["score_kind"]) else "score"
    if low <= 0 <= high:
        return f"no clear effect on the {scale} answer"
    way = "lower" if theme["score_impact"] < 0 else "higher"
    near, far = sorted((abs(low), abs(high)))
    return f"{scale} answer {abs(theme['score_impact']):.1f} {way} where it occurs ({near:.1f} to {far:.1f})"


def _first(theme: Mapping[str, Any]) -> First:
    parts = [f"{words.percent(theme['author_share'])} of customers "
             f"({words.percent_span(theme['author_share_low'], theme['author_share_high'])})",
             f"severity {theme['severity']:.2f} of 1", impact_words(theme), str(theme["status"])]
    return First(theme["theme_id"], words.clean(theme["name"], 120), "; ".join(p for p in parts if p), theme["status"])


def period_of(items: pd.DataFrame) -> tuple[str, str]:
    """First and last day of the items."""
    when = items["created_at"].dropna()
    return words.day(when.min() if len(when) else None), words.day(when.max() if len(when) else None)
