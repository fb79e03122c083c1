"""run.json: what a run was made from, what it cost, and what it found, in one file."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import pandas as pd

from voicemine import tables
from voicemine.alerts import emerging, latest_alerts, to_fix
from voicemine.config import Loaded
from voicemine.measure import Cost
from voicemine.sources.read import Ingested

_PACKAGES = ("voicemine", "numpy", "pandas", "pyarrow", "torch", "transformers", "sentence-transformers", "spacy",
             "scikit-learn", "hdbscan", "igraph", "leidenalg")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide results."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def manifest(
    *, run_id: str, loaded: Loaded, as_of: pd.Timestamp, ingested: Ingested, rows: Mapping[str, int],
    costs: Mapping[str, Cost | None], facts: Mapping[str, Mapping[str, Any]], exported: Mapping[str, pd.DataFrame],
    backends: Mapping[str, str],
) -> dict[str, Any]:
    """The content of run.json, plain data."""
    items, themes, rejects = exported["items"], exported["themes"], exported["rejects"]
    warnings = [w for r in ingested.reports for w in r.warnings]
    warnings += [f"{stage}: {w}" for stage, fact in facts.items() for w in fact.get("warnings", ())]
    top = to_fix(themes[themes["level"] == 0]).head(10)
    return {
        "run_id": run_id,
        "tables_version": tables.VERSION,
        "as_of": as_of.isoformat(),
        "sources": [report.as_dict() for report in ingested.reports],
        "input_fingerprint": ingested.fingerprint,
        "rows": {
            "in": sum(r.rows_in for r in ingested.reports),
            # Items of earlier nights whose rows are no longer in the sources (mode: append).
            "kept": int(facts.get("clean", {}).get("counts", {}).get("kept", 0)),
            "items": len(items),
            "mined": int(items["is_mined"].sum()),
            "skipped": _counts(items["skip_reason"]),
            "rejected": _counts(rejects["reason"]),
        },
        "languages": _counts(items["language"]),
        "tables": dict(rows),
        "themes": {
            "count": int((themes["level"] == 0).sum()),
            "mentions_in_themes": int(exported["mentions"]["theme_id"].notna().sum()),
            "pain_mentions": int(exported["mentions"]["is_pain"].sum()),
            "first": _rows(top, "theme_id", "name", "n_items", "status"),
        },
        "alerts": latest_alerts(exported["theme_trends"], themes),
        "emerging": emerging(themes),
        "stages": {
            name: {"seconds": cost.seconds, "peak_mib": cost.peak_mib} if cost else {"reused": True}
            for name, cost in costs.items()
        },
        "counts": {name: dict(fact.get("counts", {})) for name, fact in facts.items() if fact.get("counts")},
        "warnings": warnings,
        "taxonomy": {
            "stages": [{"label": t.label, "classic": t.classic} for t in loaded.taxonomy.stages],
            "touchpoints": [{"label": t.label, "channel": t.channel} for t in loaded.taxonomy.touchpoints],
        },
        "config": loaded.config.model_dump(mode="json"),
        "seed": loaded.config.run.seed,
        "models": dict(backends),
        "versions": versions(),
    }


def _counts(values: pd.Series) -> dict[str, int]:
    found = values.dropna().value_counts()
    return {str(k): int(v) for k, v in sorted(found.items(), key=lambda kv: (-kv[1], str(kv[0])))}


def _rows(frame: pd.DataFrame, *columns: str) -> list[dict[str, Any]]:
    """Rows of a table as plain values that JSON can hold."""
    values = [[v.isoformat() if isinstance(v, pd.Timestamp) else v for v in frame[c].tolist()] for c in columns]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]
