"""Turning logits into probabilities that mean what they say, and measuring whether they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SetCalibration:
    """How one label set is read: softmax((logits + bias) / temperature) over `labels`.

    `threshold`: below this probability of the first choice the label is too unsure (0 = never).
    """

    labels: tuple[str, ...]
    temperature: float = 1.0
    bias: tuple[float, ...] = ()
    threshold: float = 0.0


Calibration = Mapping[str, SetCalibration]


def calibration_from(parsed: Mapping[str, Any]) -> dict[str, SetCalibration]:
    """Read what `calibration_to` wrote."""
    return {
        name: SetCalibration(
            tuple(part["labels"]), float(part["temperature"]), tuple(map(float, part["bias"])), float(part["threshold"])
        )
        for name, part in parsed["sets"].items()
    }


def calibration_to(calibration: Calibration) -> dict[str, Any]:
    """Plain lists and numbers, for JSON."""
    return {
        "sets": {
            name: {"labels": list(c.labels), "temperature": c.temperature, "bias": list(c.bias),
                   "threshold": c.threshold}
            for name, c in calibration.items()
        }
    }


def softmax(scores: Floats) -> Floats:
    """Row-wise softmax of (n, k)."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return result


def probabilities(logits: npt.NDArray[Any], calibration: SetCalibration) -> Floats:
    """Calibrated probabilities (n, k) of logits (n, k)."""
    bias = np.asarray(calibration.bias or np.zeros(len(calibration.labels)))
    return softmax((np.asarray(logits, dtype=np.float64) + bias) / calibration.temperature)


def complaint_and_praise(logits: Mapping[str, npt.NDArray[Any]], calibration: Calibration, *, n: int,
                         ) -> npt.NDArray[np.float32]:
    """How surely each of n texts is a complaint (mean probability of a pain and of a negative or mixed feeling), and
    praise (probability of a positive feeling), (n, 2); 0.5 where the logits lack a label set."""
    found = np.full((n, 2), 0.5, np.float32)
    if n and {"pain", "sentiment"} <= logits.keys() & calibration.keys():
        feeling = probabilities(logits["sentiment"], calibration["sentiment"])
        names = calibration["sentiment"].labels
        column = {name: feeling[:, i] for i, name in enumerate(names)}
        pain = probabilities(logits["pain"], calibration["pain"])[:, calibration["pain"].labels.index("1")]
        found[:, 0] = (pain + column["negative"] + column["mixed"]) / 2
        found[:, 1] = column["positive"]
    return found


def log_loss(given: Floats, truth: npt.NDArray[np.int64]) -> float:
    """Mean negative log probability of the true column."""
    return float(-np.log(np.clip(given[np.arange(len(truth)), truth], 1e-12, None)).mean())


def fit_temperature(logits: npt.NDArray[Any], truth: npt.NDArray[np.int64]) -> float:
    """The temperature that minimises log loss (Guo et al., 2017). logits (n, k), truth (n,)."""
    scores = np.asarray(logits, dtype=np.float64)
    found = minimize(
        lambda t: log_loss(softmax(scores / np.exp(t[0])), truth), np.zeros(1), method="Nelder-Mead",
        options={"xatol": 1e-4, "fatol": 1e-7},
    )
    return float(np.clip(np.exp(found.x[0]), 0.2, 5.0))


def expected_calibration_error(confidence: Floats, correct: npt.NDArray[np.bool_] | Floats, *, bins: int = 10) -> float:
    """Weighted gap between confidence and accuracy over equal-width bins; `correct` may be a probability of it."""
    place = np.clip((confidence * bins).astype(int), 0, bins - 1)
    gaps = [
        abs(confidence[place == b].mean() - correct[place == b].mean()) * (place == b).mean()
        for b in range(bins) if (place == b).any()
    ]
    return float(sum(gaps))


def risk_coverage(confidence: Floats, correct: npt.NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Thresholds, share answered and error among the answered, from the surest row down: each (n,)."""
    order = np.argsort(-confidence, kind="stable")
    count = np.arange(1, len(order) + 1)
    risk = 1.0 - np.cumsum(correct[order]) / count
    return confidence[order], count / len(order), risk
