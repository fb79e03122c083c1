"""Delimited text: finds the dialect on a sample, then reads record by record and survives broken quotes."""

from __future__ import annotations

import csv
import itertools
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from voicemine.errors import InputError
from voicemine.sources.decoding import detect
from voicemine.sources.grid import Grid, header_names
from voicemine.sources.lines import Damage, lines_of
from voicemine.sources.moments import looks_like_date
from voicemine.sources.parts import Part

_SAMPLE_LINES = 200
_SAMPLE_CHARS = 1 << 16
_RECORD_LINES = 5000
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Dialect:
    """How fields are separated and quoted. An empty delimiter means one field a line."""

    delimiter: str
    quote: str = '"'
    escape: str | None = None


class _TooLong(Exception):
    """The feed met a line or a record above the limit."""


class _Feed:
    """Hands lines to the CSV reader, remembers those of the current record, and can take them back."""

    def __init__(self, lines: Iterator[str | None], limit: int) -> None:
        self._lines = lines
        self._back: deque[str] = deque()
        self._limit = limit
        self.taken: list[str] = []
        self._size = 0

    def start(self) -> None:
        self.taken, self._size = [], 0

    def give_back(self) -> None:
        """All lines of the record but the first are read again."""
        self._back.extendleft(reversed(self.taken[1:]))

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._lines)
        if line is None:
            raise _TooLong
        self.taken.append(line)
        self._size += len(line)
        if self._size > self._limit or len(self.taken) > _RECORD_LINES:
            raise csv.Error("record too long")
        return line


def read_delimited(part: Part, *, encoding: str, delimiter: str, limit: int) -> Grid:
    """Read CSV or TSV. The first record is the header. `limit` is in bytes, for a line or record.

    A row with too few or too many fields is refused, never shifted; where a quote was left open, only its first
    line is refused and reading goes on behind it. Raises InputError for binary content or an over-long header.
    """
    code = detect(part.chunks(), part.label, forced=encoding)
    damage = Damage()
    lines = lines_of(part.chunks(), code, damage, limit=limit)
    sample = _sample(lines, part.label, limit)
    dialect, skip = find_dialect([s for s in sample if s is not None], forced=delimiter, whole=len(sample) < 100)
    feed = _Feed(itertools.chain(sample[skip:], lines), limit)
    grid = Grid(part.format if part.format in ("csv", "tsv") else "csv", delimiter=dialect.delimiter or None)
    old = csv.field_size_limit(limit)
    try:
        _read(feed, dialect, grid)
    finally:
        csv.field_size_limit(old)
    grid.encoding, grid.encoding_confidence = code.name, code.confidence
    grid.fallback, grid.fallback_lines = code.fallback, damage.fallback_lines
    note_damage(grid, damage)
    return grid.finish()


def note_damage(grid: Grid, damage: Damage) -> None:
    """State in the grid's notes what decoding had to repair."""
    if damage.fallback_lines:
        grid.notes.append(f"{damage.fallback_lines} line(s) are not {grid.encoding}; read as {grid.fallback}")
    if damage.replaced_lines:
        grid.notes.append(f"{damage.replaced_lines} line(s) hold bytes of no known encoding; these show as \ufffd")
    if damage.nul_lines:
        grid.notes.append(f"NUL bytes were dropped from {damage.nul_lines} line(s)")


def _sample(lines: Iterator[str | None], label: str, limit: int) -> list[str | None]:
    sample: list[str | None] = []
    size = 0
    for line in lines:
        if line is None and not any(s is not None and s.strip() for s in sample):
            raise InputError(f"{label}, line {len(sample) + 1}: the header is longer than {limit} bytes, so this is "
                             "hardly a table; check the file, or raise max_record_bytes")
        sample.append(line)
        size += len(line or "")
        if len(sample) >= _SAMPLE_LINES or size > _SAMPLE_CHARS:
            break
    return sample


def _records(feed: Iterable[str], dialect: Dialect, *, strict: bool = False) -> Iterator[list[str]]:
    return csv.reader(feed, delimiter=dialect.delimiter or "\x1f", quotechar=dialect.quote, escapechar=dialect.escape,
                      doublequote=dialect.escape is None, skipinitialspace=dialect.delimiter != "\t", strict=strict)


