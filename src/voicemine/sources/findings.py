"""What a reading found out: warnings for the reader, and settings with every guess filled in."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from voicemine.sources.assemble import Assembled
from voicemine.sources.grid import Grid
from voicemine.sources.guess import Layout
from voicemine.sources.report import FileReport
from voicemine.sources.settings import SourceSettings


def warnings_of(layout: Layout, done: Assembled) -> list[str]:
    """Faults in dates and scores, one line each."""
    out = []
    again = sum(r.reason == "duplicate_id" for r in done.rejects)
    if layout.id is not None and again > 0.05 * (done.rows_kept + again):
        out.append(f"{again} row(s) repeat an id of '{layout.id}'; if that is not an id, set id_column to another "
                   "column or to the empty string")
    if done.dates is not None:
        d = done.dates
        future = int((d.times > pd.Timestamp(datetime.now(UTC))).sum())
        out += [text for n, text in (
            (d.n_nonsense, f"{d.n_nonsense} of {d.n_given} time(s) in '{layout.time}' cannot be read; left empty"),
            (d.n_other_order, f"{d.n_other_order} date(s) in '{layout.time}' only fit the other order than {d.order}"),
            (d.n_shifted, f"{d.n_shifted} time(s) in '{layout.time}' fall into a daylight-saving gap; moved"),
            (future, f"{future} time(s) in '{layout.time}' lie in the future; kept")) if n]
        if d.reason.startswith("ambiguous"):
            out.append(f"the order of day and month in '{layout.time}' is {d.reason}; set date_order to be sure")
    if done.scores is not None:
        s = done.scores
        if s.n_unreadable:
            out.append(f"{s.n_unreadable} of {s.n_given} score(s) in '{layout.score}' are not numbers; left empty")
        if s.n_outside:
            out.append(f"{s.n_outside} of {s.n_given} score(s) in '{layout.score}' lie outside {s.low:g} to "
                       f"{s.high:g} ({', '.join(f'{x:g}' for x in s.outside)}); left empty")
    return out


def resolve(name: str, settings: SourceSettings, layout: Layout, done: Assembled,
              grids: list[tuple[FileReport, Grid]]) -> SourceSettings:
    """The settings with every guess filled in; what differs from file to file stays open."""
    change: dict[str, object] = {
        "name": name, "text_columns": layout.texts, "attribute_columns": layout.attributes, "channel": done.channel,
        "id_prefix": done.id_prefix, "title_column": layout.title or ""}
    for role in ("id", "time", "score", "scale", "author", "channel", "question", "speaker"):
        change[f"{role}_column"] = getattr(layout, role) or ""
    encodings = {f.encoding for f, g in grids if f.encoding}
    delimiters = {f.delimiter for f, g in grids if f.delimiter}
    if len(encodings) == 1:
        change["encoding"] = encodings.pop()
    if len(delimiters) == 1:
        change["delimiter"] = delimiters.pop()
    if done.dates is not None and done.dates.n_given:
        change["date_order"] = done.dates.order
    if done.scores is not None and layout.scale is None and done.scores.n_given:
        change["score_kind"] = done.scores.kind
        if "as found" not in done.scores.reason:
            change["score_range"] = (done.scores.low, done.scores.high)
    return settings.model_copy(update=change)
