"""Small judgements on cells: blank or not, title and text, who speaks, which rows the filter lets through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from voicemine.sources import vocabulary as v
from voicemine.sources.grid import Cell
from voicemine.sources.guess import Layout, resolve_name

Mask = npt.NDArray[np.bool_]


def text_of(cell: Cell) -> str:
    """The text unchanged, or the empty string where there is nothing but white space."""
    return "" if cell is None or not cell.strip() else cell


def value_of(cell: Cell) -> Cell:
    """The trimmed value, or None."""
    return (cell or "").strip() or None


def with_title(title: Cell, text: str) -> str:
    """The title as a sentence of its own in front of the text, unless the text begins with it."""
    head = (title or "").strip()
    if not head or text.lstrip().casefold().startswith(head.casefold().rstrip(".… ")):
        return text
    if not text:
        return head
    return f"{head}{'.' if head[-1].isalnum() else ''}\n{text}"


def passes(columns: Mapping[str, list[Cell]], n: int, conditions: Sequence[str], label: str) -> Mask:
    """(n,) which rows meet every `column==value` or `column!=value`; case and outer spaces do not count."""
    keep = np.ones(n, dtype=bool)
    for condition in conditions:
        same, other = condition.find("=="), condition.find("!=")
        negated = other >= 0 and (same < 0 or other < same)
        name, _, wanted = condition.partition("!=" if negated else "==")
        column = resolve_name(name.strip(), list(columns), setting="filter", label=label)
        value = wanted.strip().casefold()
        equal = np.array([(c or "").strip().casefold() == value for c in columns[column]], dtype=bool)
        keep &= ~equal if negated else equal
    return keep


def speakers(name: str, cells: Sequence[Cell]) -> list[Cell]:
    """`customer`, `agent` or None a row, for a column of flags (`inbound`) or of parties (`sender`)."""
    words = set(name.casefold().replace("_", " ").split())
    yes, no = ("agent", "customer") if words & {"outbound", "agent", "staff", "outgoing"} else ("customer", "agent")
    meaning = {**dict.fromkeys(v.CUSTOMER_VALUES, "customer"), **dict.fromkeys(v.AGENT_VALUES, "agent"),
               **dict.fromkeys(v.YES, yes), **dict.fromkeys(v.NO, no)}
    return [meaning.get((c or "").strip().casefold()) for c in cells]


def kind_of(columns: Sequence[str], name: str, layout: Layout, score_kind: str | None) -> str:
    """What kind of source the columns and the source's name suggest; empty where they suggest nothing."""
    words = {w for c in (*columns, name) for w in c.casefold().replace("_", " ").replace("-", " ").split()}
    if words & {"tweet", "tweets", "retweet", "hashtag", "subreddit"}:
        return "social"
    if words & {"ticket", "tickets", "case", "complaint", "complaints"} or layout.speaker:
        return "ticket"
    survey = len(layout.texts) > 1 or layout.question or words & {"survey", "respondent"}
    if survey or score_kind in ("nps", "csat5", "csat7", "ces7"):
        return "survey"
    return "review" if score_kind == "stars5" or words & {"review", "reviews"} else ""
