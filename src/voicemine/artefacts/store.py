"""Stage results on disk, found by what they were made from.

A result lies in `<root>/<stage>-<key>/`: a Parquet file for each table, a safetensors file for each mapping
of arrays, and `done.json` with their hashes. The folder appears at once when all of it is written.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from voicemine import tables
from voicemine.artefacts.files import digest_file, unwritable, whole_folder, write_json
from voicemine.errors import StoreError

Artefact: TypeAlias = pd.DataFrame | Mapping[str, np.ndarray[Any, Any]]


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write an Arrow table so that equal tables give equal bytes."""
    try:
        pq.write_table(table, path, compression="zstd", write_statistics=True, store_schema=True)
    except OSError as fault:
        raise unwritable(path, fault) from fault


def read_parquet(path: Path) -> pd.DataFrame:
    """Read a table that voicemine wrote, with plain dtypes. Raises StoreError where it cannot be read."""
    try:
        return tables.from_arrow(pq.read_table(path))
    except (OSError, pa.ArrowInvalid) as fault:
        raise StoreError(f"cannot read {path}: {fault}") from fault


@dataclass(frozen=True)
class Saved:
    """A stored stage result: hashes of its files by artefact name, and the figures kept with it."""

    folder: Path
    hashes: Mapping[str, str]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class EarlierResult:
    """Artefacts that a stage read and wrote in an earlier run; each is checked when it is read."""

    root: Path
    places: Mapping[str, tuple[str, str]]

    def read(self, name: str) -> Artefact | None:
        """The artefact of that name, or None where it is gone or was altered."""
        folder, digest = self.places.get(name, ("", ""))
        for path in (self.root / folder / f"{name}.parquet", self.root / folder / f"{name}.safetensors"):
            try:
                if folder and digest_file(path) == digest:
                    return read_parquet(path) if path.suffix == ".parquet" else load_file(path)
            except (OSError, SafetensorError, StoreError):
                continue
        return None


class StageStore:
    """Stage results below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def _folder(self, stage: str, key: str) -> Path:
        return self._root / f"{stage}-{key[:24]}"

    def find(self, stage: str, key: str) -> Saved | None:
        """The stored result, or None where there is none or its files were altered or cut short."""
        folder = self._folder(stage, key)
        try:
            done = json.loads((folder / "done.json").read_text("utf-8"))
            if done["key"] != key:
                return None
            for entry in done["files"].values():
                if digest_file(folder / entry["file"]) != entry["sha256"]:
                    return None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return Saved(folder, {n: e["sha256"] for n, e in done["files"].items()}, done["facts"])

    def save(
        self, stage: str, key: str, artefacts: Mapping[str, Artefact], facts: Mapping[str, Any], *, family: str = "",
        reads: Mapping[str, Saved] | None = None,
    ) -> Saved:
        """Check and store a stage's artefacts. Raises TableError or StoreError; nothing half-written remains.

        family: hash of all that decides the result but the input. reads: the stored artefacts that were read, by name,
        for `earlier`.
        """
        folder = self._folder(stage, key)
        files: dict[str, dict[str, str]] = {}
        with whole_folder(folder) as scratch:
            for name, artefact in artefacts.items():
                if isinstance(artefact, pd.DataFrame):
                    path = scratch / f"{name}.parquet"
                    write_parquet(path, tables.to_arrow(name, artefact))
                else:
                    path = scratch / f"{name}.safetensors"
                    save_file({k: np.ascontiguousarray(v) for k, v in artefact.items()}, path)
                files[name] = {"file": path.name, "sha256": digest_file(path)}
            write_json(scratch / "done.json", {
                "stage": stage, "key": key, "family": family, "files": files, "facts": dict(facts),
                "reads": {n: {"folder": s.folder.name, "sha256": s.hashes[n]} for n, s in (reads or {}).items()}})
        return Saved(folder, {n: e["sha256"] for n, e in files.items()}, facts)

    def earlier(self, stage: str, family: str) -> EarlierResult | None:
        """What a stage of this family last read and wrote, or None where nothing of it is left."""
        found = []
        for path in self._root.glob(f"{stage}-*/done.json"):
            try:
                done = json.loads(path.read_text("utf-8"))
            except (OSError, ValueError):
                continue
            if done.get("family") == family:
                found.append((path.stat().st_mtime_ns, path.parent.name, done))
        if not found:
            return None
        _, folder, done = max(found, key=lambda f: f[:2])
        places = {n: (r["folder"], r["sha256"]) for n, r in done["reads"].items()}
        places |= {n: (folder, e["sha256"]) for n, e in done["files"].items()}
        return EarlierResult(self._root, places)

    def load(self, saved: Saved, name: str) -> Artefact:
        """Read one artefact of a stored result."""
        table = saved.folder / f"{name}.parquet"
        if table.is_file():
            return read_parquet(table)
        try:
            return load_file(saved.folder / f"{name}.safetensors")
        except (OSError, SafetensorError) as fault:
            raise StoreError(f"cannot read the stored {name}: {fault}") from fault

    def prune(self, keep: set[Path]) -> int:
        """Remove stored results that are not in `keep`; returns how many."""
        count = 0
        if self._root.is_dir():
            for folder in sorted(self._root.iterdir()):
                if folder.is_dir() and folder not in keep:
                    shutil.rmtree(folder, ignore_errors=True)
                    count += 1
        return count
