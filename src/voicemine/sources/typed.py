"""Typed sources to a grid: Parquet, Excel, and database queries."""

from __future__ import annotations

import io
import os
import re
import sqlite3
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from voicemine.errors import InputError
from voicemine.sources.grid import Grid, as_text, flatten, header_names
from voicemine.sources.parts import Part


def read_parquet(part: Part, *, limit: int) -> Grid:
    """Read all row groups; nested columns are flattened with dots. Raises InputError for a damaged file."""
    grid = Grid("parquet")
    try:
        file = pq.ParquetFile(io.BytesIO(part.content()))
        for batch in file.iter_batches(batch_size=8192):
            for record in batch.to_pylist():
                grid.add_limited(flatten(record), limit)
        if not grid.columns:
            grid.columns = {name: [] for name in file.schema_arrow.names}
    except (pa.ArrowException, OSError) as fault:
        raise InputError(f"{part.label} is not a readable Parquet file; write it anew") from fault
    return grid.finish()


def read_excel(part: Part, *, sheet: str, limit: int) -> Grid:
    """Read one sheet; the first row with a value is the header.

    Raises InputError for a damaged file or an unknown sheet.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(part.content()), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as fault:
        raise InputError(f"{part.label} is not a readable Excel file (or is locked by a password); "
                         "save it as .xlsx without password, or as .csv") from fault
    names = [s.title for s in book.worksheets]
    if sheet and sheet not in names:
        raise InputError(f"{part.label} has no sheet '{sheet}'; it has {', '.join(names)}")
    used = ""
    grid = Grid("excel")
    for name in [sheet] if sheet else names:
        grid = _rows(book[name].iter_rows(values_only=True), Grid("excel"), limit)
        used = name
        if grid.n_rows:
            break
    book.close()
    if len(names) > 1:
        grid.notes.append(f"sheet '{used}' was read, of {len(names)}: {', '.join(names)}")
    return grid


def _rows(rows: Iterable[Sequence[Any]], grid: Grid, limit: int) -> Grid:
    header: list[str] = []
    for row in rows:
        cells = [as_text(v) for v in row]
        if not header:
            if any(cells):
                while cells and not cells[-1]:
                    cells.pop()
                header, grid.notes = header_names(cells)
                grid.columns = {name: [] for name in header}
            continue
        if any(cells):
            cells += [None] * (len(header) - len(cells))
            if any(cells[len(header):]):
                grid.reject("ragged_row", f"a value stands right of the last of {len(header)} header cells")
                continue
            grid.add_limited(dict(zip(header, cells, strict=False)), limit)
    return grid.finish()


def read_query(connection: str, query: str, *, base: Path, limit: int) -> Grid:
    """Run `query` and take its rows. SQLite is opened read-only; other databases need SQLAlchemy.

    Raises InputError where the database or the query is faulty; a password never shows in the message.
    """
    url = os.path.expandvars(connection)
    if "://" not in url or url.startswith("sqlite:///"):
        path = base / Path(url.removeprefix("sqlite:///")).expanduser()
        if not path.is_file():
            raise InputError(f"there is no database file '{shown(connection)}'; check `connection`")
        try:
            database = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
            try:
                cursor = database.execute(query)
                if cursor.description is None:
                    raise InputError("the query gives no rows; `query` must be a SELECT")
                return _table([d[0] for d in cursor.description], cursor, limit)
            finally:
                database.close()
        except sqlite3.Error as fault:
            raise InputError(f"the query on {shown(connection)} failed: {fault}; check `query`") from fault
    try:
        import sqlalchemy
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError as fault:
        raise InputError("this database needs the package SQLAlchemy and its driver; install them with pip") from fault
    try:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as opened:
            result = opened.execute(sqlalchemy.text(query))
            return _table(list(result.keys()), result, limit)
    except (SQLAlchemyError, ImportError) as fault:
        raise InputError(f"the query on {shown(connection)} failed ({type(fault).__name__}); "
                         "check `connection` and `query`") from fault


def shown(connection: str) -> str:
    """The connection without its password."""
    return re.sub(r"://([^/:@]*):[^@]*@", r"://\1:***@", connection)


def _table(names: list[str], rows: Iterable[Sequence[Any]], limit: int) -> Grid:
    header, notes = header_names(names)
    grid = Grid("query", notes=notes, columns={name: [] for name in header})
    for row in rows:
        grid.add_limited(dict(zip(header, map(as_text, row), strict=True)), limit)
    return grid.finish()
