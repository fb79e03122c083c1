"""The whole of label training: prepare, choose the length, refit on everything, calibrate, report, write the card."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from voicemine.backends.branch_file import WEIGHTS, read_branch, save_branch
from voicemine.backends.label_branch import LabelBranch
from voicemine.backends.model_card import write_card
from voicemine.numerics.calibration import calibration_to
from voicemine.training.anchors import HELD, Drift, drift
from voicemine.training.baselines import frozen_logistic, majority
from voicemine.training.calibrate import CrossFitted, cross_fit, fit_all
from voicemine.training.data import Examples
from voicemine.training.prepare import Prepared, prepare
from voicemine.training.report import (
    SetScore,
    as_numbers,
    class_table,
    confusion_table,
    coverage_table,
    score_table,
    set_score,
)
from voicemine.training.settings import TrainSettings
from voicemine.training.states import Encoder, embed, load_encoder
from voicemine.training.train import Epoch, average_of, fit, new_branch, predict

Say = Callable[[str, str, float], None]
"""Called as (phase, kind, value): kind is "total" (steps to come), "step", or "note" (a score)."""


@dataclass(frozen=True)
class Outcome:
    """What training leaves: the branch, its report as Markdown and as numbers, and the seconds it took."""

    branch: LabelBranch
    markdown: str
    numbers: dict[str, Any]
    seconds: float


def _silent(phase: str, kind: str, value: float) -> None:
    return None


def _fit(
    name: str, settings: TrainSettings, ready: Prepared, encoder: Encoder, *, held: np.ndarray, plan: Epoch,
    work: Path | None, say: Say, start: LabelBranch | None = None,
) -> LabelBranch:
    """One fit from the encoder's own weights, or from `start`."""
    branch = new_branch(settings, encoder.model.encoder.layer)
    if start is not None:
        branch.load_state_dict(start.state_dict())
    say(name, "total", settings.optimiser.epochs * plan.steps(settings.optimiser.batch))

    def report(kind: str, value: float) -> None:
        # Without held-out sources an epoch has no score to tell of.
        if kind != "epoch" or len(held):
            say(name, "note" if kind == "epoch" else "step", value)

    fit(
        branch, ready.rows, ready.states, plan, held, settings=settings, work=work / name if work else None,
        report=report, anchors=ready.anchors,
    )
    return branch


def train_branch(
    settings: TrainSettings, ready: Prepared, encoder: Encoder, *, work: Path | None = None, say: Say = _silent
) -> tuple[LabelBranch, LabelBranch | None]:
    """The branch to ship, and the one that never saw the held-out sources (None when there are none).

    The first fit leaves the held-out sources out and stops when they read worse. From its weights the branch is
    refitted on everything, its learning rate starting anew (warm restarts, Loshchilov and Hutter, 2017), once for each
    of `soup` seeds, and the weights of all fits are averaged (model soups, Wortsman et al., 2022): one branch, about as
    good as the ensemble of its parts. Without refit epochs the first fit is all there is.
    """
    first = _fit("choose", settings, ready, encoder, held=ready.held, plan=ready.plan, work=work, say=say)
    blind = first if len(ready.held) else None
    if not settings.refit_epochs:
        return first, blind
    everything = replace(ready.plan, always=np.sort(np.concatenate([ready.plan.always, ready.held])))
    longer = settings.optimiser.model_copy(update={"epochs": settings.refit_epochs})
    parts = [
        _fit(
            f"refit{number}", settings.model_copy(update={"seed": settings.seed + 1 + number, "optimiser": longer}),
            ready, encoder, held=np.zeros(0, np.int64), plan=everything, work=work, say=say, start=first,
        )
        for number in range(settings.soup)
    ]
    return average_of([first, *parts]), blind


def _baseline(settings: TrainSettings, ready: Prepared, encoder: Encoder) -> dict[str, dict[str, np.ndarray]]:
    """Guesses for gold of the majority class and of logistic regression on the frozen embeddings."""
    own = np.sort(np.concatenate([ready.plan.always, ready.held]))
    rows, gold = ready.rows.take(own), ready.rows.take(ready.gold)
    vectors = embed(rows.texts + gold.texts, encoder, max_tokens=settings.max_tokens)
    out: dict[str, dict[str, np.ndarray]] = {}
    for name in settings.labels:
        truth = rows.hard(name)
        known = truth >= 0
        out[name] = {
            "majority": majority(truth[known], len(gold)),
            "frozen + LR": frozen_logistic(
                vectors[: len(rows)][known], truth[known], vectors[len(rows) :], seed=settings.seed
            ),
        }
    return out


def priors(settings: TrainSettings, ready: Prepared) -> dict[str, np.ndarray]:
    """Class frequencies (k,) of the fully labelled training rows."""
    own = ready.rows.take(np.concatenate([ready.plan.always, ready.held]))
    sums = {name: own.target[name].sum(0).astype(np.float64) + 0.5 for name in settings.labels}
    return {name: part / part.sum() for name, part in sums.items()}


