"""Fit the label branch on cached states: multi-task, averaged weights, early stopping, seeded, resumable."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from sklearn.metrics import f1_score
from torch import Tensor, nn

from voicemine.backends.label_branch import BranchShape, LabelBranch
from voicemine.training.anchors import Anchors
from voicemine.training.data import Examples
from voicemine.training.losses import batch_targets, class_weights, total_loss
from voicemine.training.settings import Optimiser, TrainSettings
from voicemine.training.states import States, batches

Report = Callable[[str, float], None]


@dataclass
class History:
    """Score on the held-out rows after each epoch, the best epoch, and each epoch's mean loss."""

    score: list[float] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    best: int = -1


@dataclass(frozen=True)
class Epoch:
    """Which rows one epoch sees: all of `always`, and `per_epoch` rows of each public set in turn."""

    always: np.ndarray
    pools: tuple[tuple[np.ndarray, int], ...]

    def steps(self, batch: int) -> int:
        """Batches of one epoch."""
        return math.ceil((len(self.always) + sum(min(n, len(p)) for p, n in self.pools)) / batch)

    def rows(self, number: int, rng: np.random.Generator) -> np.ndarray:
        """Row numbers of epoch `number`, unshuffled; a public set is walked through before a row returns."""
        drawn = [self.always]
        for pool, size in self.pools:
            shuffled = np.random.default_rng(len(pool)).permutation(pool)
            drawn.append(np.take(shuffled, np.arange(number * size, number * size + min(size, len(pool))), mode="wrap"))
        rows: np.ndarray = rng.permutation(np.concatenate(drawn))
        return rows


