"""Opens what a source names and reads each part in its format."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from voicemine.errors import ConfigError, InputError
from voicemine.sources.delimited import read_delimited
from voicemine.sources.grid import Grid
from voicemine.sources.jsonlike import parse, read_json, read_jsonl
from voicemine.sources.parts import Part, find_files, open_bytes, open_path
from voicemine.sources.report import FileReport
from voicemine.sources.settings import SourceSettings
from voicemine.sources.typed import read_excel, read_parquet, read_query, shown

_SUFFIX = re.compile(r"\.(?:csv|tsv|tab|txt|jsonl|ndjson|json|parquet|pq|xlsx|xlsm|gz|zip)$", re.I)


def source_names(sources: Sequence[SourceSettings]) -> list[str]:
    """A name for each source, each once. Raises ConfigError where two have the same given name."""
    given = Counter(s.name for s in sources if s.name)
    problems = [f"sources: the name '{n}' is given to {k} sources; each needs its own"
                for n, k in given.items() if k > 1]
    if problems:
        raise ConfigError(problems)
    names: list[str] = []
    for settings in sources:
        base = settings.name or _stem(settings)
        name, count = base, 2
        while not settings.name and (name in names or name in given):
            name, count = f"{base}_{count}", count + 1
        names.append(name)
    return names


def _stem(settings: SourceSettings) -> str:
    if settings.connection or settings.path == "-":
        return "query" if settings.connection else "stdin"
    plain = [p for p in Path(settings.path).parts if not re.search(r"[*?\[]", p)]
    stem = plain[-1] if plain else "files"
    while (shorter := _SUFFIX.sub("", stem)) != stem:
        stem = shorter
    return stem if stem not in ("", ".", "..", "/") else "files"


def open_source(settings: SourceSettings, base: Path, stdin: BinaryIO | None) -> list[tuple[FileReport, Grid]]:
    """All parts of a source, read. Raises InputError for what cannot be found, opened or understood."""
    if settings.connection:
        grid = read_query(settings.connection, settings.query, base=base, limit=settings.max_record_bytes)
        state = hashlib.sha256()
        for name, cells in grid.columns.items():
            state.update(repr((name, cells)).encode("utf-8", errors="replace"))
        return [(FileReport(shown(settings.connection), state.hexdigest(), 0, "query", None, None, grid.n_rows), grid)]
    if settings.path == "-":
        if stdin is None:
            raise InputError("the source '-' reads standard input, but there is none here; give a file")
        form = settings.format if settings.format != "auto" else "jsonl"
        parts = open_bytes(stdin.read(settings.max_file_bytes + 1), "standard input", settings.max_file_bytes, form)
    else:
        files = find_files(settings.path, base)
        if not files and not settings.allow_empty:
            raise InputError(f"'{settings.path}' holds no CSV, TSV, JSONL, JSON, Parquet or Excel file; check the "
                             "path, or set allow_empty where that is normal")
        parts = [p for f in files for p in open_path(f, _relative(f, base), settings.max_file_bytes)]
    found = []
    for part in parts:
        grid = _grid(part, settings)
        found.append((FileReport(part.label, part.origin.digest, part.origin.size, grid.format, grid.encoding,
                                 grid.delimiter, grid.n_rows), grid))
    return found


def _relative(path: Path, base: Path) -> str:
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)


def _grid(part: Part, settings: SourceSettings) -> Grid:
    form = settings.format if settings.format != "auto" else part.format
    if form in ("", "text", "json", "jsonl") and settings.format == "auto":
        form = _sniff(part, form)
    limit = settings.max_record_bytes
    if form == "parquet":
        return read_parquet(part, limit=limit)
    if form == "excel":
        return read_excel(part, sheet=settings.sheet, limit=limit)
    if form == "jsonl":
        return read_jsonl(part, encoding=settings.encoding, limit=limit)
    if form == "json":
        return read_json(part, encoding=settings.encoding, limit=limit)
    delimiter = "\t" if form == "tsv" and settings.delimiter == "auto" else settings.delimiter
    return read_delimited(part, encoding=settings.encoding, delimiter=delimiter, limit=limit)


def _sniff(part: Part, named: str) -> str:
    """Format by content where the name does not tell, or tells JSON lines for a JSON array."""
    head = next(iter(part.chunks()), b"").removeprefix(b"\xef\xbb\xbf").lstrip()[:1 << 16]
    if head.startswith(b"[") or head.partition(b"\n")[0].strip() == b"{":
        return "json"
    if named in ("json", "jsonl"):
        return named
    first = head.partition(b"\n")[0]
    if first.startswith(b"{"):
        try:
            parse(first.decode("utf-8", errors="replace"))
            return "jsonl"
        except (ValueError, RecursionError):
            return "csv"
    return "csv"
