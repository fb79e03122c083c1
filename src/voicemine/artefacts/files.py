"""Files that are either whole or not there: hashing, durable writes, folders that appear at once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from voicemine.errors import StoreError

_CHUNK = 1 << 20


def digest_file(path: Path) -> str:
    """sha256 of a file's bytes, as hex."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()


def digest_json(value: Any) -> str:
    """sha256 of a value's canonical JSON, as hex: equal values, equal digests, whatever the key order."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Write JSON so that a reader sees the old file or the new one, never a half."""
    text = json.dumps(value, indent=1, ensure_ascii=False, sort_keys=False, default=str) + "\n"
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes durably and atomically. Raises StoreError naming the path where that is not possible."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(partial, path)
    except OSError as fault:
        partial.unlink(missing_ok=True)
        raise unwritable(path, fault) from fault


def unwritable(path: Path, fault: OSError) -> StoreError:
    """The error for a write that failed, with the cure for the usual causes."""
    cure = {28: "free some disk space", 13: "check the folder's permissions", 30: "the file system is read-only"}
    hint = cure.get(fault.errno or 0, "choose another out folder")
    return StoreError(f"cannot write {path}: {fault.strerror or fault}; {hint}. The last complete run is untouched")


def make_folder(path: Path) -> Path:
    """Create a folder with its parents. Raises StoreError where that is not possible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise unwritable(path, fault) from fault
    return path


def sync_folder(path: Path) -> None:
    """Make the renames within a folder durable, where the system can."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


@contextmanager
def whole_folder(final: Path) -> Iterator[Path]:
    """Give a scratch folder that becomes `final` at once when the block ends well, and vanishes otherwise.

    A folder of that name which is there already is replaced. What a killed process left behind is swept by
    `sweep` at the next start.
    """
    make_folder(final.parent)
    scratch = final.parent / f".{final.name}.{os.getpid()}.part"
    shutil.rmtree(scratch, ignore_errors=True)
    make_folder(scratch)
    try:
        yield scratch
        for path in sorted(scratch.rglob("*")):
            if path.is_file():
                with path.open("rb") as handle:
                    os.fsync(handle.fileno())
        if final.exists():
            retired = final.parent / f".{final.name}.{os.getpid()}.old.part"
            os.replace(final, retired)
            os.replace(scratch, final)
            shutil.rmtree(retired, ignore_errors=True)
        else:
            os.replace(scratch, final)
        sync_folder(final.parent)
    except OSError as fault:
        raise unwritable(final, fault) from fault
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def sweep(folder: Path) -> int:
    """Remove what killed runs left half-written in `folder`; returns how many entries. Call under the lock."""
    count = 0
    if folder.is_dir():
        for path in folder.glob(".*.part"):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
            count += 1
    return count
