"""Reads all sources into the raw table. Nothing is written anywhere: raw text lives in memory only."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from voicemine.errors import InputError
from voicemine.sources.assemble import RAW_COLUMNS, assemble, check_columns
from voicemine.sources.findings import resolve, warnings_of
from voicemine.sources.grid import Cell, Grid, Reject
from voicemine.sources.guess import choose
from voicemine.sources.lock import conflict, locked
from voicemine.sources.opening import open_source, source_names
from voicemine.sources.profiles import measure
from voicemine.sources.report import FileReport, SourceReport, fingerprint
from voicemine.sources.settings import SourceSettings
from voicemine.tables import conform

#: Formats whose records name only the fields that they have.
_SPARSE = frozenset({"json", "jsonl"})


@dataclass(frozen=True)
class Ingested:
    """All sources together.

    raw: one row an item, columns `source, source_row, item_id, author, created_at (UTC), score, score_kind, channel,
    question, speaker (customer / agent / None), text, attr_*`. Personal data are still in it: never store it.
    rejects: the refused rows, in the columns of table `rejects`. reports: one a source, in the order given.
    """

    raw: pd.DataFrame
    rejects: pd.DataFrame
    reports: tuple[SourceReport, ...]

    @property
    def fingerprint(self) -> str:
        """Hash of the content and settings of all sources."""
        return hashlib.sha256("\n".join(r.fingerprint for r in self.reports).encode()).hexdigest()


def read_sources(
    sources: Sequence[SourceSettings], *, base: Path, stdin: BinaryIO | None = None,
    known: Mapping[str, str] | None = None,
) -> Ingested:
    """Read every source, in the order given; relative paths start at `base`.

    known: how sources with `lock` were understood before (see lock.py). For each source, rows in = rows kept + rows
    refused. Raises InputError where a source is unreadable, no longer fits its lock, is empty (unless allow_empty), or
    holds no usable row; ConfigError where two sources have the same given name.
    """
    if not sources:
        raise InputError("no source was given; name one with --input or under `sources`")
    frames: list[pd.DataFrame] = []
    refused: list[tuple[str, Reject]] = []
    reports: list[SourceReport] = []
    ids: set[str] = set()
    held = locked(sources, known or {})
    for name, asked, settings in zip(source_names(sources), sources, held, strict=True):
        try:
            grids = open_source(settings, base, stdin)
            report, raw, rejects = _read_one(name, settings, grids, ids)
        except InputError as fault:
            if settings != asked:
                raise conflict(fault, asked, settings) from fault
            raise
        ids.update(raw["item_id"])
        frames.append(raw)
        reports.append(report)
        refused += [(name, r) for r in rejects]
    raw = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    for column in raw.columns.difference(["created_at", "score", "source_row"]):
        if len(frames) > 1 or raw[column].dtype != object:
            raw[column] = raw[column].astype(object).where(raw[column].notna(), None)
    table = conform("rejects", pd.DataFrame({
        "ordinal": range(len(refused)), "source": [s for s, _ in refused],
        "row": pd.array([r.row for _, r in refused], dtype="Int64"), "item_id": [r.item_id for _, r in refused],
        "stage": ["ingest"] * len(refused), "reason": [r.reason for _, r in refused],
        "detail": [r.detail for _, r in refused]}))
    return Ingested(raw, table, tuple(reports))


def _read_one(name: str, settings: SourceSettings, grids: list[tuple[FileReport, Grid]],
              ids: set[str]) -> tuple[SourceReport, pd.DataFrame, list[Reject]]:
    label = grids[0][0].path if len(grids) == 1 else f"source {name}"
    files = tuple(f for f, _ in grids)
    warnings = [f"{f.path}: {note}" if len(grids) > 1 else note for f, g in grids for note in g.notes]
    columns, rows, rejects, n_rows = _merge(grids)
    if not rows:
        if n_rows:
            raise InputError(f"{label}: {_why(rejects)}")
        if not settings.allow_empty:
            header = any(g.columns for _, g in grids)
            what = "holds a header but no row" if header else "is empty"
            raise InputError(f"{label} {what}; check that it was written in full, or set allow_empty where that is "
                             "normal")
        report = SourceReport(name, files, (), None, None, {}, None, None, None, 0, 0, 0, {}, tuple(warnings), settings,
                              fingerprint([f.sha256 for f in files], settings))
        return report, _no_rows(), []
    if settings.lock and all(f.format in _SPARSE for f in files):
        warnings += _fill(columns, settings, len(rows), label)
    layout = choose({c: measure(c, cells) for c, cells in columns.items()}, settings, label)
    for file, grid in grids:
        if not grid.n_rows:
            warnings.append(f"{file.path} has no row")
        elif len(grids) > 1:
            warnings += check_columns(list(grid.columns), layout, file.path)
    done = assemble(columns, rows, layout, settings, name=name, label=label, taken_ids=ids)
    rejects = sorted([*rejects, *done.rejects], key=lambda r: r.row)
    only_filtered = all(r.reason == "filtered" for r in rejects)
    if not done.rows_kept and not (settings.allow_empty and only_filtered):
        raise InputError(f"{label}: {_why(rejects)}; text was looked for in {', '.join(map(repr, layout.texts))}")
    resolved = resolve(name, settings, layout, done, grids)
    dates, scores = done.dates, done.scores
    report = SourceReport(
        name=name, files=files, columns=(*layout.choices, *done.extra),
        date_order=dates.order if dates else None, date_reason=dates.reason if dates else None,
        date_formats=dates.formats if dates else {},
        score_kind=scores.kind if scores else None, score_range=(scores.low, scores.high) if scores else None,
        score_reason=scores.reason if scores else None, rows_in=n_rows, rows_kept=done.rows_kept,
        n_items=len(done.raw),
        rows_rejected=dict(sorted(Counter(r.reason for r in rejects).items())),
        warnings=(*warnings, *done.warnings, *warnings_of(layout, done)), resolved=resolved,
        fingerprint=fingerprint([f.sha256 for f in files], resolved))
    return report, done.raw, rejects


def _fill(columns: dict[str, list[Cell]], settings: SourceSettings, n_rows: int, label: str) -> list[str]:
    """Add columns that a locked source need not have every night: JSON leaves out what has no value."""
    optional = [settings.title_column, settings.score_column, settings.scale_column, settings.author_column,
                settings.channel_column, settings.question_column, settings.speaker_column,
                *(settings.attribute_columns if settings.attribute_columns != "auto" else ())]
    absent = [c for c in dict.fromkeys(optional) if c and c not in columns]
    columns.update({c: [None] * n_rows for c in absent})
    return [f"{label}: no record has {', '.join(map(repr, absent))} this time"] if absent else []


def _merge(grids: list[tuple[FileReport, Grid]]) -> tuple[dict[str, list[Cell]], list[int], list[Reject], int]:
    """Stack the parts; row numbers run on from part to part."""
    if len(grids) == 1:
        grid = grids[0][1]
        return grid.columns, grid.rows, list(grid.rejects), grid.n_rows
    columns: dict[str, list[Cell]] = {c: [] for _, g in grids for c in g.columns}
    rows: list[int] = []
    rejects: list[Reject] = []
    offset = 0
    for file, grid in grids:
        for column, cells in columns.items():
            cells.extend(grid.columns.get(column) or [None] * len(grid.rows))
        rows += [offset + r for r in grid.rows]
        rejects += [Reject(offset + r.row, r.reason, f"{file.path}, row {r.row}: {r.detail}") for r in grid.rejects]
        offset += grid.n_rows
    return columns, rows, rejects, offset


def _why(rejects: list[Reject]) -> str:
    counts = Counter(r.reason for r in rejects)
    first = rejects[0]
    listed = ", ".join(f"{n} {reason}" for reason, n in counts.most_common())
    return f"none of {len(rejects)} row(s) can be used ({listed}; first: row {first.row}, {first.detail})"


def _no_rows() -> pd.DataFrame:
    empty = pd.DataFrame({c: pd.Series([], dtype=object) for c in RAW_COLUMNS})
    return empty.astype({"source_row": "int64", "score": "float64", "created_at": "datetime64[us, UTC]"})
