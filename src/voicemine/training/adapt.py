"""Few-shot: a new head for one label set of a trained branch, from a researcher's own labelled examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold

from voicemine.backends.label_branch import LabelBranch
from voicemine.numerics.calibration import (
    Floats,
    SetCalibration,
    expected_calibration_error,
    fit_temperature,
    log_loss,
    softmax,
)
from voicemine.numerics.shrunk_logistic import Ints, Linear, fit_offset, fit_shrunk
from voicemine.training.baselines import frozen_logistic
from voicemine.training.own_rows import OPEN

#: Precisions of the prior to choose from, weakest first; and the one where examples are too few to choose.
RIDGES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
DEFAULT_RIDGE = 3.0
#: A new label's weights are held so much more loosely than those that the old head learnt from many more examples.
LOOSE = 0.05
FOLDS = 5
#: Examples a label from which cross-validation may choose.
ENOUGH = 4
#: Labels that stand last, where the taxonomy puts its own.
_LAST = ("none", "unclear")


@dataclass(frozen=True)
class Head:
    """A fitted head. `own`: what to add to its logits to read rows in which the labels are as common as among the
    examples; without it known labels are as common as the old head takes them to be."""

    labels: tuple[str, ...]
    linear: Linear
    own: Floats
    ridge: float


@dataclass(frozen=True)
class Score:
    """Cross-validated scores on the examples."""

    accuracy: float
    macro_f1: float
    ece: float | None


@dataclass(frozen=True)
class Adapted:
    """The new branch and its calibration, and what cross-validation showed.

    counts and recall: one for each label of the new head; recall is None for one without examples.
    """

    branch: LabelBranch
    calibration: dict[str, SetCalibration]
    labels: tuple[str, ...]
    is_new: tuple[bool, ...]
    counts: tuple[int, ...]
    recall: tuple[float | None, ...]
    ridge: float
    ours: Score
    frozen: Score


def labels_of(given: Sequence[str], old: Sequence[str], label_set: str) -> tuple[str, ...]:
    """Labels of the new head: the old ones that are still used in their order, new ones by name, `none` and
    `unclear` last. A set whose labels the tables fix keeps all of them."""
    if label_set not in OPEN:
        return tuple(old)
    used = set(given)
    named = [*(label for label in old if label in used), *sorted(used - set(old))]
    return tuple(sorted(named, key=lambda label: label in _LAST))


def starting_head(old: Linear, old_labels: Sequence[str], labels: Sequence[str], x: Floats, y: Ints) -> Linear:
    """The prior's mean: known labels have their old weights, a new one the mixture of known ones that the old head
    sees in its examples; zeros where none is known."""
    known = [label for label in labels if label in old_labels]
    weight, bias = np.zeros((len(labels), x.shape[1])), np.zeros(len(labels))
    if known:
        places = [list(old_labels).index(label) for label in known]
        kept = Linear(old.weight[places], old.bias[places])
        given = softmax(kept.logits(x))
        for i, label in enumerate(labels):
            share = np.eye(len(known))[known.index(label)] if label in known else given[y == i].mean(axis=0)
            weight[i], bias[i] = share @ kept.weight, share @ kept.bias
    return Linear(weight, bias)


def fit_head(
    old: Linear, old_labels: Sequence[str], labels: Sequence[str], x: Floats, y: Ints, *, ridge: float
) -> Head:
    """Fit a head to features x (n, 2 d) and labels y (n,) as indices of `labels`, drawn towards the old head.

    The examples count alike by label, though a run's mentions do not: what the old head holds of how common its
    labels are is set aside while fitting and put back after. A new label is taken to be as common as the known
    ones are in the (geometric) mean; where none is known, all are taken to be equally common.
    """
    start = starting_head(old, old_labels, labels, x, y)
    offset = fit_offset(start.logits(x), y)
    known = np.array([label in old_labels for label in labels])
    fitted = fit_shrunk(x, y, start, offset=offset, ridge=np.where(known, ridge, ridge * LOOSE))
    aside = np.where(known, offset, offset[known].mean()) if known.any() else np.zeros(len(labels))
    counts = np.bincount(y, minlength=len(labels))
    common = np.log(np.maximum(counts, 0.5) / counts.sum())
    return Head(tuple(labels), Linear(fitted.weight, fitted.bias + offset - aside), aside + common, ridge)


def parts_of(y: Ints, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows to fit on and rows to measure on, label by label; fewer parts where a label has fewer examples."""
    fewest = int(np.bincount(y)[np.unique(y)].min())
    return list(StratifiedKFold(min(FOLDS, fewest), shuffle=True, random_state=seed).split(y[:, None], y))


