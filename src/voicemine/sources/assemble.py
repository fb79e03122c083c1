"""From columns of cells and a layout to the raw table: one row an item, refused rows with their reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from voicemine.errors import InputError
from voicemine.sources.cells import kind_of, passes, speakers, text_of, value_of, with_title
from voicemine.sources.dates import Dates, parse_dates
from voicemine.sources.grid import Cell, Reject
from voicemine.sources.guess import Choice, Layout
from voicemine.sources.identify import row_ids, showable, slug
from voicemine.sources.profiles import name_words
from voicemine.sources.scores import Scores, parse_scores
from voicemine.sources.settings import SourceSettings
from voicemine.sources.vocabulary import is_question

RAW_COLUMNS = ("source", "source_row", "item_id", "author", "created_at", "score", "score_kind", "channel", "question",
               "speaker", "text")


@dataclass
class Assembled:
    """The raw items of one source, what was refused, and what was found on the way."""

    raw: pd.DataFrame
    rejects: list[Reject]
    rows_kept: int
    dates: Dates | None
    scores: Scores | None
    channel: str
    id_prefix: str
    extra: list[Choice] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def assemble(columns: Mapping[str, list[Cell]], rows: Sequence[int], layout: Layout, settings: SourceSettings, *,
             name: str, label: str, taken_ids: set[str]) -> Assembled:
    """Build the raw table of one source. `rows` are the 1-based numbers of the n rows in `columns`.

    `taken_ids` are the item ids of earlier sources. Refused, in this order: rows that do not meet the filter, rows
    whose texts are all blank, and rows whose id came before.
    """
    texts = {t: [text_of(c) for c in columns[t]] for t in layout.texts}
    if layout.title is not None:
        titles = columns[layout.title]
        texts = {t: [with_title(a, b) for a, b in zip(titles, cells, strict=True)] for t, cells in texts.items()}
    kept, rejects = _readable(columns, rows, texts, settings, label)
    endings = _endings(layout.texts)
    prefix, ids, warnings = _ids(columns, kept, texts, layout, settings, name, endings, taken_ids)
    unique = _first_ones(ids, kept, rows, columns, endings, taken_ids, rejects)
    ids = [ids[i] for i in unique]
    chosen = [kept[i] for i in unique]

    def pick(column: str) -> list[Cell]:
        cells = columns[column]
        return [cells[i] for i in chosen]

    dates = None if layout.time is None else parse_dates(
        pick(layout.time), order=settings.date_order, zone=settings.time_zone, label=f"{label}, column '{layout.time}'")
    scores = None if layout.score is None else parse_scores(
        pick(layout.score), name=layout.score, kind=settings.score_kind, limits=settings.score_range,
        scales=None if layout.scale is None else pick(layout.scale))
    channel = settings.channel or kind_of(list(columns), name, layout, scores.kind if scores else None)
    nothing: list[Cell] = [None] * len(chosen)
    extra = []
    authors = [value_of(c) for c in pick(layout.author)] if layout.author else nothing
    if layout.author is None and len(texts) > 1:
        authors = list(ids)
        extra.append(Choice("author", "", "a row with several answers is one respondent", 0.7))
    frame: dict[str, Any] = {
        "source": _objects([name] * len(chosen)), "source_row": np.array([rows[i] for i in chosen], dtype=np.int64),
        "item_id": _objects(ids), "author": _objects(authors),
        "created_at": dates.times if dates else pd.Series(
            pd.NaT, index=range(len(chosen)), dtype="datetime64[us, UTC]"),
        "score": scores.values if scores else np.full(len(chosen), np.nan),
        "score_kind": _objects(scores.kinds if scores else nothing),
        "channel": _objects([value_of(c) or channel or None
                             for c in (pick(layout.channel) if layout.channel else nothing)]),
        "question": _objects([value_of(c) for c in pick(layout.question)] if layout.question else nothing),
        "speaker": _objects(speakers(layout.speaker, pick(layout.speaker)) if layout.speaker else nothing)}
    slugs: set[str] = set()
    for column in layout.attributes:
        frame[f"attr_{slug(column, taken=slugs)}"] = _objects([value_of(c) for c in pick(column)])
    raw = _one_row_an_item(pd.DataFrame(frame), {t: [texts[t][i] for i in chosen] for t in layout.texts}, endings,
                           asked=layout.question is not None)
    attributes = [c for c in raw.columns if c.startswith("attr_")]
    raw = raw[[*RAW_COLUMNS, *attributes]]
    return Assembled(raw, rejects, len(chosen), dates, scores, channel, prefix, extra, warnings)


def _objects(values: Sequence[Any]) -> pd.Series[Any]:
    return pd.Series(list(values), dtype=object)


def _readable(columns: Mapping[str, list[Cell]], rows: Sequence[int], texts: Mapping[str, list[str]],
              settings: SourceSettings, label: str) -> tuple[list[int], list[Reject]]:
    """Positions of rows that pass the filter and hold a text, and the rejects for the others."""
    keep = passes(columns, len(rows), settings.filter, label)
    filled = np.zeros(len(rows), dtype=bool)
    for cells in texts.values():
        filled |= np.array([c != "" for c in cells], dtype=bool)
    what = "the text is blank" if len(texts) == 1 else f"all {len(texts)} texts are blank"
    rejects = [Reject(rows[i], "filtered", "does not meet the source's filter") for i in np.flatnonzero(~keep).tolist()]
    rejects += [Reject(rows[i], "blank_text", what) for i in np.flatnonzero(keep & ~filled).tolist()]
    return np.flatnonzero(keep & filled).tolist(), rejects


def _ids(columns: Mapping[str, list[Cell]], kept: Sequence[int], texts: Mapping[str, list[str]], layout: Layout,
         settings: SourceSettings, name: str, endings: Sequence[str],
         taken_ids: set[str]) -> tuple[str, list[str], list[str]]:
    """The prefix, an id for each kept row, and warnings."""
    joined = ["\x1e".join(cells[i] for cells in texts.values()) for i in kept]
    given, author, time = ([columns[c][i] for i in kept] if c is not None else None
                           for c in (layout.id, layout.author, layout.time))
    ids, derived = row_ids(name, given, author, time, joined)
    prefix, warnings = settings.id_prefix or "", []
    if derived:
        warnings.append(f"{derived} row(s) have no value in '{layout.id}'; their ids are derived from the content")
    if layout.id is None:
        return prefix, ids, warnings
    if settings.id_prefix is None and taken_ids and any(i + e in taken_ids for i in ids for e in endings):
        prefix = f"{name}:"
        warnings.append(f"ids of this source also occur in an earlier one; '{prefix}' is put in front of them "
                        "(set id_prefix to choose another)")
    return prefix, [prefix + i for i in ids] if prefix else ids, warnings


def _endings(names: Sequence[str]) -> list[str]:
    """What is added to a row's id for each of its texts: nothing for one text, else `:` and the column's slug."""
    taken: set[str] = set()
    return [""] if len(names) == 1 else [f":{slug(n, taken=taken)}" for n in names]


def _first_ones(ids: Sequence[str], kept: Sequence[int], rows: Sequence[int], columns: Mapping[str, list[Cell]],
                endings: Sequence[str], taken_ids: set[str], rejects: list[Reject]) -> list[int]:
    """Positions in `ids` that are the first of their id; later ones are refused."""
    first: dict[str, int] = {}
    unique: list[int] = []
    for position, row_id in enumerate(ids):
        if row_id in first:
            i, j = kept[first[row_id]], kept[position]
            same = all(cells[i] == cells[j] for cells in columns.values())
            what = "and the whole row is the same" if same else "with other content"
            detail = f"the id stands already in row {rows[i]}, {what}"
            rejects.append(Reject(rows[j], "duplicate_id", detail, showable(row_id)))
        elif taken_ids and any(row_id + e in taken_ids for e in endings):
            rejects.append(Reject(rows[kept[position]], "duplicate_id", "the id stands already in an earlier source",
                                  showable(row_id)))
        else:
            first[row_id] = position
            unique.append(position)
    return unique


def _one_row_an_item(table: pd.DataFrame, texts: Mapping[str, list[str]], endings: Sequence[str], *,
                     asked: bool) -> pd.DataFrame:
    """Add the texts; a row with several becomes several items, in the order of rows, then columns."""
    if len(texts) == 1:
        (column, cells), = texts.items()
        table["text"] = _objects(cells)
        if not asked and is_question(column, name_words(column)):
            table["question"] = column
        return table
    pieces = []
    for (column, cells), ending in zip(texts.items(), endings, strict=True):
        piece = table.assign(text=_objects(cells), question=column)
        piece["item_id"] = _objects([i + ending for i in table["item_id"]])
        pieces.append(piece[piece["text"] != ""])
    return pd.concat(pieces).sort_index(kind="stable").reset_index(drop=True)


def check_columns(names: Sequence[str], layout: Layout, label: str) -> list[str]:
    """For one file of several: an error where no text column is in it, a warning for other columns it lacks."""
    if not any(t in names for t in layout.texts):
        wanted = " or ".join(repr(t) for t in layout.texts)
        raise InputError(f"{label} has no column {wanted}, which holds the text in the other files; "
                         "give it as a source of its own")
    used = [layout.id, layout.time, layout.score, layout.author, *layout.texts]
    absent = dict.fromkeys(c for c in used if c is not None and c not in names)
    return [f"{label} has no column {', '.join(map(repr, absent))}"] if absent else []
