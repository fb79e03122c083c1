"""What a declared table is, and the check that a frame keeps its declaration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from voicemine.errors import TableError

Kind = Literal["text", "integer", "number", "probability", "signed_unit", "boolean", "time", "texts", "shares"]

ARROW: dict[str, pa.DataType] = {
    "text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "probability": pa.float64(),
    "signed_unit": pa.float64(), "boolean": pa.bool_(), "time": pa.timestamp("us", tz="UTC"),
    "texts": pa.list_(pa.string()), "shares": pa.map_(pa.string(), pa.float64()),
}
_BOUNDS: dict[str, tuple[float, float]] = {"probability": (0.0, 1.0), "signed_unit": (-1.0, 1.0)}


@dataclass(frozen=True)
class Column:
    """One column. `nullable` says whether a value may be missing; `allowed` lists the only legal values."""

    name: str
    kind: Kind
    meaning: str
    nullable: bool = False
    allowed: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Table:
    """One table: what a row is, which columns are its key, and whether `attr_*` columns may follow."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    open_prefix: str | None = None
    exported: bool = True

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)

    def schema(self, frame_columns: Iterable[str] = ()) -> pa.Schema:
        """Arrow schema; columns of the open prefix found in `frame_columns` follow as text."""
        fields = [pa.field(c.name, ARROW[c.kind], nullable=c.nullable) for c in self.columns]
        if self.open_prefix:
            known = set(self.column_names)
            fields += [pa.field(c, pa.string()) for c in frame_columns
                       if c.startswith(self.open_prefix) and c not in known]
        return pa.schema(fields)


def to_arrow(table: Table, frame: pd.DataFrame) -> pa.Table:
    """Check `frame` against the contract and return it as an Arrow table.

    Raises TableError with every fault found: missing, unknown or untypable columns, missing values, values
    out of range or not allowed, repeated keys. Each names table, column, count and up to three examples.
    """
    absent = [c for c in table.column_names if c not in frame.columns]
    if absent:
        raise TableError(f"table {table.name}: missing column(s) {', '.join(absent)}")
    schema = table.schema(frame.columns)
    unknown = [c for c in frame.columns if c not in schema.names]
    if unknown:
        raise TableError(f"table {table.name}: undeclared column(s) {', '.join(map(str, unknown))}; "
                         "declare them in tables.py")
    faults: list[str] = []
    arrays = []
    for field in schema:
        try:
            arrays.append(_arrow_column(frame[field.name], field.type))
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError) as fault:
            faults.append(f"column {field.name} is not {field.type}: {str(fault)[:120]}")
    if not faults:
        faults = _value_faults(table, frame)
    if faults:
        raise TableError(f"table {table.name}: " + "; ".join(faults))
    return pa.Table.from_arrays(arrays, schema=schema)


def _arrow_column(values: pd.Series[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_map(kind):
        return pa.array([None if v is None else sorted(dict(v).items()) for v in values], type=kind)
    if pa.types.is_timestamp(kind):
        # The unit that pandas happens to carry must not decide what is stored.
        return pa.array(pd.to_datetime(values, utc=True).astype("datetime64[us, UTC]"), type=kind, from_pandas=True)
    if pa.types.is_list(kind):
        return pa.array([None if v is None else list(v) for v in values], type=kind)
    if pa.types.is_integer(kind) and values.dtype == object:
        values = values.astype("Int64")
    array = pa.array(values, type=kind, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def from_arrow(table: pa.Table) -> pd.DataFrame:
    """Arrow to pandas with plain dtypes: object text with None, datetime64[us, UTC], lists and dicts as objects."""
    frame = pd.DataFrame(index=pd.RangeIndex(table.num_rows))
    columns: dict[str, Any] = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        if pa.types.is_map(field.type):
            columns[field.name] = pd.Series([None if v is None else dict(v) for v in column.to_pylist()], dtype=object)
        elif pa.types.is_list(field.type) or pa.types.is_string(field.type):
            columns[field.name] = pd.Series(column.to_pylist(), dtype=object)
        elif pa.types.is_integer(field.type) and column.null_count:
            columns[field.name] = column.to_pandas(integer_object_nulls=True).astype("Int64")
        elif pa.types.is_boolean(field.type) and column.null_count:
            columns[field.name] = pd.Series(column.to_pylist(), dtype="boolean")
        else:
            columns[field.name] = column.to_pandas()
    return pd.DataFrame(columns, index=frame.index, columns=list(table.schema.names))


def _examples(values: Iterable[object]) -> str:
    found = list(dict.fromkeys(str(v)[:40] for v in values))
    return ", ".join(found[:3]) + (" …" if len(found) > 3 else "")


def _value_faults(table: Table, frame: pd.DataFrame) -> list[str]:
    faults = []
    for column in table.columns:
        values = frame[column.name]
        missing = values.isna()
        if not column.nullable and missing.any():
            first = int(np.argmax(missing))
            faults.append(f"column {column.name}: {int(missing.sum())} missing value(s) at row {first}")
        if column.kind in _BOUNDS:
            low, high = _BOUNDS[column.kind]
            numbers = pd.to_numeric(values[~missing])
            wrong = numbers[(numbers < low) | (numbers > high)]
            if len(wrong):
                faults.append(f"column {column.name}: {len(wrong)} value(s) outside {low:g}..{high:g}: "
                              f"{_examples(wrong)}")
        if column.allowed is not None:
            wrong = values[~missing & ~values.isin(column.allowed)]
            if len(wrong):
                faults.append(f"column {column.name}: {len(wrong)} value(s) not allowed: {_examples(wrong)}")
    repeated = frame.duplicated(list(table.key))
    if repeated.any():
        rows = frame.loc[repeated, list(table.key)].astype(str).agg(" / ".join, axis=1)
        faults.append(f"key {' + '.join(table.key)}: {int(repeated.sum())} repeated: {_examples(rows)}")
    return faults
