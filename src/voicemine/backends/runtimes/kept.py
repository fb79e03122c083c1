"""Converted graphs kept on disk: converting takes longer than encoding a night's new texts."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from voicemine.backends.model_card import file_hash, folder_hashes
from voicemine.backends.runtimes.graph import GRAPH_VERSION, EncoderGraph

_KEEP = 4  # of each runtime: two label branches in turn, each with vectors and without, need no new conversion
_DONE = "card.json"  # the name that folder_hashes leaves out


def graph_digest(graph: EncoderGraph) -> str:
    """Hash of a graph's weights and of what converts it, as 16 hex digits."""
    what = (GRAPH_VERSION, torch.__version__, graph.dimension, list(graph.label_sizes.items()))
    digest = hashlib.sha256(":".join(map(str, what)).encode())
    for name, value in sorted(graph.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.contiguous().numpy().data)
    return digest.hexdigest()[:16]


@contextmanager
def converted(store: Path | None, runtime: str, graph: EncoderGraph, convert: Callable[[Path], None]) -> Iterator[Path]:
    """A folder that `convert` has filled, taken from `store` where an unaltered one lies there.

    `runtime` is the name and version of what reads the files. Without a store, or where it cannot be written,
    the folder lives as long as the block.
    """
    place = store / f"{runtime}-{graph_digest(graph)}" if store is not None else None
    if place is not None and _is_whole(place):
        yield place
        return
    with tempfile.TemporaryDirectory(dir=_writable(store), prefix=".") as scratch:
        folder = Path(scratch) / "made"
        folder.mkdir()
        convert(folder)
        if place is not None and place.parent == _writable(store):
            (folder / _DONE).write_text(json.dumps(folder_hashes(folder)), "utf-8")
            folder = _moved(folder, place)
            _forget_older(place)
        yield folder


def _writable(store: Path | None) -> Path | None:
    if store is None:
        return None
    try:
        store.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return store if os.access(store, os.W_OK) else None


def _is_whole(place: Path) -> bool:
    try:
        hashes = json.loads((place / _DONE).read_text("utf-8"))
        return bool(hashes) and all(file_hash(place / name) == value for name, value in hashes.items())
    except (OSError, ValueError, AttributeError):
        return False


def _moved(folder: Path, place: Path) -> Path:
    shutil.rmtree(place, ignore_errors=True)
    try:
        os.replace(folder, place)
    except OSError:  # another process was first, or the disk is full: what was made serves this time
        return folder
    return place


def _forget_older(place: Path) -> None:
    kind = place.name.split("-")[0]
    others = sorted((p for p in place.parent.glob(f"{kind}-*") if p != place), key=lambda p: p.stat().st_mtime_ns)
    for old in others[: max(0, len(others) - _KEEP + 1)]:
        shutil.rmtree(old, ignore_errors=True)
