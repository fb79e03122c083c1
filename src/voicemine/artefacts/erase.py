"""Takes items out of a finished run's tables, file by file: a kill leaves each as it was or as it shall be."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from voicemine import tables
from voicemine.artefacts.files import write_bytes, write_json
from voicemine.artefacts.publish import read_manifest, to_csv
from voicemine.errors import StoreError

#: Of n item ids and n author ids (or None), which are to go.
Goes = Callable[[Sequence[str], Sequence[str | None]], Sequence[bool]]


def runs_of(out: Path) -> list[Path]:
    """Folders of the finished runs in an out folder."""
    return sorted(p.parent for p in out.glob("*/run.json") if not p.parent.is_symlink())


def erase_items(run: Path, goes: Goes) -> frozenset[str]:
    """Remove items from every table of a run, and from its run.json the counts of rows; returns their ids.

    What repeats a removed item is represented by the first of the repeats that are left. Raises StoreError.
    """
    items = _read(run, "items")
    if items is None:
        return frozenset()
    ids, authors = items["item_id"].to_pylist(), items["author_id"].to_pylist()
    gone = frozenset(i for i, hit in zip(ids, goes(ids, authors), strict=True) if hit)
    if not gone:
        return gone
    heirs: dict[str, str] = {}
    for item, stands in zip(ids, items["representative_id"].to_pylist(), strict=True):
        if stands in gone and item not in gone:
            heirs.setdefault(stands, item)
    rows: dict[str, int] = {}
    # The items go last: while they stand, a removal that was cut short finds again what it has to remove.
    for path in sorted((run / "tables").glob("*.parquet"), key=lambda p: (p.stem == "items", p.stem)):
        table = _read(run, path.stem)
        if table is None:
            continue
        left = _without(table, gone, heirs)
        if left is not table:
            sink = io.BytesIO()
            pq.write_table(left, sink, compression="zstd", write_statistics=True, store_schema=True)
            if (csv := path.with_suffix(".csv")).is_file():
                write_bytes(csv, to_csv(tables.from_arrow(left)))
            if path.stem == "items":
                _recount(run, rows | {"items": left.num_rows}, len(gone))
            write_bytes(path, sink.getvalue())
            rows[path.stem] = left.num_rows
    return gone


def _without(table: pa.Table, gone: frozenset[str], heirs: dict[str, str]) -> pa.Table:
    names, asked = table.column_names, pa.array(sorted(gone), pa.string())
    left = table
    if "item_id" in names:
        left = left.filter(pc.invert(pc.is_in(left["item_id"].cast(pa.string()), asked)))
    elif "mention_id" in names:
        owners = pc.replace_substring_regex(left["mention_id"].cast(pa.string()), r"#[^#]*$", "")
        left = left.filter(pc.invert(pc.is_in(owners, asked)))
    if "representative_id" in names:
        stands = [heirs.get(r, r) for r in left["representative_id"].to_pylist()]
        at = left.column_names.index("representative_id")
        left = left.set_column(at, left.schema.field(at), pa.array(stands, left.schema.field(at).type))
        if "kind" in names:  # table duplicates: an item does not repeat itself
            left = left.filter(pc.not_equal(left["item_id"], left["representative_id"]))
    return table if left.equals(table) else left


def _read(run: Path, name: str) -> pa.Table | None:
    path = run / "tables" / f"{name}.parquet"
    try:
        return pq.read_table(path) if path.is_file() else None
    except (OSError, pa.ArrowInvalid) as fault:
        raise StoreError(f"cannot read {path}: {fault}") from fault


def _recount(run: Path, rows: dict[str, int], gone: int) -> None:
    record = read_manifest(run)
    record["tables"] = {**record.get("tables", {}), **rows}
    record["erased_items"] = int(record.get("erased_items", 0)) + gone
    write_json(run / "run.json", record)