def cross_validated(
    old: Linear, old_labels: Sequence[str], labels: Sequence[str], x: Floats, y: Ints, *, ridge: float, seed: int
) -> Floats:
    """Logits (n, k) of each example from a head that did not see it, read at the examples' own frequencies."""
    out = np.zeros((len(y), len(labels)))
    for rest, own in parts_of(y, seed):
        head = fit_head(old, old_labels, labels, x[rest], y[rest], ridge=ridge)
        out[own] = head.linear.logits(x[own]) + head.own
    return out


def _score(guess: Ints, y: Ints, confidence: Floats | None = None) -> Score:
    ece = None if confidence is None else expected_calibration_error(confidence, guess == y)
    return Score(float((guess == y).mean()), float(f1_score(y, guess, average="macro", labels=np.unique(y),
                                                            zero_division=0)), ece)


def adapt_branch(
    branch: LabelBranch, calibration: Mapping[str, SetCalibration], label_set: str, given: Sequence[str], x: Floats,
    vectors: np.ndarray, *, seed: int = 0,
) -> Adapted:
    """A branch whose head of `label_set` knows the labels `given` (n,) and whose other weights are those of `branch`.

    x (n, 2 d) are its `features` of the examples, vectors (n, d) their frozen embeddings, for the baseline. The
    prior's strength is the one with the least cross-validated log loss; the temperature is fitted on cross-validated
    logits; the threshold for `unclear` (a stated risk of error) stays that of the old head.
    """
    old_labels = branch.shape.labels[label_set]
    labels = labels_of(given, old_labels, label_set)
    y = np.array([labels.index(label) for label in given], dtype=np.int64)
    state = branch.state_dict()
    weight, bias = (state[f"heads.{label_set}.{kind}"].numpy().astype(np.float64) for kind in ("weight", "bias"))
    old = Linear(weight, bias + np.asarray(calibration[label_set].bias or np.zeros(len(bias))))
    counts = np.bincount(y, minlength=len(labels))
    tried = RIDGES if counts[counts > 0].min() >= ENOUGH else (DEFAULT_RIDGE,)
    logits = {r: cross_validated(old, old_labels, labels, x, y, ridge=r, seed=seed) for r in tried}
    ridge = min(tried, key=lambda r: log_loss(softmax(logits[r]), y))
    temperature = fit_temperature(logits[ridge], y)
    guess = logits[ridge].argmax(axis=1)
    ours = _score(guess, y, _cross_confidence(logits[ridge], y, seed))
    frozen = np.zeros_like(y)
    for rest, own in parts_of(y, seed):
        frozen[own] = frozen_logistic(vectors[rest], y[rest], vectors[own], seed=seed)
    head = fit_head(old, old_labels, labels, x, y, ridge=ridge)
    read = dict(calibration)
    read[label_set] = SetCalibration(
        labels, round(temperature, 4), (0.0,) * len(labels), calibration[label_set].threshold)
    return Adapted(
        with_head(branch, label_set, head), read, labels, tuple(label not in old_labels for label in labels),
        tuple(counts.tolist()),
        tuple(float((guess[y == i] == i).mean()) if n else None for i, n in enumerate(counts)),
        ridge, ours, _score(frozen, y),
    )


def _cross_confidence(logits: Floats, y: Ints, seed: int) -> Floats:
    """Confidence (n,) of the first choice, its temperature fitted on the other parts' rows."""
    out = np.zeros(len(y))
    for rest, own in parts_of(y, seed):
        out[own] = softmax(logits[own] / fit_temperature(logits[rest], y[rest])).max(axis=1)
    return out


def with_head(branch: LabelBranch, label_set: str, head: Head) -> LabelBranch:
    """A copy of `branch` in which the head of `label_set` is another; every other weight is the same."""
    shape = replace(branch.shape, labels={**branch.shape.labels, label_set: head.labels})
    state = {name: part.clone() for name, part in branch.state_dict().items()}
    state[f"heads.{label_set}.weight"] = torch.from_numpy(head.linear.weight.astype(np.float32))
    state[f"heads.{label_set}.bias"] = torch.from_numpy(head.linear.bias.astype(np.float32))
    made = LabelBranch(shape)
    made.load_state_dict(state)
    return made.eval()
