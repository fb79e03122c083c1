"""Vectors and logits by content: append-only, memory-mapped, checked on read. No text is in it.

A cache is a folder with `layout.json` (what a record holds), `rows` (records of one size) and `keys` (24 bytes
for each record: 12 of the content's HMAC, 4 zero, 8 of a checksum over key and record). Records are written and
made durable before their keys, so a key never stands without its record: what a killed process leaves is at
most a tail that no key names, or part of a key, and both are cut off at the next writing. A record that does
not fit its checksum counts as missing. Readers map the files as they were when they looked; a writer only
appends, or puts a new folder in place.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import xxhash

from voicemine.artefacts.files import make_folder, unwritable, whole_folder, write_json
from voicemine.errors import StoreError

Array = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]
_FORMAT = "voicemine-vectors/1"
_KEY = np.dtype([("head", "<u8"), ("tail", "<u4"), ("zero", "<u4"), ("check", "<u8")])
_BLOCK = 8192  # records handled at once


@dataclass(frozen=True)
class Layout:
    """What a record holds: a vector of `dimension` in `precision`, and the logits of each label set."""

    identity: str
    dimension: int
    precision: str
    labels: Mapping[str, int]

    @property
    def record(self) -> np.dtype[np.void]:
        kind = "<f2" if self.precision == "float16" else "<f4"
        return np.dtype([("vector", kind, (self.dimension,)), ("logits", "<f4", (sum(self.labels.values()),)),
                         ("windowed", "<u4")])

    def as_dict(self) -> dict[str, object]:
        return {"format": _FORMAT, "identity": self.identity, "dimension": self.dimension,
                "precision": self.precision, "labels": [[k, v] for k, v in self.labels.items()]}


def keys_of(digests: Sequence[str]) -> Array:
    """Content hashes (24 hex digits each) as keys (n,)."""
    raw = np.frombuffer(bytes.fromhex("".join(digests)), dtype="<u4").reshape(len(digests), 3)
    found = np.zeros(len(digests), dtype=_KEY)
    found["head"] = raw[:, 0].astype(np.uint64) << 32 | raw[:, 1]
    found["tail"] = raw[:, 2]
    return found


class VectorCache:
    """The records of one encoder. One process may write (the run's lock sees to that), any number may read."""

    def __init__(self, folder: Path) -> None:
        """`folder` need not exist; a cache that cannot be understood counts as empty, and is replaced."""
        self._folder = folder
        self._layout = _read_layout(folder)
        self._keys = np.zeros(0, dtype=_KEY)
        self._order = np.zeros(0, dtype=np.int64)
        self._heads = np.zeros(0, dtype=np.uint64)
        self._file: BinaryIO | None = None
        self._refresh()

    @property
    def layout(self) -> Layout | None:
        """What the records hold; None while there are none."""
        return self._layout

    def __len__(self) -> int:
        return len(self._keys)

    def has(self, keys: Array) -> Bools:
        """Which of `keys` (n,) are there; their records are not looked at."""
        return self._places(keys)[0]

    def _places(self, keys: Array) -> tuple[Bools, npt.NDArray[np.int64]]:
        if self._layout is None or not len(self._keys):
            return np.zeros(len(keys), dtype=np.bool_), np.zeros(len(keys), dtype=np.int64)
        # The last of equal keys wins: a record that was found damaged is written again behind it.
        at = np.searchsorted(self._heads, keys["head"], side="right") - 1
        row = self._order[np.maximum(at, 0)]
        return (at >= 0) & (self._keys["head"][row] == keys["head"]) & (self._keys["tail"][row] == keys["tail"]), row

    def find(self, keys: Array) -> tuple[Bools, Array]:
        """Which of `keys` (n,) are there and sound, and their records in that order (hits,)."""
        hit, row = self._places(keys)
        if self._layout is None or not hit.any():
            return hit, np.zeros(0, dtype=self._layout.record if self._layout else np.uint8)
        found = self._records(row[hit])
        sound = _checksums(keys[hit], found) == self._keys["check"][row[hit]]
        hit[np.flatnonzero(hit)[~sound]] = False
        return hit, found[sound]

    def add(self, keys: Array, records: Array, *, layout: Layout) -> None:
        """Append records (n,) of `layout`. A cache of another layout is replaced. Raises StoreError."""
        if self._layout != layout:
            with whole_folder(self._folder) as scratch:
                write_json(scratch / "layout.json", layout.as_dict())
                for name in ("rows", "keys"):
                    (scratch / name).touch()
            self._layout = layout
        if len(keys) == 0:
            return
        size, count = layout.record.itemsize, _committed(self._folder, layout)
        entries = keys.copy()
        entries["check"] = _checksums(keys, records)
        try:
            _append(self._folder / "rows", count * size, np.ascontiguousarray(records).tobytes())
            _append(self._folder / "keys", count * _KEY.itemsize, entries.tobytes())
        except OSError as fault:
            raise unwritable(self._folder, fault) from fault
        self._refresh()

    def prune(self, keep: Array) -> int:
        """Rewrite the cache with the sound records of `keep` (n,) alone; returns how many records went."""
        if self._layout is None:
            return 0
        before = len(self)
        wanted = np.unique(keep)
        if before == len(wanted) and bool(self._holds(wanted).all()):
            return 0
        layout = self._layout
        with whole_folder(self._folder) as scratch:
            write_json(scratch / "layout.json", layout.as_dict())
            with (scratch / "rows").open("wb") as rows, (scratch / "keys").open("wb") as keys:
                for start in range(0, len(wanted), _BLOCK):
                    part = wanted[start : start + _BLOCK]
                    hit, records = self.find(part)
                    entries = part[hit].copy()
                    entries["check"] = _checksums(entries, records)
                    rows.write(records.tobytes())
                    keys.write(entries.tobytes())
        self._refresh()
        return before - len(self)

    def _records(self, rows: npt.NDArray[np.int64]) -> Array:
        if self._layout is None or self._file is None or not len(rows):
            return np.zeros(0, dtype=self._layout.record if self._layout else np.uint8)
        # Mapped for this call alone: what was read does not stay in the process's memory.
        found: Array = np.memmap(self._file, dtype=self._layout.record, mode="r", shape=(len(self),))[rows]
        return found

    def _holds(self, keys: Array) -> Bools:
        return np.isin(keys["head"], self._keys["head"])

    def _refresh(self) -> None:
        if self._layout is None:
            return
        count = _committed(self._folder, self._layout)
        try:
            self._keys = np.fromfile(self._folder / "keys", dtype=_KEY, count=count)
            if self._file is not None:
                self._file.close()
            # Held open: who reads goes on reading the same file when another takes its place.
            self._file = (self._folder / "rows").open("rb")
        except (OSError, ValueError) as fault:
            raise StoreError(f"the vector cache {self._folder} cannot be read: {fault}; remove the folder") from fault
        # A stable sort keeps equal keys in the order in which they were written.
        self._order = np.argsort(self._keys["head"], kind="stable")
        self._heads = self._keys["head"][self._order]


def _checksums(keys: Array, records: Array) -> npt.NDArray[np.uint64]:
    """xxh3 over key and record, for each."""
    seeds = (keys["head"] ^ (keys["tail"].astype(np.uint64) << 1)).tolist()
    rows = np.ascontiguousarray(records).view(np.uint8).reshape(len(records), records.dtype.itemsize)
    return np.fromiter((xxhash.xxh3_64_intdigest(row.data, seed=seed) for row, seed in zip(rows, seeds, strict=True)),
                       dtype=np.uint64, count=len(records))


def _read_layout(folder: Path) -> Layout | None:
    try:
        found = json.loads((folder / "layout.json").read_text("utf-8"))
        if found["format"] != _FORMAT:
            return None
        return Layout(str(found["identity"]), int(found["dimension"]), str(found["precision"]),
                      {str(k): int(v) for k, v in found["labels"]})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _committed(folder: Path, layout: Layout) -> int:
    """Whole keys with whole records."""
    try:
        return min((folder / "keys").stat().st_size // _KEY.itemsize,
                   (folder / "rows").stat().st_size // layout.record.itemsize)
    except OSError:
        return 0


def _append(path: Path, end: int, content: bytes) -> None:
    """Write durably behind the first `end` bytes; what a killed writer left behind them goes."""
    make_folder(path.parent)
    with path.open("r+b" if path.is_file() else "w+b") as handle:
        handle.truncate(end)
        handle.seek(end)
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
