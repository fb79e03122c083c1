"""What is lost by static embeddings: both encoders' answers on texts that nothing was fitted on, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from voicemine.backends.protocols import Encoding
from voicemine.numerics.calibration import Calibration, expected_calibration_error, probabilities
from voicemine.numerics.graph import top_matches

Floats = npt.NDArray[np.floating]
_NEIGHBOURS = 10
_ROWS = 500


@dataclass(frozen=True)
class SetLoss:
    """One label set. agreement: share of texts with the full model's label. commonest: share that always naming its
    commonest label would reach. ece: calibration error of the static model's confidence, where the full model's label
    is the truth. gap: the same where the truth is the probability that the full model gives to that label."""

    agreement: float
    commonest: float
    ece: float
    gap: float


@dataclass(frozen=True)
class Loss:
    """What is lost, on so many texts.

    neighbours: share of a text's ten nearest ones that stay among its ten nearest. rank: mean rank correlation
    (Spearman) of a text's cosines to all others. themes: AMI of the themes that both encoders give, and `ami_again`:
    of the full encoder's themes under two seeds. rates: texts a second.
    """

    texts: int
    neighbours: float
    rank: float
    labels: Mapping[str, SetLoss]
    themes: Mapping[str, float]
    rates: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, rounded to four places; rates to whole texts."""
        found: dict[str, Any] = _rounded(asdict(self))
        return found | {"rates": {name: round(rate) for name, rate in self.rates.items()}}


def neighbours_kept(full: Floats, static: Floats, *, k: int = _NEIGHBOURS) -> float:
    """Mean share of the k nearest rows of each row of `full` (n, d) that are among its k nearest in `static` (n, e).

    Rows of length 1. Where there are no more than k other rows there is nothing to choose, and the answer is 1.
    """
    if len(full) <= k + 1:
        return 1.0
    ours, theirs = (top_matches(v.astype(np.float32), v.astype(np.float32), k, skip_self=True)[0]
                    for v in (full, static))
    return float(np.mean([len(np.intersect1d(a, b)) / k for a, b in zip(ours, theirs, strict=True)]))


def rank_correlation(full: Floats, static: Floats) -> float:
    """Mean Spearman correlation between a row's cosines to all other rows in `full` and in `static`."""
    n, total = len(full), 0.0
    if n < 3:
        return 1.0
    for start in range(0, n, _ROWS):
        rows = np.arange(start, min(start + _ROWS, n))
        others = np.ones((len(rows), n), dtype=bool)
        others[np.arange(len(rows)), rows] = False
        a, b = (rankdata((v[rows] @ v.T)[others].reshape(len(rows), n - 1), axis=1) for v in (full, static))
        a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
        length = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
        total += float(((a * b).sum(axis=1) / np.maximum(length, 1e-12)).sum())
    return total / n


def labels_lost(full: Encoding, static: Encoding, calibration: Calibration) -> dict[str, SetLoss]:
    """Both models' labels under one calibration, for each label set that both give."""
    found = {}
    for name in sorted(full.logits.keys() & static.logits.keys() & calibration.keys()):
        wanted = probabilities(full.logits[name], calibration[name])
        ours = probabilities(static.logits[name], calibration[name])
        theirs, chosen, sure = wanted.argmax(axis=1), ours.argmax(axis=1), ours.max(axis=1)
        found[name] = SetLoss(
            float((chosen == theirs).mean()), float(np.bincount(theirs).max() / len(theirs)),
            expected_calibration_error(sure, chosen == theirs),
            expected_calibration_error(sure, wanted[np.arange(len(wanted)), chosen]))
    return found


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(part) for key, part in value.items()}
    return round(value, 4) if isinstance(value, float) else value
