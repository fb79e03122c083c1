"""The run: reads sources, takes each stage from the store or runs it, publishes, and switches `current` last."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from voicemine import pipeline
from voicemine.artefacts import publish
from voicemine.artefacts.edit_file import read_edits
from voicemine.artefacts.files import digest_json, make_folder, sweep, write_json
from voicemine.artefacts.keys import load_hasher
from voicemine.artefacts.ledger import Ledger
from voicemine.artefacts.lock import hold
from voicemine.artefacts.nights import prune_models, save_model
from voicemine.artefacts.store import Artefact, Saved, StageStore
from voicemine.backends.sink import Notice, Sink, deliver
from voicemine.config import Loaded
from voicemine.errors import GateError, InputError, StageError, UsageError, VoicemineError
from voicemine.forgetting import finish
from voicemine.gate import refusals
from voicemine.manifest import manifest
from voicemine.measure import Cost, Meter
from voicemine.night import (
    Before,
    content_digest,
    known_themes,
    look_back,
    nothing_new,
    recipe_of,
    table_digest,
    without_ids,
)
from voicemine.notify import notice_of, sinks_of
from voicemine.prior import Fitting
from voicemine.provision import Backend, Backends, provide, set_threads
from voicemine.report import draw
from voicemine.reporter import Reporter
from voicemine.sources.lock import locks_of
from voicemine.sources.read import Ingested, read_sources
from voicemine.sources.settings import SourceSettings
from voicemine.stages.base import Stage
from voicemine.stages.track.state import LEDGER_READS, ledger_state
from voicemine.wiring import check_wiring

log = logging.getLogger("voicemine")


@dataclass(frozen=True)
class Outcome:
    """What a run left: its folder, its manifest, and whether it was there already."""

    folder: Path
    manifest: Mapping[str, Any]
    is_new: bool


@dataclass
class _State:
    """Artefacts of the run at hand: where each is stored, what it is keyed by, and those still in memory."""

    keys: dict[str, str] = field(default_factory=dict)
    saved: dict[str, Saved] = field(default_factory=dict)
    memory: dict[str, Artefact] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)


def execute(
    loaded: Loaded, *, out: Path | None = None, stdin: BinaryIO | None = None,
    reporter: Reporter | None = None, force: bool = False, force_publish: bool = False,
) -> Outcome:
    """Run the whole pipeline into an out folder and make the result current.

    `force` recomputes what is there already; `force_publish` makes the run current whatever the gate says.
    Raises VoicemineError; whatever happens, the last complete run stays current.
    """
    reporter = reporter or Reporter()
    folder = out or (loaded.resolve(loaded.config.run.out) if loaded.config.run.out else None)
    if folder is None:
        raise UsageError("no out folder: give --out, or set run.out in the configuration")
    if not loaded.config.sources:
        raise UsageError("no input: give --input, or list sources in the configuration")
    check_wiring(pipeline.STAGES, given=pipeline.GIVEN, backends=pipeline.NEEDS)
    with hold(folder):
        swept = sweep(folder) + sweep(folder / "cache")
        if swept:
            log.warning("removed %d half-written leftover(s) of a run that was stopped", swept)
        return _execute(loaded, folder, stdin, reporter, force, force_publish)


def _execute(
    loaded: Loaded, out: Path, stdin: BinaryIO | None, reporter: Reporter, force: bool, force_publish: bool
) -> Outcome:
    set_threads(loaded.config.run.threads)
    sinks = sinks_of(loaded.config.notify)
    hasher = load_hasher(out / "state", key_file=_key_file(loaded))
    ledger = Ledger.open(out / "state" / "ledger.sqlite")
    ledger.forget_unfinished(lambda run: (out / run / "run.json").is_file())
    finish(out, ledger, hasher)
    backends = provide(loaded, hasher=hasher, progress=reporter.progress, cache=out / "state")
    edits = read_edits(out / "state")
    backends.available |= {"edits": Backend(edits.identity, lambda: edits),
                           "hidden": Backend(",".join(sorted(edits.hidden)), lambda: edits.hidden)}
    with Meter() as meter:
        reporter.stage("sources", "reading the feedback")
        ingested = read_sources(loaded.config.sources, base=loaded.base, stdin=stdin, known=ledger.locks())
    reporter.done("sources", meter.cost)
    for report in ingested.reports:
        reporter.source(report)
    if ingested.raw.empty:
        current = publish.current_run(out)
        if current is not None and not len(ingested.rejects) and all(s.allow_empty for s in loaded.config.sources):
            return Outcome(current, publish.read_manifest(current), is_new=False)
        raise InputError(_nothing_usable(ingested))
    costs: dict[str, Cost | None] = {"sources": meter.cost}

    forgotten = ledger.forgotten()
    ingested = replace(ingested, rejects=without_ids(ingested.rejects, forgotten, hasher))
    how = {
        "config": loaded.config.model_dump(mode="json", exclude={"run": {"out", "keep_stages"}, "sources": True}),
        "backends": {n: backends.identity(n) for n in sorted(backends.available)},
        "stages": {s.name: s.version for s in pipeline.STAGES}, "forgotten": forgotten.identity,
    }
    base = digest_json({"inputs": ingested.fingerprint, "as_of": _as_of(loaded, ingested.raw).isoformat(), **how})
    before = look_back(out, ledger, base[:12], loaded.config.sources, ingested.reports)
    as_of = _as_of(loaded, ingested.raw, before.kept)
    run_id = f"{as_of:%Y%m%d}-{base[:12]}-{before.prior.identity[:4] if before.run else '0000'}"
    if not force and (out / run_id / "run.json").is_file() and ledger.has(run_id):
        publish.switch_current(out, run_id)
        return Outcome(out / run_id, publish.read_manifest(out / run_id), is_new=False)

    backends.available |= {
        "prior": Backend(before.prior.identity, lambda: before.prior),
        "as_of": Backend(as_of.isoformat(), lambda: as_of), "run_id": Backend(run_id, lambda: run_id),
        "forgotten": Backend(forgotten.identity, lambda: forgotten), "earlier": Backend("", lambda: None),
        "known_templates": Backend(digest_json(sorted(before.templates)), lambda: before.templates),
    }
    store = StageStore(make_folder(out / "cache"))
    state = _State(keys={"raw": ingested.fingerprint,
                         "ingest_rejects": digest_json([ingested.fingerprint, forgotten.identity]),
                         "kept_items": table_digest(before.kept)},
                   memory={"raw": ingested.raw, "ingest_rejects": ingested.rejects, "kept_items": before.kept})
    content, inputs = "", ""
    for position, stage in enumerate(pipeline.STAGES):
        if "known_themes" in stage.needs:
            inputs = recipe_of(stage, loaded.config, backends, state.keys)
            backends.available["known_themes"] = known_themes(before, inputs, out / "state")
        costs[stage.name] = _run_stage(stage, loaded, backends, store, state, reporter, force)
        if stage is pipeline.STAGES[0]:
            content = content_digest(_table(store, state, "items_clean"), how, as_of)
            last = None if force else _last(out, before)
            refused_rows = pd.concat([ingested.rejects, _table(store, state, "clean_rejects")], ignore_index=True)
            if last is not None and nothing_new(content, refused_rows, last.manifest):
                return last
        _forget(state, backends, pipeline.STAGES[position + 1 :])

    exported = {name: _table(store, state, name) for name in pipeline.EXPORTED}
    with publish.run_folder(out, run_id) as scratch:
        rows = publish.write_tables(scratch, exported, csv_too=loaded.config.export.csv)
        record = manifest(
            run_id=run_id, loaded=loaded, as_of=as_of, ingested=ingested, rows=rows, costs=costs, facts=state.facts,
            exported=exported, backends={n: b.identity for n, b in backends.available.items() if b.identity})
        record["content"] = content
        write_json(scratch / "run.json", record)
        with Meter() as meter:
            reporter.stage("report", "drawing the report")
            draw(scratch)
        reporter.done("report", meter.cost)
    refused = [] if force_publish else _refusals(out, run_id, record, loaded)
    quotes: list[dict[str, Any]] = exported["theme_quotes"].to_dict("records")  # type: ignore[assignment]
    notice = notice_of(record, quotes, refusals=refused, with_quotes=loaded.config.notify.quotes)
    if refused:
        _tell(notice, sinks, loaded)
        raise GateError(f"the run {run_id} is kept but not made current: " + "; ".join(refused)
                        + ". Look at it, then run again with --force-publish, or change the limits under gate")
    known = ledger_state({n: _read(store, state, n) for n in LEDGER_READS}, prior=before.prior)
    model = save_model(out / "state", state.saved["theme_model"].folder / "theme_model.safetensors")
    ledger.commit(run_id, known, base=base[:12], before=before.run,
                  fitting=Fitting(inputs, backends.identity("known_themes"), model),
                  locks=locks_of(loaded.config.sources, ingested.reports),
                  templates=_table(store, state, "clean_templates")["key"])
    publish.switch_current(out, run_id)
    _tell(notice, sinks, loaded)
    backends.forget()
    store.prune(_keep(out, loaded, {s.folder for s in state.saved.values()}))
    prune_models(out / "state", ledger.models())
    return Outcome(out / run_id, record, is_new=True)


def _run_stage(
    stage: Stage, loaded: Loaded, backends: Backends, store: StageStore, state: _State, reporter: Reporter, force: bool
) -> Cost | None:
    settings = getattr(loaded.config, stage.name)
    how = {"stage": stage.name, "version": stage.version, "settings": settings.shaping(),
           "needs": {name: backends.identity(name) for name in stage.needs}}
    family = digest_json(how)
    key = digest_json({**how, "reads": {name: state.keys[name] for name in stage.reads}})
    saved = None if force else store.find(stage.name, key)
    cost: Cost | None = None
    if saved is None:
        reporter.stage(stage.name, stage.about)
        with Meter() as meter:
            if "earlier" in stage.needs:
                last = None if force else store.earlier(stage.name, family)
                backends.replace("earlier", Backend("", lambda: last))
            made = _call(stage, settings, [_read(store, state, n) for n in stage.reads], backends)
            facts = {"counts": dict(getattr(made, "counts", {})), "warnings": list(getattr(made, "warnings", ()))}
            saved = store.save(stage.name, key, {n: getattr(made, n) for n in stage.writes}, facts, family=family,
                               reads={n: state.saved[n] for n in stage.reads if n in state.saved})
        cost = meter.cost
    reporter.done(stage.name, cost)
    state.facts[stage.name] = dict(saved.facts)
    for name in stage.writes:
        # A reader is keyed by what was written, not by how: a stage that runs anew but gives the same
        # result leaves everything behind it as it was.
        state.keys[name] = saved.hashes[name]
        state.saved[name] = saved
    return cost


def _call(stage: Stage, settings: Any, reads: list[Any], backends: Backends) -> Any:
    try:
        return stage.run(*reads, settings=settings, **{n: backends.get(n) for n in stage.needs})
    except VoicemineError as fault:
        if isinstance(fault, StageError):
            raise
        raise StageError(f"stage {stage.name}: {fault}") from fault
    except MemoryError as fault:
        raise StageError(f"stage {stage.name} ran out of memory; lower encode.window or mine fewer items") from fault
    # The one place that catches everything: whatever a stage or a model behind it raises, the night ends with the
    # stage's name and exit code 4, and the last complete run stays current.
    except Exception as fault:
        text = f"{type(fault).__name__}: {str(fault)[:200]}"
        raise StageError(f"stage {stage.name} failed ({text}); the last complete run stays current; "
                         "--debug shows where") from fault


def _read(store: StageStore, state: _State, name: str) -> Artefact:
    if name not in state.memory:
        state.memory[name] = store.load(state.saved[name], name)
    return state.memory[name]


def _table(store: StageStore, state: _State, name: str) -> pd.DataFrame:
    found = _read(store, state, name)
    if not isinstance(found, pd.DataFrame):
        raise StageError(f"'{name}' is no table and cannot be exported")
    return found


def _forget(state: _State, backends: Backends, rest: tuple[Stage, ...]) -> None:
    """Drop artefacts and models that no later stage asks for."""
    wanted = {name for stage in rest for name in stage.reads}
    for name in set(state.memory) - wanted:
        del state.memory[name]
    for name in set(backends.available) - {n for stage in rest for n in stage.needs}:
        backends.release(name)


def _tell(notice: Notice, sinks: list[Sink], loaded: Loaded) -> None:
    for warning in deliver(notice, sinks, when=loaded.config.notify.when):
        log.warning("%s", warning)


def _last(out: Path, before: Before) -> Outcome | None:
    """The current run, where it is the one that this night started from."""
    current = publish.current_run(out)
    if current is None or current.name != before.run:
        return None
    return Outcome(current, publish.read_manifest(current), is_new=False)


def _refusals(out: Path, run_id: str, record: Mapping[str, Any], loaded: Loaded) -> list[str]:
    current = publish.current_run(out)
    if current is None or current.name == run_id:
        return []
    return refusals(record, publish.read_manifest(current), settings=loaded.config.gate)


def _key_file(loaded: Loaded) -> Path | None:
    name = loaded.config.privacy.key_file
    return loaded.resolve(name) if name else None


def _as_of(loaded: Loaded, *items: pd.DataFrame) -> pd.Timestamp:
    if loaded.config.run.as_of is not None:
        # The whole of that day has passed.
        return pd.Timestamp(loaded.config.run.as_of, tz="UTC") + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)
    newest = [pd.Timestamp(t) for part in items if len(part) and not pd.isna(t := part["created_at"].max())]
    # Undated feedback has no today; the epoch keeps the result free of the clock.
    return max(newest, default=pd.Timestamp(0, tz="UTC"))


def _nothing_usable(ingested: Ingested) -> str:
    reasons = ingested.rejects["reason"].value_counts()
    told = ", ".join(f"{count} × {reason}" for reason, count in reasons.items()) or "the sources hold no rows"
    return f"nothing to mine: {told}. Check the text column (--text-column) and the file"


def _keep(out: Path, loaded: Loaded, used: set[Path]) -> set[Path]:
    """Stage results to keep: those of this run, and the newest others up to `run.keep_stages` per stage."""
    folders = sorted((out / "cache").glob("*-*"), key=lambda p: (p.stat().st_mtime_ns, p.name), reverse=True)
    keep, seen = set(used), {p.name.split("-")[0]: 1 for p in used}
    for folder in folders:
        stage = folder.name.split("-")[0]
        if folder not in keep and seen.get(stage, 0) < loaded.config.run.keep_stages:
            keep.add(folder)
            seen[stage] = seen.get(stage, 0) + 1
    return keep


def sources_from(
    paths: list[str], columns: Mapping[str, Any], known: tuple[SourceSettings, ...]
) -> list[dict[str, Any]]:
    """Source settings for `--input` flags: one per path, each with the column flags given.

    Where the configuration lists exactly one source, its other settings are kept as the pattern.
    """
    pattern = known[0].model_dump(mode="json", exclude_defaults=True) if len(known) == 1 else {}
    pattern = {k: v for k, v in pattern.items() if k not in ("path", "name", "connection", "query")}
    return [{**pattern, "path": path, **{k: v for k, v in columns.items() if v}} for path in paths]


