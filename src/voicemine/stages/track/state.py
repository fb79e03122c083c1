"""What the ledger is told after a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from voicemine import tables
from voicemine.prior import FLOW_COLUMNS, MEMBER_COLUMNS, THEME_COLUMNS, PriorThemes, Vectors
from voicemine.stages.track.today import long_members

#: Artefacts of the run that `ledger_state` reads: tables, and the arrays `theme_centroids`.
LEDGER_READS = ("theme_ids", "theme_nodes", "theme_members", "theme_ledger", "theme_translation", "theme_centroids")


def ledger_state(artefacts: Mapping[str, Any], *, prior: PriorThemes) -> PriorThemes:
    """The knowledge after this run: what the next one will be given as its prior.

    artefacts: the artefacts named in LEDGER_READS. Themes that were not found keep their last members, centroid,
    name and dates.
    """
    theme_ids: pd.DataFrame = artefacts["theme_ids"]
    ledger: pd.DataFrame = artefacts["theme_ledger"]
    fresh = ledger.iloc[len(prior.events):]
    run_id = str(fresh["run_id"].iloc[0]) if len(fresh) else None
    now = theme_ids.merge(artefacts["theme_nodes"][["theme_key", "parent_theme_key", "level", "kind"]], on="theme_key",
                          validate="1:1")
    lasting = dict(zip(now["theme_key"], now["theme_id"], strict=True))
    pinned = dict(zip(prior.themes["theme_id"], prior.themes["is_pinned"].astype(bool), strict=True))
    live = pd.DataFrame({
        "theme_id": now["theme_id"], "level": now["level"], "kind": now["kind"],
        "parent_theme_id": now["parent_theme_key"].map(lasting), "name": now["name"],
        "is_pinned": [pinned.get(t, False) for t in now["theme_id"]], "state": "live", "missed": 0,
        "status": now["status"], "first_seen": now["first_seen"], "last_seen": now["last_seen"],
    })
    lost = prior.themes[~prior.themes["theme_id"].isin(set(now["theme_id"]))].copy()
    if len(lost):
        ended = dict(zip(fresh["theme_id"], fresh["event"], strict=True))
        lost["missed"] = [int(m) + (s in ("live", "faded")) for m, s in zip(lost["missed"], lost["state"], strict=True)]
        lost["state"] = [_lost_state(s, ended.get(t)) for t, s in zip(lost["theme_id"], lost["state"], strict=True)]
    themes = _stack(live, lost, THEME_COLUMNS).sort_values("theme_id", ignore_index=True)

    members = long_members(artefacts["theme_members"]).rename(columns={"theme_key": "theme_id"})
    members["theme_id"] = members["theme_id"].map(lasting)
    kept = prior.members[prior.members["theme_id"].isin(set(lost["theme_id"]))]
    members = _stack(members, kept, MEMBER_COLUMNS).sort_values(["theme_id", "mention_id"], ignore_index=True)

    vectors = np.asarray(artefacts["theme_centroids"]["centroids"], dtype=np.float32)
    today = {t: vectors[i] for i, t in enumerate(theme_ids["theme_id"])}
    before = _vectors(prior.themes, prior.centroids)
    named = {**today, **_vectors(prior.themes, prior.named_centroids)}
    for theme_id in fresh.loc[fresh["event"].isin(["born", "renamed"]), "theme_id"]:
        if theme_id in today:
            named[theme_id] = today[theme_id]
    order, width = themes["theme_id"].tolist(), vectors.shape[1] if vectors.size else prior.centroids.shape[1]
    return PriorThemes(
        run_id=run_id, themes=themes, centroids=_matrix(order, {**before, **today}, width),
        named_centroids=_matrix(order, named, width), members=members, events=tables.conform("theme_ledger", ledger),
        flows=_flows(artefacts["theme_translation"], prior, run_id))


def _lost_state(state: str, event: str | None) -> str:
    if state in ("gone", "merged"):
        return state
    return event if event in ("merged", "gone") else "faded"


def _stack(upper: pd.DataFrame, lower: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    parts = [part[list(columns)].astype(object) for part in (upper, lower) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({c: [] for c in columns}, dtype=object)


def _vectors(themes: pd.DataFrame, rows: Vectors) -> dict[str, Vectors]:
    return dict(zip(themes["theme_id"], rows, strict=True))


def _matrix(order: list[str], vectors: Mapping[str, Vectors], width: int) -> Vectors:
    """(themes, width); a vector of another dimension (from a former encoder) becomes zeros: it likens to nothing."""
    rows = [vectors[t] if vectors[t].shape == (width,) else np.zeros(width, dtype=np.float32) for t in order]
    return np.asarray(rows, dtype=np.float32).reshape(len(order), width)


def _flows(translation: pd.DataFrame, prior: PriorThemes, run_id: str | None) -> pd.DataFrame:
    """Changes of place so far: this run's are what leads from the run before to today."""
    step = translation[translation["from_run_id"] == prior.run_id] if prior.run_id is not None else translation[:0]
    now = pd.DataFrame({"run_id": run_id, "theme_id": step["from_theme_id"], "to_theme_id": step["theme_id"],
                        "share": step["share"]})
    return _stack(prior.flows, now, FLOW_COLUMNS)
