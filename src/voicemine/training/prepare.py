"""From a training file and a data root to rows, hidden states and an epoch plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from voicemine.errors import InputError
from voicemine.training.anchors import Anchors, anchor_texts
from voicemine.training.data import Examples, concatenate, from_codebook, from_public, near_duplicates, read_rows
from voicemine.training.settings import LabelledFile, TrainSettings
from voicemine.training.states import Encoder, States, compute_states, join_states
from voicemine.training.train import Epoch


@dataclass(frozen=True)
class Prepared:
    """Everything `fit` needs. Gold rows stand last in `rows` and `states`, and in no epoch."""

    rows: Examples
    states: States
    plan: Epoch
    held: np.ndarray
    gold: np.ndarray
    dropped: dict[str, int]
    """Near duplicates of gold that were left out, by source."""
    anchors: Anchors | None = None


def locate(name: str, roots: tuple[Path, ...]) -> Path:
    """The first file of that name under `roots`. Raises InputError where there is none."""
    for root in roots:
        if (root / name).is_file():
            return root / name
    raise InputError(f"{name} is in none of: {', '.join(map(str, roots))}")


def _codebook_rows(
    spec: LabelledFile, files: Sequence[LabelledFile], roots: tuple[Path, ...]
) -> list[dict[str, Any]]:
    """The rows of a file that no other of `files` reads again; where they carry only ids, with the texts of another
    file (rows it lacks are left out)."""
    again = {str(r["id"]) for f in files if f.instead_of == spec.path for r in read_rows(locate(f.path, roots))}
    rows = [r for r in read_rows(locate(spec.path, roots)) if str(r["id"]) not in again]
    if spec.texts is None:
        return rows
    texts = {str(r["id"]): r["text"] for r in read_rows(locate(spec.texts, roots))}
    return [{**r, "text": texts[str(r["id"])]} for r in rows if str(r["id"]) in texts]


def prepare(
    settings: TrainSettings,
    encoder: Encoder,
    *,
    roots: tuple[Path, ...],
    cache: Path | None = None,
    progress: Callable[[int], None] | None = None,
    hold_out: bool = True,
) -> Prepared:
    """Read, map, guard and encode. `roots` are searched in order for each file of the settings.

    With `hold_out` false the held-out sources are trained on too, and nothing decides when to stop.
    Raises InputError for a file that is missing or a label that is unknown.
    """
    labels = settings.labels
    read = [
        from_codebook(_codebook_rows(f, settings.files, roots), labels, spec=f, runner_up=settings.runner_up)
        for f in settings.files
    ]
    mapped = [from_public(read_rows(locate(p.path, roots)), labels, spec=p) for p in settings.public]
    # A larger pool would cost more to encode than it teaches.
    wanted = [p.per_epoch * settings.pool_epochs for p in settings.public]
    mapped = [
        part.take(np.sort(np.random.default_rng(settings.seed).permutation(len(part))[:most]))
        for part, most in zip(mapped, wanted, strict=True)
    ]
    gold = from_codebook(
        read_rows(locate(settings.gold, roots)), labels, spec=LabelledFile(path=settings.gold),
        runner_up=settings.runner_up,
    )
    parts = [*read, *mapped, gold]
    rows = concatenate(parts)
    # Each part is cached by itself, so that a new file costs only its own texts.
    states = join_states([
        compute_states(
            part.texts, encoder, base_layer=settings.base_layer, max_tokens=settings.max_tokens, cache=cache,
            progress=progress,
        )
        for part in parts
    ])
    first_gold = len(rows) - len(gold)
    leaks = near_duplicates(rows.texts[:first_gold], gold.texts, near=settings.near)
    names, counts = np.unique(rows.sources[:first_gold][leaks].astype(str), return_counts=True)
    own = sum(map(len, read))
    is_held = np.isin(rows.sources[:own].astype(str), settings.held_sources) & hold_out
    usable = np.flatnonzero(~leaks[:own])
    pools, start = [], own
    for part, spec in zip(mapped, settings.public, strict=True):
        span = np.arange(start, start + len(part))
        pools.append((span[~leaks[span]], spec.per_epoch))
        start += len(part)
    return Prepared(
        rows, states, Epoch(usable[~is_held[usable]], tuple(pools)), usable[is_held[usable]],
        np.arange(first_gold, len(rows)), dict(zip(names.tolist(), counts.tolist(), strict=True)),
        _anchors(settings, encoder, roots, cache, progress),
    )


def _anchors(settings: TrainSettings, encoder: Encoder, roots: tuple[Path, ...], cache: Path | None,
             progress: Callable[[int], None] | None) -> Anchors | None:
    if settings.anchor is None:
        return None
    texts = anchor_texts(locate(settings.anchor.path, roots), settings.anchor, seed=settings.seed + 5)
    states = compute_states(texts, encoder, base_layer=settings.base_layer, max_tokens=settings.max_tokens,
                            cache=cache, progress=progress)
    return Anchors(states, encoder, settings.base_layer)
