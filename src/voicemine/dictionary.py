"""The data dictionary, written from the declarations that the tables are checked against."""

from __future__ import annotations

import json
from collections.abc import Iterator

from voicemine.errors import UsageError
from voicemine.schema import Column, Table
from voicemine.tables import EXPORTED, TABLES, VERSION

_TYPES = {"text": "string", "integer": "int64", "number": "double", "probability": "double, 0..1",
          "signed_unit": "double, -1..1", "boolean": "bool", "time": "timestamp, UTC", "texts": "list of string",
          "shares": "map of string to double, 0..1"}


def _tables(name: str | None) -> Iterator[Table]:
    if name is not None and name not in EXPORTED:
        raise UsageError(f"no table is called '{name}'; there are: {', '.join(EXPORTED)}")
    yield from (TABLES[n] for n in EXPORTED if name in (None, n))


def _meaning(column: Column) -> str:
    values = f" One of: {', '.join(column.allowed)}." if column.allowed else ""
    return column.meaning + values


def as_text(name: str | None = None) -> str:
    """Plain text for a terminal."""
    lines = [f"tables, version {VERSION}"]
    for table in _tables(name):
        lines += ["", f"{table.name}: one row per {table.row}; key: {', '.join(table.key)}"]
        for column in table.columns:
            null = ", may be missing" if column.nullable else ""
            lines.append(f"  {column.name:<24}{_TYPES[column.kind]}{null}: {_meaning(column)}")
        if table.open_prefix:
            name = table.open_prefix + "*"
            lines.append(f"  {name:<24}string, may be missing: segment passed through from the source")
    return "\n".join(lines)


def as_json(name: str | None = None) -> str:
    """JSON for programs."""
    return json.dumps({"version": VERSION, "tables": [
        {"name": t.name, "row": t.row, "key": list(t.key), "open_prefix": t.open_prefix, "columns": [
            {"name": c.name, "type": _TYPES[c.kind], "nullable": c.nullable, "meaning": c.meaning,
             "allowed": list(c.allowed) if c.allowed else None} for c in t.columns]}
        for t in _tables(name)]}, indent=1, ensure_ascii=False)


def as_markdown(name: str | None = None) -> str:
    """Markdown for the documentation."""
    lines = ["# Data dictionary", "", f"Version {VERSION} of the exported tables. Printed by "
             "`voicemine tables describe --format markdown`."]
    for table in _tables(name):
        key = ", ".join(f"`{k}`" for k in table.key)
        lines += ["", f"## {table.name}", "", f"One row per {table.row}. Key: {key}.", "",
                  "| column | type | missing | meaning |", "|---|---|---|---|"]
        lines += [f"| `{c.name}` | {_TYPES[c.kind]} | {'yes' if c.nullable else 'no'} | {_meaning(c)} |"
                  for c in table.columns]
        if table.open_prefix:
            lines.append(f"| `{table.open_prefix}*` | string | yes | segment passed through from the source |")
    return "\n".join(lines)
