"""Scores of a trained branch: per label set and class, confusion, calibration, risk and coverage, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from voicemine.numerics.calibration import risk_coverage


@dataclass(frozen=True)
class SetScore:
    """Scores of one label set over `n` rows. `lenient` also counts the gold's runner-up."""

    n: int
    accuracy: float
    lenient: float
    macro_f1: float
    recall: float
    ece: float | None = None


def set_score(
    truth: np.ndarray, guess: np.ndarray, lenient: np.ndarray | None = None, *, ece: float | None = None
) -> SetScore:
    """Score guesses (n,) against truth (n,); lenient (n, k) marks the labels that count as right too.

    Macro-F1 and recall are over the classes that the gold holds.
    """
    classes = np.unique(truth)
    _, recall, f1, _ = precision_recall_fscore_support(truth, guess, labels=classes, zero_division=0)
    right = guess == truth
    kind = right if lenient is None else right | lenient[np.arange(len(guess)), guess].astype(bool)
    return SetScore(
        len(truth), float(right.mean()), float(kind.mean()), float(np.mean(f1)), float(np.mean(recall)), ece
    )


def score_table(rows: Mapping[str, Mapping[str, SetScore]]) -> str:
    """Markdown: one line for each label set and system; `rows[set][system]`."""
    lines = ["| label set | system | rows | accuracy | lenient | macro-F1 | macro recall | ECE |",
             "|---|---|---|---|---|---|---|---|"]
    for name, systems in rows.items():
        for system, s in systems.items():
            ece = "–" if s.ece is None else f"{s.ece:.3f}"
            lines.append(f"| {name} | {system} | {s.n} | {s.accuracy:.3f} | {s.lenient:.3f} | {s.macro_f1:.3f} | "
                         f"{s.recall:.3f} | {ece} |")
    return "\n".join(lines)


def class_table(truth: np.ndarray, guess: np.ndarray, labels: Sequence[str]) -> str:
    """Markdown: precision, recall, F1 and number of gold rows of each class that gold or guess holds."""
    p, r, f, n = precision_recall_fscore_support(truth, guess, labels=np.arange(len(labels)), zero_division=0)
    lines = ["| class | precision | recall | F1 | gold rows | guessed |", "|---|---|---|---|---|---|"]
    for i, label in enumerate(labels):
        guessed = int((guess == i).sum())
        if n[i] or guessed:
            lines.append(f"| {label} | {p[i]:.2f} | {r[i]:.2f} | {f[i]:.2f} | {n[i]} | {guessed} |")
    return "\n".join(lines)


def confusion_table(truth: np.ndarray, guess: np.ndarray, labels: Sequence[str]) -> str:
    """Markdown: rows are gold, columns are guesses; classes that neither holds are left out."""
    present = sorted(set(truth.tolist()) | set(guess.tolist()))
    counts = confusion_matrix(truth, guess, labels=present)
    lines = ["| gold \\ guess | " + " | ".join(labels[i] for i in present) + " |",
             "|---|" + "---|" * len(present)]
    for i, line in zip(present, counts, strict=True):
        lines.append(f"| {labels[i]} | " + " | ".join(str(c) if c else "·" for c in line) + " |")
    return "\n".join(lines)


def coverage_table(confidence: np.ndarray, right: np.ndarray, kind: np.ndarray) -> str:
    """Markdown: what is answered, and how often wrongly, at ten coverages; `kind` counts runner-ups as right."""
    thresholds, coverage, risk = risk_coverage(confidence, right)
    lenient = risk_coverage(confidence, kind)[2]
    lines = ["| coverage | threshold | error | error, runner-up accepted |", "|---|---|---|---|"]
    for share in np.arange(0.1, 1.01, 0.1):
        i = min(round(share * len(risk)) - 1, len(risk) - 1)
        lines.append(f"| {coverage[i]:.2f} | {thresholds[i]:.2f} | {risk[i]:.3f} | {lenient[i]:.3f} |")
    return "\n".join(lines)


def as_numbers(rows: Mapping[str, Mapping[str, SetScore]]) -> dict[str, dict[str, dict[str, float]]]:
    """The score table for JSON, rounded."""
    return {
        name: {
            system: {k: round(v, 4) for k, v in asdict(s).items() if v is not None} for system, s in systems.items()
        }
        for name, systems in rows.items()
    }