def judge(
    settings: TrainSettings, ready: Prepared, branch: LabelBranch, *, guesses: dict[str, dict[str, np.ndarray]],
    blind: LabelBranch | None = None,
) -> tuple[str, dict[str, Any], dict[str, np.ndarray]]:
    """Cross-fitted scores on gold as Markdown and numbers, and the raw logits on gold."""
    gold: Examples = ready.rows.take(ready.gold)
    logits = predict(branch, ready.states, ready.gold)
    prior = priors(settings, ready)
    table: dict[str, dict[str, SetScore]] = {}
    details: list[str] = []
    for name, labels in settings.labels.items():
        truth, lenient = gold.hard(name), gold.target[name] > 0
        table[name] = {k: set_score(truth, g, lenient) for k, g in guesses.get(name, {}).items()}
        found: CrossFitted = cross_fit(
            logits[name].astype(np.float64), truth, labels, prior=prior[name], lenient=lenient, seed=settings.seed
        )
        guess = found.given.argmax(1)
        table[name]["voicemine"] = set_score(truth, guess, lenient, ece=found.ece)
        details.append(f"### {name}: classes\n\n{class_table(truth, guess, labels)}\n\n"
                       f"### {name}: confusion\n\n{confusion_table(truth, guess, labels)}")
        if name in settings.risks:
            right = guess == truth
            kind = lenient[np.arange(len(guess)), guess]
            details.append(f"### {name}: risk and coverage\n\n{coverage_table(found.given.max(1), right, kind)}")
    numbers: dict[str, Any] = {"gold": as_numbers(table)}
    parts = [f"## Gold, {len(gold)} rows never trained on, calibration cross-fitted\n\n{score_table(table)}"]
    if blind is not None:
        held = ready.rows.take(ready.held)
        unseen = {
            name: {"voicemine": set_score(held.hard(name), values.argmax(1), held.target[name] > 0)}
            for name, values in predict(blind, ready.states, ready.held).items()
        }
        numbers["held_sources"] = as_numbers(unseen)
        parts.append("## Whole sources held out of training: " + ", ".join(settings.held_sources)
                     + "\n\n" + score_table(unseen))
    return "\n\n".join([*parts, *details]), numbers, logits


def train_labels(
    settings: TrainSettings, *, roots: tuple[Path, ...], out: Path, work: Path | None = None, say: Say = _silent
) -> Outcome:
    """Train, calibrate, report, and write model.safetensors, calibration.json, report.md and card.json to `out`.

    `work` keeps hidden states and checkpoints: an interrupted training goes on from the last whole epoch.
    Raises InputError for a missing file or an unknown label, ModelError when the encoder is missing.
    """
    started = time.perf_counter()
    torch.set_num_threads(settings.threads)
    encoder = load_encoder()
    ready = prepare(
        settings, encoder, roots=roots, cache=work, progress=lambda n: say("encode", "step", float(n))
    )
    branch, blind = train_branch(settings, ready, encoder, work=work, say=say)
    guesses = _baseline(settings, ready, encoder)
    return finish(settings, ready, encoder, branch, guesses=guesses, out=out, started=started, blind=blind)


def finish(
    settings: TrainSettings, ready: Prepared, encoder: Encoder, branch: LabelBranch, *,
    guesses: dict[str, dict[str, np.ndarray]], out: Path, started: float, blind: LabelBranch | None = None,
) -> Outcome:
    """Calibrate a trained branch, score it, and write its folder."""
    digest = save_branch(branch, out, encoder=encoder.folder)
    markdown, numbers, logits = judge(settings, ready, branch, guesses=guesses, blind=blind)
    gold = ready.rows.take(ready.gold)
    calibration = fit_all(
        logits, {name: gold.hard(name) for name in settings.labels}, settings.labels, priors=priors(settings, ready),
        lenient={name: gold.target[name] > 0 for name in settings.labels}, risks=settings.risks,
    )
    (out / "calibration.json").write_text(json.dumps(calibration_to(calibration), indent=1) + "\n", encoding="utf8")
    seconds = time.perf_counter() - started
    numbers |= {
        "training_rows": int(len(ready.plan.always) + len(ready.held)),
        "near_duplicates_dropped": int(sum(ready.dropped.values())), "sha256": digest,
        "megabytes": round((out / WEIGHTS).stat().st_size / 2**20, 2),
    }
    if ready.anchors is not None:
        moved = drift(read_branch(out, encoder=encoder.folder), ready.anchors)
        numbers["embedding"] = asdict(moved)
        markdown = f"{_embedding_text(moved)}\n\n{markdown}"
    (out / "card.md").write_text(card_text(settings, markdown), encoding="utf8")
    write_card(
        out, name="labels", version="1", metrics=numbers, licence=settings.licence,
        data=[f.path for f in settings.files] + [f"{p.name} ({p.licence})" for p in settings.public],
    )
    return Outcome(branch, markdown, numbers, seconds)


def _embedding_text(moved: Drift) -> str:
    return (f"## Embedding\n\nOn {HELD:,} texts of the corpus that no step saw, beside the published encoder: cosine "
            f"{moved.cosine:.4f} in the mean, {moved.cosine_p5:.4f} at the fifth percentile; {moved.neighbours:.1%} of "
            "each text's ten nearest neighbours among them are the same.")


def card_text(settings: TrainSettings, markdown: str) -> str:
    """The model card that people read: what it is, what it learnt from, how well it does."""
    sets = "\n".join(f"- `{f.path}`: {f.about}" for f in settings.files if f.about)
    public = "\n".join(f"- {p.name}: {p.licence}" for p in settings.public)
    return (
        f"# Label branch\n\n{settings.about.strip()}\n\n## Trained on\n\n{sets}\n{public}\n\n"
        f"Licence of the weights: {settings.licence}\n\n{markdown}\n"
    )
