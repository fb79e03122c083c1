"""From a researcher's labelled file to a label model of their own: read, encode, adapt, write with its card."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from voicemine.artefacts.files import whole_folder
from voicemine.backends.branch_file import WEIGHTS, load_branch, save_branch
from voicemine.backends.label_branch import LabelBranch
from voicemine.backends.minilm import minilm_folder
from voicemine.backends.model_card import CARD_NAME, file_hash, read_card, write_card
from voicemine.errors import ModelError, UsageError
from voicemine.numerics.calibration import Floats, SetCalibration, calibration_from, calibration_to
from voicemine.training.adapt import Adapted, adapt_branch
from voicemine.training.own_rows import check_labels, read_own
from voicemine.training.states import Encoder, States, compute_states, embed, load_encoder

_CALIBRATION, _ABOUT = "calibration.json", "card.md"
_OURS = frozenset({WEIGHTS, _CALIBRATION, CARD_NAME, _ABOUT})
_MAX_TOKENS = 256


def adapt_file(path: Path, label_set: str, *, base: Path, out: Path, seed: int = 0) -> Adapted:
    """Adapt the label model in folder `base` to the labelled file `path` and write the new one to folder `out`.

    Raises InputError for a file, label or row that cannot be used, UsageError for an unknown label set or an `out`
    that holds something else, ModelError where `base` or the encoder is missing or altered.
    """
    if out.resolve() == base.resolve():
        raise UsageError(f"--out is the model that is adapted ({base}); name another folder")
    if out.exists() and not (out.is_dir() and {p.name for p in out.iterdir()} <= _OURS):
        raise UsageError(f"{out} holds other files; name a new or empty folder with --out")
    branch = load_branch(base, encoder=minilm_folder())
    known = branch.shape.labels
    if label_set not in known:
        raise UsageError(f"--set {label_set}: the model has no such label set; it has {', '.join(known)}")
    rows = read_own(path, label_set)
    check_labels(rows.labels, label_set, known, path=path)
    encoder = load_encoder()
    x, vectors = read_texts(rows.texts, branch, encoder, (label_set,))
    found = adapt_branch(branch, _calibration(base), label_set, rows.labels, x[label_set], vectors, seed=seed)
    write_model(out, found, label_set, base=base, encoder=encoder.folder, source=path.name)
    return found


def read_texts(
    texts: Sequence[str], branch: LabelBranch, encoder: Encoder, label_sets: Sequence[str]
) -> tuple[dict[str, Floats], np.ndarray]:
    """What the head of each of `label_sets` reads of n texts (n, 2 d), and their frozen embeddings (n, d)."""
    states = compute_states(texts, encoder, base_layer=branch.shape.base_layer, max_tokens=_MAX_TOKENS)
    return features(branch, label_sets, states), embed(texts, encoder, max_tokens=_MAX_TOKENS)


def features(branch: LabelBranch, label_sets: Sequence[str], states: States, *, batch: int = 64) -> dict[str, Floats]:
    """What the head of each of `label_sets` reads (n, 2 d), for all texts of `states`."""
    places = {name: list(branch.shape.labels).index(name) for name in label_sets}
    found = {name: np.zeros((len(states.lengths()), 2 * branch.shape.hidden)) for name in label_sets}
    order = np.argsort(-states.lengths(), kind="stable")
    branch.eval()
    with torch.inference_mode():
        for at in range(0, len(order), batch):
            part = order[at : at + batch]
            pooled = branch.pooled(*states.batch(part)).numpy()
            for name, place in places.items():
                found[name][part] = pooled[:, place]
    return found


def _calibration(folder: Path) -> dict[str, SetCalibration]:
    try:
        return calibration_from(json.loads((folder / _CALIBRATION).read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise ModelError(f"{folder / _CALIBRATION} cannot be used: {fault}; train the labels anew") from fault


def write_model(
    out: Path, found: Adapted, label_set: str, *, base: Path, encoder: Path, source: str
) -> None:
    """Write weights, calibration and both cards; the folder appears whole or not at all."""
    card = read_card(base)
    numbers = _numbers(found, label_set, card["metrics"]) | {"base_sha256": file_hash(base / WEIGHTS)}
    with whole_folder(out) as folder:
        save_branch(found.branch, folder, encoder=encoder)
        (folder / _CALIBRATION).write_text(
            json.dumps(calibration_to(found.calibration), indent=1) + "\n", encoding="utf8")
        (folder / _ABOUT).write_text(card_text(found, label_set, source=source), encoding="utf8")
        write_card(folder, name="labels", version=str(card["version"]), metrics=numbers, licence=str(card["licence"]),
                   data=[*card["data"], f"{source} ({label_set} only)"])


def _numbers(found: Adapted, label_set: str, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The base's gold figures of the sets that stayed, and the cross-validated ones of the new head."""
    gold = {name: part for name, part in metrics.get("gold", {}).items() if name != label_set}
    return {
        "gold": gold,
        "adapted": {
            "label_set": label_set, "ridge": found.ridge, "examples": sum(found.counts),
            "labels": {label: {"examples": n, "recall": None if r is None else round(r, 4)}
                       for label, n, r in zip(found.labels, found.counts, found.recall, strict=True)},
            "cross_validated": {name: {k: round(v, 4) for k, v in asdict(part).items() if v is not None}
                                for name, part in (("voicemine", found.ours), ("frozen + LR", found.frozen))},
        },
    }


def card_text(found: Adapted, label_set: str, *, source: str) -> str:
    """The card that people read."""
    lines = ["| label | examples | cross-validated recall |", "|---|---|---|"]
    for label, is_new, n, recall in zip(found.labels, found.is_new, found.counts, found.recall, strict=True):
        shown = "–" if recall is None else f"{recall:.2f}"
        lines.append(f"| {label}{' (new)' if is_new else ''} | {n} | {shown} |")
    scores = ["| system | accuracy | macro-F1 | ECE |", "|---|---|---|---|"]
    for name, score in (("this model", found.ours), ("frozen embedding + LR", found.frozen)):
        ece = "–" if score.ece is None else f"{score.ece:.3f}"
        scores.append(f"| {name} | {score.accuracy:.3f} | {score.macro_f1:.3f} | {ece} |")
    return (
        f"# Label branch, `{label_set}` adapted\n\nThe shipped label branch with another head for `{label_set}`, "
        f"fitted on {sum(found.counts)} examples of {source} and drawn towards the old head (precision "
        f"{found.ridge:g}). All other weights are those of the base. Figures are cross-validated on the examples "
        "themselves: they tell how well the labels can be told apart there, not how well on other sources.\n\n"
        + "\n".join(lines) + "\n\n" + "\n".join(scores) + "\n"
    )