def drop_tokens(mask: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Hide a random share of the tokens (b, t), never the first."""
    if not share:
        return mask
    keep = (torch.rand(mask.shape, generator=generator) >= share).to(mask.dtype)
    keep[:, 0] = 1.0
    return mask * keep


def predict(branch: LabelBranch, states: States, index: np.ndarray, *, batch: int = 64) -> dict[str, np.ndarray]:
    """Logits (n, k) of each label set for the texts at `index`, in that order."""
    out = {s: np.zeros((len(index), len(k)), np.float32) for s, k in branch.shape.labels.items()}
    order = np.argsort(-states.lengths()[index], kind="stable")
    branch.eval()
    with torch.inference_mode():
        for at in range(0, len(order), batch):
            part = order[at : at + batch]
            for name, logits in branch(*states.batch(index[part])).items():
                out[name][part] = logits.numpy()
    return out


def score(logits: dict[str, np.ndarray], rows: Examples) -> float:
    """Mean over label sets of (accuracy + macro-F1) / 2, on the rows that know the set."""
    parts = []
    for name, values in logits.items():
        truth, guess = rows.hard(name), values.argmax(1)
        sure = truth >= 0
        macro = f1_score(truth[sure], guess[sure], average="macro", labels=np.unique(truth[sure]), zero_division=0)
        parts.append((float((truth == guess)[sure].mean()) + float(macro)) / 2)
    return float(np.mean(parts))


class Average:
    """Exponential moving average of the weights; reads better than the last weights, at no cost later."""

    def __init__(self, branch: LabelBranch, decay: float) -> None:
        self.decay = decay
        self.state = {k: v.detach().clone() for k, v in branch.state_dict().items()}
        self.steps = 0

    def update(self, branch: LabelBranch) -> None:
        """Take in the current weights; young averages move faster."""
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 10))
        for key, value in branch.state_dict().items():
            self.state[key].lerp_(value.detach(), 1.0 - decay)


def _optimiser(branch: LabelBranch, s: Optimiser, rate_readout: float) -> torch.optim.AdamW:
    """Weight matrices decay, biases and norms do not; heads learn faster than layers."""
    groups: list[dict[str, Any]] = []
    read = [p for k, p in branch.named_parameters() if k.startswith("readout.")]
    for in_layers, rate in ((True, s.rate_layers), (False, s.rate_heads)):
        named = [(k, p) for k, p in branch.named_parameters()
                 if k.startswith("layers.") == in_layers and not k.startswith("readout.")]
        groups.append({"params": [p for _, p in named if p.ndim > 1], "lr": rate, "weight_decay": s.weight_decay})
        groups.append({"params": [p for _, p in named if p.ndim < 2], "lr": rate, "weight_decay": 0.0})
    if read:
        groups.append({"params": read, "lr": rate_readout, "weight_decay": 0.0})
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6)


def _save(folder: Path, epoch: int, branch: LabelBranch, average: Average, best: dict[str, Tensor], history: History,
          optimiser: torch.optim.AdamW) -> None:
    moments = {}
    for key, parameter in branch.named_parameters():
        for name, value in optimiser.state[parameter].items():
            moments[f"moment/{name}/{key}"] = torch.as_tensor(value).clone()
    parts = {"last": branch.state_dict(), "average": average.state, "best": best}
    tensors = {
        f"{part}/{key}": value.detach().clone().contiguous()
        for part, state in parts.items() for key, value in state.items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    note = {"epoch": epoch, "steps": average.steps, "history": history.__dict__}
    save_file({**tensors, **moments}, folder / "part.safetensors", metadata={"note": json.dumps(note)})
    (folder / "part.safetensors").replace(folder / "checkpoint.safetensors")


def _resume(folder: Path, branch: LabelBranch, average: Average, history: History,
            optimiser: torch.optim.AdamW) -> tuple[int, dict[str, Tensor]]:
    from safetensors import safe_open

    path = folder / "checkpoint.safetensors"
    with safe_open(path, framework="pt") as handle:
        note = json.loads(handle.metadata()["note"])
    tensors = load_file(path)

    def part(name: str) -> dict[str, Tensor]:
        return {k.removeprefix(name + "/"): v for k, v in tensors.items() if k.startswith(name + "/")}

    branch.load_state_dict(part("last"))
    average.state, average.steps = part("average"), int(note["steps"])
    for key, parameter in branch.named_parameters():
        optimiser.state[parameter] = {
            k.split("/")[1]: v for k, v in tensors.items() if k.startswith("moment/") and k.endswith(f"/{key}")
        }
    history.score, history.loss, history.best = (note["history"][k] for k in ("score", "loss", "best"))
    return int(note["epoch"]), part("best")


def fit(
    branch: LabelBranch,
    rows: Examples,
    states: States,
    epoch_plan: Epoch,
    held: np.ndarray,
    *,
    settings: TrainSettings,
    work: Path | None = None,
    report: Report | None = None,
    anchors: Anchors | None = None,
) -> History:
    """Train `branch` in place and leave the averaged weights of the best epoch in it.

    `held` are rows of sources that `epoch_plan` does not hold; they decide when to stop. Without any, all
    epochs are run. With `work`, a checkpoint is written after each epoch and an interrupted fit goes on from
    it. Numbers are drawn from the seed and the epoch, so a resumed fit sees the rows it would have seen.
    anchors: for a branch that embeds, the texts that hold it to the published embedding.
    """
    s = settings.optimiser
    for part in branch.modules():
        if isinstance(part, nn.Dropout):
            part.p = s.dropout
    lengths = states.lengths()
    every = np.concatenate([epoch_plan.always, *[pool for pool, _ in epoch_plan.pools]])
    seen = rows.take(every)
    classes = {name: class_weights(seen, name, power=s.class_power) for name in branch.shape.labels}
    optimiser = _optimiser(branch, s, settings.anchor.rate if settings.anchor else s.rate_heads)
    average, history = Average(branch, s.average_decay), History()
    steps = s.epochs * epoch_plan.steps(s.batch)
    warm = max(1, int(steps * s.warmup))
    base_rates = [g["lr"] for g in optimiser.param_groups]
    start, best = 0, {k: v.clone() for k, v in branch.state_dict().items()}
    if work and (work / "checkpoint.safetensors").is_file():
        start, best = _resume(work, branch, average, history, optimiser)
    held_to = _anchor_batches(anchors, settings, skip=average.steps)
    for epoch in range(start, s.epochs):
        rng = np.random.default_rng([settings.seed, epoch])
        generator = torch.Generator().manual_seed(settings.seed * 1000 + epoch)
        torch.manual_seed(settings.seed * 1000 + epoch)
        branch.train()
        losses: list[float] = []
        for index in batches(epoch_plan.rows(epoch, rng), lengths, s.batch, rng):
            done = average.steps
            factor = min(1.0, (done + 1) / warm) * 0.5 * (1 + math.cos(math.pi * min(1.0, done / steps)))
            for group, rate in zip(optimiser.param_groups, base_rates, strict=True):
                group["lr"] = rate * factor
            hidden, mask = states.batch(index)
            logits = branch(hidden, drop_tokens(mask, s.token_dropout, generator))
            loss = total_loss(logits, batch_targets(rows, index), classes, settings.task_weights)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            if anchors and settings.anchor:
                _hold(branch, anchors, next(held_to), settings.anchor.weight)
            torch.nn.utils.clip_grad_norm_(branch.parameters(), 1.0)
            optimiser.step()
            average.update(branch)
            losses.append(float(loss.detach()))
            if report:
                report("step", losses[-1])
        history.loss.append(float(np.mean(losses)))
        judged = LabelBranch(branch.shape)
        judged.load_state_dict(average.state)
        value = score(predict(judged, states, held), rows.take(held)) if len(held) else float(epoch)
        history.score.append(value)
        if history.best < 0 or value > history.score[history.best]:
            history.best, best = epoch, {k: v.clone() for k, v in average.state.items()}
        if work:
            _save(work, epoch + 1, branch, average, best, history, optimiser)
        if report:
            report("epoch", value)
        if epoch - history.best >= s.patience:
            break
    branch.load_state_dict(best)
    branch.eval()
    return history


def _anchor_batches(anchors: Anchors | None, settings: TrainSettings, *, skip: int) -> Iterator[np.ndarray]:
    """Batches of anchors, after those that `skip` earlier steps saw."""
    if anchors is None or settings.anchor is None:
        return iter(())
    drawn = anchors.batches(settings.anchor.batch, np.random.default_rng(settings.seed + 7))
    return itertools.islice(drawn, skip, None)


def _hold(branch: LabelBranch, anchors: Anchors, index: np.ndarray, weight: float) -> None:
    """Add the gradient of the distance to the published vectors; nothing is dropped while they are compared."""
    branch.eval()
    hidden, mask = anchors.states.batch(index)
    distance = 1.0 - (branch.vectors(hidden, mask) * anchors.target(hidden, mask)).sum(1).mean()
    (weight * distance).backward()  # type: ignore[no-untyped-call]
    branch.train()


def average_of(branches: Sequence[LabelBranch]) -> LabelBranch:
    """One branch whose weights are the mean of those of `branches`, which must share a start."""
    mean = LabelBranch(branches[0].shape)
    states = [b.state_dict() for b in branches]
    mean.load_state_dict({key: torch.stack([state[key] for state in states]).mean(0) for key in states[0]})
    return mean.eval()


def new_branch(settings: TrainSettings, encoder_layers: Any) -> LabelBranch:
    """A branch that starts as the encoder's own upper layers, its heads drawn from the seed."""
    torch.manual_seed(settings.seed)
    shape = BranchShape(labels=settings.labels, base_layer=settings.base_layer, n_layers=settings.n_layers,
                        embeds=settings.anchor is not None)
    branch = LabelBranch(shape)
    branch.start_from(encoder_layers)
    return branch
