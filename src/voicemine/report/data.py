"""The exported tables and run.json of one run, read for the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from voicemine import tables
from voicemine.artefacts.publish import read_manifest
from voicemine.artefacts.store import read_parquet
from voicemine.errors import StoreError

_NEEDED = ("items", "mentions", "themes", "theme_touchpoints", "theme_quotes", "theme_trends", "theme_ledger",
           "journey", "rejects", "redactions", "duplicates")
_OPTIONAL = ("map_points", "forecasts", "interventions", "personas", "persona_members", "persona_traits")


@dataclass(frozen=True)
class RunData:
    """One run. `found` holds the tables by name, `manifest` is run.json."""

    manifest: Mapping[str, Any]
    found: Mapping[str, pd.DataFrame]

    def table(self, name: str) -> pd.DataFrame:
        """One table by name."""
        return self.found[name]

    @cached_property
    def mined(self) -> pd.DataFrame:
        """Items that took part, with `author`: the known author, else the item itself."""
        items = self.found["items"]
        mined = items[items["is_mined"]].reset_index(drop=True)
        return mined.assign(author=mined["author_id"].where(mined["author_id"].notna(), mined["item_id"]))

    @cached_property
    def mentions(self) -> pd.DataFrame:
        """Mentions with the `author`, `source` and `created_at` of their item."""
        carried = self.mined[["item_id", "author", "source", "created_at"]]
        return self.found["mentions"].merge(carried, on="item_id", how="inner", validate="m:1")

    @cached_property
    def themes(self) -> pd.DataFrame:
        """Themes of the default level that nobody hid, first to fix first."""
        themes = self.found["themes"]
        top = themes[(themes["level"] == 0) & ~themes["is_hidden"]]
        return top.sort_values(["priority_rank", "theme_id"]).reset_index(drop=True)

    @cached_property
    def names(self) -> dict[str, str]:
        """theme_id -> name, both levels."""
        themes = self.found["themes"]
        return dict(zip(themes["theme_id"], themes["name"], strict=True))

    @cached_property
    def stages(self) -> list[str]:
        """Stages in the journey's order, without `unclear`: the taxonomy's, then any other that the table holds."""
        told = [s["label"] for s in self.manifest.get("taxonomy", {}).get("stages", ())]
        seen = [s for s in self.found["journey"]["stage"].drop_duplicates() if s not in told and s != "unclear"]
        return told + seen

    @cached_property
    def touchpoints(self) -> list[str]:
        """Touchpoints that occur, in the taxonomy's order; `none` and `unclear` last."""
        seen = list(self.found["journey"]["touchpoint"].drop_duplicates())
        told = [t["label"] for t in self.manifest.get("taxonomy", {}).get("touchpoints", ())]
        order = {t: i for i, t in enumerate([*told, *(t for t in seen if t not in told)])}
        return sorted(seen, key=lambda t: (t in ("none", "unclear"), order[t]))

    def author_codes(self, frame: pd.DataFrame) -> npt.NDArray[np.int64]:
        """(n,) codes of the column `author`."""
        return np.asarray(pd.factorize(frame["author"])[0], dtype=np.int64)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as mappings by column name."""
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def load(folder: Path) -> RunData:
    """Read a run's folder. Raises StoreError where a table or run.json is missing or cannot be read."""
    found = {name: read_parquet(folder / "tables" / f"{name}.parquet") for name in _NEEDED}
    for name in _OPTIONAL:
        path = folder / "tables" / f"{name}.parquet"
        found[name] = read_parquet(path) if path.is_file() else tables.empty(name)
    manifest = read_manifest(folder)
    if "run_id" not in manifest:
        raise StoreError(f"{folder / 'run.json'} names no run_id; it was not written by voicemine")
    return RunData(manifest, found)
