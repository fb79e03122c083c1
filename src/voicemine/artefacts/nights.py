"""What a night takes over from the one before: items that stay, and the model that new mentions are held against."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from safetensors import SafetensorError
from safetensors.numpy import load_file

from voicemine import tables
from voicemine.artefacts.files import digest_file, make_folder, write_bytes
from voicemine.artefacts.publish import read_table
from voicemine.errors import StoreError

_HASH = 24


def kept_items(out: Path, before: str | None, sources: Collection[str]) -> pd.DataFrame:
    """Items of the run `before` that come from these sources, in the columns of `items_clean`.

    The tables of the last committed run are the state: they hold cleaned and redacted items only. Raises StoreError
    where that run's folder is gone, for then items would be lost without a word.
    """
    if before is None or not sources:
        return tables.empty("items_clean")
    if not (out / before / "tables" / "items.parquet").is_file():
        raise StoreError(f"{out / before} is gone, which holds the items of earlier nights "
                         f"({', '.join(sorted(sources))}); put it back, or begin with a new out folder")
    items = read_table(out / before, "items")
    chosen = items[items["source"].isin(set(sources))].reset_index(drop=True)
    names = [*tables.TABLES["items_clean"].column_names, *(c for c in chosen.columns if c.startswith("attr_"))]
    # An attribute that none of these items has belongs to another source.
    return chosen[[c for c in names if not c.startswith("attr_") or chosen[c].notna().any()]]


def save_model(state: Path, source: Path) -> str:
    """Keep a theme model that a stage stored; returns the hash that it is found by."""
    name = digest_file(source)[:_HASH]
    path = make_folder(state / "themes") / f"{name}.safetensors"
    if not path.is_file():
        write_bytes(path, source.read_bytes())
    return name


def load_model(state: Path, name: str) -> Mapping[str, npt.NDArray[Any]] | None:
    """The theme model of that hash, or None where it is not there any more or is damaged."""
    path = state / "themes" / f"{name}.safetensors"
    try:
        if digest_file(path)[:_HASH] != name:
            return None
        found: dict[str, np.ndarray[Any, Any]] = load_file(path)
    except (OSError, SafetensorError):
        return None
    return found


def prune_models(state: Path, keep: Collection[str]) -> None:
    """Remove theme models that no run can start from any more."""
    for path in (state / "themes").glob("*.safetensors"):
        if path.stem not in keep:
            path.unlink(missing_ok=True)
