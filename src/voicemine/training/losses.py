"""The multi-task loss over rows that each know only some of the label sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from voicemine.training.data import Examples

_OFF = -1e4


@dataclass(frozen=True)
class Targets:
    """One label set of a batch: target (b, k), partial (b,), known (b,), active (b, k), weight (b,)."""

    target: Tensor
    partial: Tensor
    known: Tensor
    active: Tensor
    weight: Tensor


def batch_targets(rows: Examples, index: np.ndarray) -> dict[str, Targets]:
    """The targets of the rows at `index` as tensors."""
    weight = torch.from_numpy(rows.weights[index])
    return {
        name: Targets(
            torch.from_numpy(rows.target[name][index]), torch.from_numpy(rows.partial[name][index]),
            torch.from_numpy(rows.known[name][index]), torch.from_numpy(rows.active[name][index]), weight,
        )
        for name in rows.target
    }


def class_weights(rows: Examples, name: str, *, power: float, most: float = 4.0) -> Tensor:
    """Weight (k,) of each class: (largest / own count) ** power, at most `most`, of fully labelled rows only."""
    sure = rows.known[name] & ~rows.partial[name] & rows.active[name].all(1)
    counts = rows.target[name][sure].sum(0) if sure.any() else np.ones(rows.target[name].shape[1])
    weights = (counts.max() / np.maximum(counts, 1.0)) ** power
    return torch.from_numpy(np.minimum(weights, most).astype(np.float32))


def set_loss(logits: Tensor, rows: Targets, classes: Tensor) -> Tensor:
    """Mean loss of one label set over the batch; rows that do not know it add nothing.

    A fully labelled row gives cross-entropy against its soft target; a partially labelled one gives
    minus the log of the probability of its whole set (Jin and Ghahramani, 2002). Labels that the row's
    source could not give are left out of the softmax.
    """
    log_p = functional.log_softmax(logits.masked_fill(~rows.active, _OFF), dim=-1)
    full = -(rows.target * classes * log_p).sum(-1)
    within = log_p.masked_fill(rows.target <= 0, _OFF)
    some = -torch.logsumexp(within, dim=-1)
    each = torch.where(rows.partial, some, full) * rows.weight * rows.known
    return each.sum() / max(len(each), 1)


def total_loss(
    logits: Mapping[str, Tensor], rows: Mapping[str, Targets], classes: Mapping[str, Tensor],
    task_weights: Mapping[str, float],
) -> Tensor:
    """Weighted sum of the label sets' losses."""
    parts = [task_weights.get(s, 1.0) * set_loss(logits[s], rows[s], classes[s]) for s in logits]
    return torch.stack(parts).sum()
