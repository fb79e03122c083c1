"""From the labels that the model learnt to the labels of the user's taxonomy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from voicemine.errors import ConfigError
from voicemine.numerics.calibration import Calibration, Floats, SetCalibration
from voicemine.numerics.relabel import blend, fold, zero_shot
from voicemine.taxonomy import NO_TOUCHPOINT, UNCLEAR, Stage, Taxonomy, Touchpoint

#: Spread of the zero-shot softmax: chosen on the shipped taxonomy, each of whose stages was left out in turn.
TEMPERATURE = 0.05
Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]


def targets_of(
    entries: Sequence[Stage | Touchpoint], kept: Sequence[str], learnt: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """New label -> labels of the model that it stands for; empty for a label that the model never saw.

    `kept` are built-in labels that stand for themselves. Raises ConfigError where `learnt_as` names an unknown
    label of the model.
    """
    found: dict[str, tuple[str, ...]] = {}
    problems = []
    for entry in entries:
        asked = entry.learnt_as if entry.learnt_as is not None else (entry.label,)
        if entry.learnt_as is not None:
            problems += [f"taxonomy: {entry.label}.learnt_as names '{a}', which the model does not know; it knows "
                         f"{', '.join(learnt)}" for a in asked if a not in learnt]
        found[entry.label] = tuple(a for a in asked if a in learnt)
    if problems:
        raise ConfigError(problems)
    return found | {label: (label,) for label in kept if label in learnt}


def undescribed(taxonomy: Taxonomy, calibration: Calibration) -> bool:
    """Whether a stage or touchpoint is known by its description alone, so that only vectors can tell it.

    Raises as `targets_of`.
    """
    sets: dict[str, tuple[Sequence[Stage | Touchpoint], str]] = {
        "stage": (taxonomy.stages, UNCLEAR), "touchpoint": (taxonomy.touchpoints, NO_TOUCHPOINT)}
    return any(not olds for name, (entries, kept) in sets.items() if name in calibration
               for olds in targets_of(entries, (kept,), calibration[name].labels).values())


def adapt(
    given: Mapping[str, Floats], calibration: Calibration, taxonomy: Taxonomy, *,
    vectors: Callable[[], npt.NDArray[np.floating]], embed: Embed
) -> tuple[dict[str, Floats], dict[str, SetCalibration]]:
    """Probabilities (n, k) and calibrations of stage and touchpoint in the taxonomy's labels; the rest as it is.

    A set of the two that `given` lacks is left out: a model of the user's gives it in the taxonomy's labels already.
    vectors, (n, d) of length 1, are asked for where a label is new that nobody labelled: it is recognised by its
    closeness to the mean vector of its definition, examples and phrases, against the same for all other labels.
    """
    out, read = dict(given), dict(calibration)
    described: dict[str, tuple[dict[str, tuple[str, ...]], Sequence[Stage | Touchpoint], str]] = {
        "stage": ({s.label: (s.definition, *s.examples) for s in taxonomy.stages}, taxonomy.stages, UNCLEAR),
        "touchpoint": ({t.label: (t.definition, *t.phrases) for t in taxonomy.touchpoints}, taxonomy.touchpoints,
                       NO_TOUCHPOINT),
    }
    for name, (texts, entries, kept) in described.items():
        if name not in given:
            continue
        part = calibration[name]
        targets = targets_of(entries, (kept,), part.labels)
        if tuple(targets) == part.labels and all(olds == (label,) for label, olds in targets.items()):
            continue
        found = fold(given[name], part.labels, targets)
        new = np.array([not olds for olds in targets.values()])
        if new.any():
            prior = np.zeros_like(found)
            places = [i for i, label in enumerate(targets) if label in texts]
            known = prototypes([texts[label] for label in targets if label in texts], embed)
            prior[:, places] = zero_shot(np.asarray(vectors(), np.float64), known, temperature=TEMPERATURE)
            found = blend(found, prior, new=new)
        out[name] = found
        read[name] = replace(part, labels=tuple(targets), bias=())
    return out, read


def prototypes(texts: Sequence[Sequence[str]], embed: Embed) -> Floats:
    """Mean vector of each group of texts (k, d), of length 1."""
    flat = [t for group in texts for t in group]
    vectors = np.asarray(embed(flat), dtype=np.float64)
    ends = np.cumsum([len(group) for group in texts])
    means = np.stack([part.mean(axis=0) for part in np.split(vectors, ends[:-1])])
    return np.asarray(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12))
