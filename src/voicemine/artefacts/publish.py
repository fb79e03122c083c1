"""What a run leaves: its folder with tables, report and run.json, and `current`, switched last."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from voicemine import tables
from voicemine.artefacts.files import sync_folder, unwritable, whole_folder, write_bytes
from voicemine.artefacts.store import read_parquet, write_parquet
from voicemine.errors import StoreError, UsageError

# A cell that begins with one of these is a formula to a spreadsheet; a leading apostrophe makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: Any) -> Any:
    """A CSV cell that no spreadsheet runs as a formula: numbers stay, dangerous text gets an apostrophe."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value


def _csv_value(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value) or value is pd.NA:
        return ""
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return safe_cell(value)


def to_csv(frame: pd.DataFrame) -> bytes:
    """A table as UTF-8 CSV: lists and maps as JSON text, times in ISO 8601, missing values empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([safe_cell(c) for c in frame.columns])
    columns = [[_csv_value(v) for v in frame[c].tolist()] for c in frame.columns]
    writer.writerows(zip(*columns, strict=True))
    return buffer.getvalue().encode("utf-8")


@contextmanager
def run_folder(out: Path, run_id: str) -> Iterator[Path]:
    """Scratch folder that becomes `out/run_id` when the block ends well."""
    with whole_folder(out / run_id) as scratch:
        (scratch / "tables").mkdir()
        yield scratch


def write_tables(folder: Path, exported: Mapping[str, pd.DataFrame], *, csv_too: bool) -> dict[str, int]:
    """Check and write every table as Parquet (and CSV); returns rows by table."""
    rows = {}
    for name, frame in exported.items():
        arrow = tables.to_arrow(name, frame)
        write_parquet(folder / "tables" / f"{name}.parquet", arrow)
        if csv_too:
            write_bytes(folder / "tables" / f"{name}.csv", to_csv(tables.from_arrow(arrow)))
        rows[name] = arrow.num_rows
    return rows


def switch_current(out: Path, run_id: str) -> None:
    """Point `current` at a run, atomically: a reader sees the old run or the new one."""
    link, fresh = out / "current", out / f".current.{os.getpid()}.part"
    try:
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(run_id, target_is_directory=True)
        os.replace(fresh, link)
        sync_folder(out)
    except OSError as fault:
        raise unwritable(link, fault) from fault


def current_run(out: Path) -> Path | None:
    """Folder of the run that is current in an out folder, or None."""
    link = out / "current"
    return link.resolve() if (link / "run.json").is_file() else None


def find_run(path: Path) -> Path:
    """The run folder meant by a path: a run, an out folder (its current run), or its `tables` folder."""
    for candidate in (path, path / "current", path.parent):
        if (candidate / "run.json").is_file():
            return candidate.resolve()
    raise UsageError(f"{path} is not a run; give a run's folder or an out folder that has a 'current' run")


def read_manifest(run: Path) -> dict[str, Any]:
    """run.json of a run."""
    try:
        found = json.loads((run / "run.json").read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise StoreError(f"cannot read {run / 'run.json'}: {fault}") from fault
    return dict(found)


def read_table(run_dir: str | Path, name: str) -> pd.DataFrame:
    """One exported table of a run (or of an out folder's current run) as a DataFrame.

    Raises UsageError for an unknown table name and StoreError for a file that cannot be read.
    """
    if name not in tables.EXPORTED:
        raise UsageError(f"no table is called '{name}'; there are: {', '.join(tables.EXPORTED)}")
    return read_parquet(find_run(Path(run_dir)) / "tables" / f"{name}.parquet")