def _read(feed: _Feed, dialect: Dialect, grid: Grid) -> None:
    names: list[str] = []
    columns: list[list[str | None]] = []
    reader = _records(feed, dialect)
    while True:
        feed.start()
        try:
            record = next(reader)
        except StopIteration:
            break
        except _TooLong:
            grid.reject("row_too_long", "the line is longer than max_record_bytes")
            reader = _records(feed, dialect)
            continue
        except csv.Error:
            grid.reject(*_open_quote(len(feed.taken)))
            feed.give_back()
            reader = _records(feed, dialect)
            continue
        if (len(record) <= 1 or not names) and not any(cell.strip() for cell in record):
            continue
        if not names:
            names, notes = header_names(record)
            grid.notes += notes
            if any(looks_like_date(name) or name.replace(".", "").isdigit() for name in names):
                grid.notes.append("the first row looks like data, not like column names; add a header row if it is")
            columns = [grid.columns.setdefault(name, []) for name in names]
            continue
        if len(record) > len(names) and not any(record[len(names):]):
            record = record[:len(names)]
        broken = len(feed.taken) > 1 and not _strict(feed.taken, dialect)
        if broken or len(record) != len(names):
            if len(feed.taken) > 1:
                grid.reject(*_open_quote(len(feed.taken)))
                feed.give_back()
                reader = _records(feed, dialect)
            else:
                grid.reject("ragged_row", f"{len(record)} field(s) where the header has {len(names)}")
            continue
        grid.n_rows += 1
        grid.rows.append(grid.n_rows)
        for column, value in zip(columns, record, strict=True):
            column.append(value)


def _strict(lines: list[str], dialect: Dialect) -> bool:
    """Whether a record of several lines is well-formed: a quote left open runs on into the quotes of later rows."""
    try:
        return len(list(_records(lines, dialect, strict=True))) == 1
    except csv.Error:
        return False


def _open_quote(n_lines: int) -> tuple[str, str]:
    return "unclosed_quote", f"a quote opens here and is not closed as it should be within {n_lines} line(s)"


def find_dialect(sample: list[str], *, forced: str = "auto", whole: bool = True) -> tuple[Dialect, int]:
    """The dialect of the sampled lines, and how many leading lines (a `sep=;` hint) are not data.

    whole: the sample is not cut off, so that its last record counts too.
    """
    if sample and (hint := re.fullmatch(r"\s*\"?sep=(.)\"?\s*", sample[0].rstrip("\r\n"))):
        return Dialect(hint[1] if forced == "auto" else forced), 1
    choices = _DELIMITERS if forced == "auto" else (forced,)
    escapes: tuple[str | None, ...] = (None, "\\") if any('\\"' in line for line in sample) else (None,)
    scored = [(_fit(sample, d, whole), d) for d in (Dialect(c, escape=e) for c in choices for e in escapes)]
    best = max(scored, key=lambda s: s[0])
    if forced != "auto" or best[0] >= (0.9, 2):
        return best[1], 0
    other = _clever(sample)
    if other is not None and _fit(sample, other, whole) > best[0]:
        return other, 0
    return (best[1] if best[0][0] >= 0.3 else Dialect("")), 0


def _fit(sample: list[str], dialect: Dialect, whole: bool) -> tuple[float, int]:
    """Share of records as wide as the header, and that width; (0, 1) for a single column."""
    try:
        records = [r for r in itertools.islice(_records(iter(sample), dialect), 100) if any(r)]
    except csv.Error:
        return 0.0, 0
    width = len(records[0]) if records else 0
    if width < 2:
        return 0.0, 1
    body = records[1:] if whole else records[1:-1]
    fits = sum(len(r) == width or (len(r) > width and not any(r[width:])) for r in body)
    return (fits / len(body) if body else 1.0), width


def _clever(sample: list[str]) -> Dialect | None:
    import clevercsv  # slow to import, and rarely needed

    text = "".join(sample[:30])[:4000]
    try:
        found = clevercsv.Sniffer().sniff(text)
    except clevercsv.Error:
        return None
    if found is None or not found.delimiter or found.delimiter.isalnum() or found.delimiter.isspace():
        return None
    return Dialect(found.delimiter, found.quotechar or '"', found.escapechar or None)
