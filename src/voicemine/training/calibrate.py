"""Calibration on gold: temperature and prior correction for each label set, thresholds, all cross-fitted.

What is reported was never measured on the rows that fitted it; what is shipped is fitted on all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import f1_score

from voicemine.numerics.calibration import (
    Floats,
    SetCalibration,
    expected_calibration_error,
    fit_temperature,
    log_loss,
    probabilities,
)

#: Steps of the prior correction: 0 trusts the training frequencies, 1 would undo them altogether.
SHIFTS = (0.0, 0.15, 0.3, 0.45)
#: A correction must gain this much to be made: less is luck on a few hundred rows.
HURDLE = 0.006


@dataclass(frozen=True)
class CrossFitted:
    """Probabilities (n, k) of each gold row from a calibration that did not see it, and the errors measured."""

    given: Floats
    ece: float
    log_loss: float


def _bias(prior: Floats, shift: float) -> Floats:
    """Logit adjustment (Menon et al., 2021): minus `shift` times the log of the class frequency, centred."""
    adjusted = -shift * np.log(np.maximum(prior, 1e-4))
    centred: Floats = adjusted - adjusted.mean()
    return centred


def choose_shift(logits: Floats, truth: np.ndarray, prior: Floats, lenient: np.ndarray | None = None) -> float:
    """The prior correction with the best mean of accuracy, lenient accuracy and macro-F1; the smallest wins near ties.

    lenient (n, k) marks every label that a careful reader would accept.
    """
    best, chosen = -1.0, 0.0
    for shift in SHIFTS:
        guess = (logits + _bias(prior, shift)).argmax(1)
        macro = f1_score(truth, guess, average="macro", labels=np.unique(truth), zero_division=0)
        parts = [float((guess == truth).mean()), float(macro)]
        if lenient is not None:
            parts.append(float(lenient[np.arange(len(guess)), guess].mean()))
        if np.mean(parts) > best + HURDLE:
            best, chosen = float(np.mean(parts)), shift
    return chosen


def fit_set(
    logits: Floats, truth: np.ndarray, labels: tuple[str, ...], *, prior: Floats, lenient: np.ndarray | None = None,
    risk: float | None = None,
) -> SetCalibration:
    """Fit one label set on gold rows: logits (n, k), truth (n,), prior (k,) of the training rows.

    `risk` is the highest chance of error that a single answer may carry; below 1 - risk the label is withheld
    (Chow, 1970: with calibrated probabilities no other rule errs less at the same coverage).
    """
    bias = _bias(prior, choose_shift(logits, truth, prior, lenient))
    temperature = fit_temperature(logits + bias, truth)
    return SetCalibration(
        labels, round(temperature, 4), tuple(np.round(bias, 4).tolist()), 0.0 if risk is None else round(1 - risk, 4)
    )


def folds(n: int, k: int, seed: int) -> np.ndarray:
    """Fold number (n,) of each row, sizes as equal as can be."""
    parts: np.ndarray = np.random.default_rng(seed).permutation(np.arange(n) % k)
    return parts


def cross_fit(
    logits: Floats, truth: np.ndarray, labels: tuple[str, ...], *, prior: Floats, lenient: np.ndarray | None = None,
    k: int = 5, seed: int = 0,
) -> CrossFitted:
    """Calibrate each fold with the others and measure on it."""
    fold = folds(len(truth), k, seed)
    given = np.zeros(logits.shape, np.float64)
    for number in range(k):
        rest, own = fold != number, fold == number
        fitted = fit_set(
            logits[rest], truth[rest], labels, prior=prior, lenient=None if lenient is None else lenient[rest]
        )
        given[own] = probabilities(logits[own], fitted)
    ece = expected_calibration_error(given.max(1), given.argmax(1) == truth)
    return CrossFitted(given, ece, log_loss(given, truth))


def fit_all(
    logits: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray], labels: Mapping[str, tuple[str, ...]], *,
    priors: Mapping[str, Floats], lenient: Mapping[str, np.ndarray], risks: Mapping[str, float],
) -> dict[str, SetCalibration]:
    """What is shipped: each label set fitted on all gold rows."""
    return {
        name: fit_set(
            logits[name].astype(np.float64), truth[name], labels[name], prior=priors[name], lenient=lenient[name],
            risk=risks.get(name),
        )
        for name in labels
    }
