"""What every reader gives: columns of text, the rows that could not be read, and how the file was written."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Cell = str | None


@dataclass(frozen=True)
class Reject:
    """A refused row. `row` is 1-based; `detail` describes the fault and never shows what the row says."""

    row: int
    reason: str
    detail: str
    item_id: str | None = None


@dataclass
class Grid:
    """Rows of one part. Every column has one cell for each of `rows` (1-based numbers of the rows read)."""

    format: str
    columns: dict[str, list[Cell]] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    n_rows: int = 0
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    encoding: str | None = None
    encoding_confidence: float = 1.0
    fallback: str | None = None
    fallback_lines: int = 0
    delimiter: str | None = None
    _names: tuple[str, ...] = ()
    _current: list[list[Cell]] = field(default_factory=list)

    def reject(self, reason: str, detail: str) -> None:
        """Count one more row and refuse it."""
        self.n_rows += 1
        self.rejects.append(Reject(self.n_rows, reason, detail))

    def add(self, record: Mapping[str, Cell]) -> None:
        """Count one more row and keep it; columns unknown so far are filled up with missing cells."""
        names = tuple(record)
        if names != self._names:
            self._names, self._current = names, [self.columns.setdefault(name, []) for name in names]
            for column in self._current:
                column.extend([None] * (len(self.rows) - len(column)))
        for column, value in zip(self._current, record.values(), strict=True):
            column.append(value)
        self.n_rows += 1
        self.rows.append(self.n_rows)

    def add_limited(self, record: Mapping[str, Cell], limit: int) -> None:
        """As `add`, but refuse a record with more than `limit` characters (for formats that are not read by lines)."""
        if sum(len(v) for v in record.values() if v) > limit:
            self.reject("row_too_long", "the record is longer than max_record_bytes")
        else:
            self.add(record)

    def finish(self) -> Grid:
        """Bring all columns to the same length."""
        for column in self.columns.values():
            column.extend([None] * (len(self.rows) - len(column)))
        return self


def header_names(cells: Sequence[object]) -> tuple[list[str], list[str]]:
    """Column names, each once and none empty; and notes on what had to be changed."""
    names: list[str] = []
    notes: list[str] = []
    for position, cell in enumerate(cells, start=1):
        base = " ".join(str(cell if cell is not None else "").replace("\ufeff", "").split())
        if not base:
            base = f"column {position}"
        name, count = base, 2
        while name in names:
            name, count = f"{base}.{count}", count + 1
        if name != base:
            notes.append(f"the header holds '{base}' more than once; column {position} is read as '{name}'")
        names.append(name)
    return names, notes


def as_text(value: Any) -> Cell:
    """A cell of a typed format as text: whole floats without `.0`, times in ISO 8601, lists joined by `; `."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", errors="replace")
    if isinstance(value, list | tuple):
        if any(isinstance(v, dict | list | tuple) for v in value):
            return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
        return "; ".join(t for t in map(as_text, value) if t)
    return str(value)


def flatten(record: Mapping[str, Any], prefix: str = "") -> dict[str, Cell]:
    """Nested objects become columns named with dots."""
    flat: dict[str, Cell] = {}
    for key, value in record.items():
        name = prefix + str(key)
        if isinstance(value, dict):
            flat |= flatten(value, name + ".")
        else:
            flat[name] = as_text(value)
    return flat
