"""What this night starts from: the last committed run, its items that stay, its theme model, and who was forgotten."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from voicemine.artefacts.files import digest_json
from voicemine.artefacts.keys import Hasher
from voicemine.artefacts.ledger import Ledger
from voicemine.artefacts.nights import kept_items, load_model
from voicemine.config import Config
from voicemine.forgotten import Forgotten
from voicemine.prior import Fitting, PriorThemes
from voicemine.provision import Backend, Backends
from voicemine.sources.report import SourceReport
from voicemine.sources.settings import SourceSettings
from voicemine.stages.base import Stage

#: Settings of `cluster` that say when to fit, not what a fit gives.
_WHEN = ("refit", "refit_every", "refit_growth", "refit_drift")


@dataclass(frozen=True)
class Before:
    """The run that this one starts from (None: there is none), what the ledger knew after it, items that stay, how it
    came by its themes, and the boilerplate that it stripped (only where items stay: tonight's rows may not show it)."""

    run: str | None
    prior: PriorThemes
    kept: pd.DataFrame
    fitting: Fitting | None
    templates: frozenset[str]


def look_back(out: Path, ledger: Ledger, base: str, sources: Sequence[SourceSettings],
              reports: Sequence[SourceReport]) -> Before:
    """What a night made from `base` starts from.

    Items stay whose source is declared append, and those of a source that may be empty and is so tonight. A source
    that the configuration no longer names takes its items with it.
    """
    run = ledger.run_before(base)
    staying = [r.name for s, r in zip(sources, reports, strict=True) if s.mode == "append" or not r.rows_in]
    kept = kept_items(out, run, staying)
    return Before(run, ledger.read_prior(run), kept, ledger.fitting(run),
                  ledger.templates(run) if len(kept) else frozenset())


def without_ids(rejects: pd.DataFrame, forgotten: Forgotten, hasher: Hasher) -> pd.DataFrame:
    """Rows refused while reading, without the ids of forgotten items."""
    if not forgotten or rejects.empty:
        return rejects
    ids = [i if isinstance(i, str) else "" for i in rejects["item_id"].tolist()]
    hits = forgotten.rows(ids, [None] * len(ids), hasher)
    return rejects.assign(item_id=pd.Series([None if hit or not i else i for i, hit in zip(ids, hits, strict=True)],
                                            dtype=object, index=rejects.index))


def table_digest(frame: pd.DataFrame, *, without: Sequence[str] = (), by: str | None = None) -> str:
    """Hash of a table's content; empty for one without rows. by: a column that makes the order of rows not count."""
    if frame.empty:
        return ""
    shown = frame[[c for c in sorted(frame.columns) if c not in without]]
    shown = shown.sort_values(by, kind="stable") if by else shown
    rows = pd.util.hash_pandas_object(shown.astype(object).where(shown.notna(), None).astype(str), index=False)
    return hashlib.sha256("\n".join(shown.columns).encode() + rows.to_numpy().tobytes()).hexdigest()


def recipe_of(stage: Stage, config: Config, backends: Backends, keys: Mapping[str, str]) -> str:
    """Hash of how themes are fitted and of what: `<how>:<what>`. Themes of another `how` cannot be carried on."""
    how = digest_json({
        "version": stage.version, "settings": config.cluster.model_dump(mode="json", exclude=set(_WHEN)),
        "models": [backends.identity(n) for n in ("encoder", "seed")],
        "precision": config.encode.precision,
    })
    what = digest_json({name: keys[name] for name in stage.reads})
    return f"{how[:24]}:{what[:24]}"


def known_themes(before: Before, inputs: str, state: Path) -> Backend:
    """The theme model to start from: that of the night before, or, for the same mentions once more, the one that the
    night before itself started from, so that it comes to the same themes."""
    fit = before.fitting
    if fit is None or fit.inputs.partition(":")[0] != inputs.partition(":")[0]:
        return Backend("", lambda: None)
    name = fit.known if fit.inputs == inputs else fit.model
    model = load_model(state, name) if name else None
    return Backend(name if model is not None else "", lambda: model)


def content_digest(items: pd.DataFrame, how: Mapping[str, Any], as_of: pd.Timestamp) -> str:
    """Hash of all that decides a run's tables but the run before: equal on a night that brought nothing.

    items: table `items_clean`. how: everything that is done with them, as plain data.
    """
    return digest_json({"items": table_digest(items, without=("source_row",), by="item_id"), "how": how,
                        "as_of": as_of.isoformat()})


def nothing_new(content: str, rejects: pd.DataFrame, last: Mapping[str, Any] | None) -> bool:
    """Whether a night brought nothing: the items are those of the last run, and no more rows were refused than then."""
    if last is None or last.get("content") != content:
        return False
    refused = rejects["reason"].value_counts().to_dict()
    known = last.get("rows", {}).get("rejected", {})
    return all(known.get(reason, 0) >= count for reason, count in refused.items())
