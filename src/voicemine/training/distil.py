"""A deeper teacher for the branch: the whole encoder is tuned, reads unlabelled texts, and the branch learns from it.

Knowledge distillation (Hinton et al., 2015) onto labelled and unlabelled texts. The teacher is too slow to ship; what
it has over the branch is that its lower layers are tuned too.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import softmax

from voicemine.backends.label_branch import BranchShape, LabelBranch
from voicemine.training.data import Examples, as_model_reads, concatenate, near_duplicates
from voicemine.training.prepare import Prepared
from voicemine.training.settings import TeacherSettings
from voicemine.training.states import Encoder, States, compute_states, join_states
from voicemine.training.train import Epoch, predict

Logits = dict[str, np.ndarray]
_WINDOW = 4000
_LENGTHS = (12, 320)


def grown(branch: LabelBranch, encoder: Encoder) -> LabelBranch:
    """A branch over all layers of the encoder that starts as the encoder's lower layers below those of `branch`."""
    shape = branch.shape
    whole = LabelBranch(BranchShape(
        labels=shape.labels, base_layer=0, n_layers=shape.base_layer + shape.n_layers, hidden=shape.hidden,
        n_heads=shape.n_heads, intermediate=shape.intermediate, layer_norm_eps=shape.layer_norm_eps))
    whole.start_from(encoder.model.encoder.layer)
    state = whole.state_dict()
    for key, value in branch.state_dict().items():
        parts = key.split(".")
        if parts[0] == "layers":
            parts[1] = str(int(parts[1]) + shape.base_layer)
        state[".".join(parts)] = value.detach().clone()
    whole.load_state_dict(state)
    return whole


def sample_texts(rows: Sequence[dict[str, object]], *, count: int, gold: Sequence[str], near: float,
                 seed: int) -> list[str]:
    """About `count` texts of 12 to 320 characters as the model reads them, from each source by the root of its size.

    Near duplicates of gold texts are left out.
    """
    draw = random.Random(seed)
    sources: dict[str, list[str]] = {}
    for row in rows:
        text = str(row["text"])
        if _LENGTHS[0] <= len(text) <= _LENGTHS[1]:
            sources.setdefault(str(row.get("source", "")), []).append(text)
    roots = {name: len(texts) ** 0.5 for name, texts in sources.items()}
    drawn: list[str] = []
    for name, texts in sources.items():
        draw.shuffle(texts)
        drawn += texts[: int(count * roots[name] / sum(roots.values()))]
    found = list(dict.fromkeys(as_model_reads(t) for t in drawn))
    leaks = near_duplicates(found, gold, near=near)
    return [t for t, leak in zip(found, leaks, strict=True) if not leak]


def read_all(teacher: LabelBranch, encoder: Encoder, texts: Sequence[str], *, max_tokens: int) -> Logits:
    """The teacher's logits (n, k) for each label set, window by window: the states of all texts would fill memory."""
    parts: dict[str, list[np.ndarray]] = {name: [] for name in teacher.shape.labels}
    for at in range(0, len(texts), _WINDOW):
        window = texts[at : at + _WINDOW]
        states = compute_states(window, encoder, base_layer=0, max_tokens=max_tokens)
        for name, values in predict(teacher, states, np.arange(len(window))).items():
            parts[name].append(values)
    return {name: np.concatenate(found) for name, found in parts.items()}


@dataclass(frozen=True)
class Lessons:
    """What the branch learns from: rows, their hidden states, and which rows an epoch sees."""

    rows: Examples
    states: States
    plan: Epoch


def lessons(
    ready: Prepared, own: Logits, texts: Sequence[str], theirs: Logits, *, settings: TeacherSettings, encoder: Encoder,
    base_layer: int, max_tokens: int,
) -> Lessons:
    """Labelled rows with targets drawn towards the teacher's, and texts that only the teacher has read.

    own: the teacher's logits for the rows of `ready.plan.always`. theirs: the same for `texts`.
    """
    at = ready.plan.always
    target = {k: v.copy() for k, v in ready.rows.target.items()}
    partial = {k: v.copy() for k, v in ready.rows.partial.items()}
    known = {k: v.copy() for k, v in ready.rows.known.items()}
    active = {k: v.copy() for k, v in ready.rows.active.items()}
    for name, logits in own.items():
        taught = softmax(logits, axis=1)
        mixed = (1 - settings.share) * target[name][at] + settings.share * taught
        target[name][at] = np.where(known[name][at][:, None], mixed, taught)
        known[name][at], partial[name][at], active[name][at] = True, False, True
    labelled = replace(ready.rows, target=target, partial=partial, known=known, active=active)
    n = len(texts)
    unlabelled = Examples(
        np.array([f"taught:{i}" for i in range(n)], object), list(texts), np.full(n, "taught", object),
        np.full(n, settings.weight, np.float32), {k: softmax(v, axis=1).astype(np.float32) for k, v in theirs.items()},
        {k: np.zeros(n, bool) for k in theirs}, {k: np.ones(n, bool) for k in theirs},
        {k: np.ones(v.shape, bool) for k, v in theirs.items()})
    states = compute_states(texts, encoder, base_layer=base_layer, max_tokens=max_tokens)
    first = len(labelled)
    pools = tuple((pool, max(1, size // 2)) for pool, size in ready.plan.pools)
    return Lessons(concatenate([labelled, unlabelled]), join_states([ready.states, states]),
                   Epoch(np.concatenate([at, np.arange(first, first + n)]), pools))
