"""Texts that hold the branch's embedding to the published one, and how far it has moved."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from voicemine.backends.label_branch import LabelBranch, token_mean
from voicemine.training.data import as_model_reads, read_rows
from voicemine.training.settings import Anchor
from voicemine.training.states import Encoder, States, batches

#: Texts kept apart to measure on.
HELD = 1000
_SHORTEST, _LONGEST = 8, 600
_CUT = 0.7
_PARTS = re.compile(r"(?<=[.!?])\s+|,\s+but\s+|\n+")
_NEIGHBOURS = 10


@dataclass(frozen=True)
class Anchors:
    """Hidden states of the texts after the branch's base layer, and the encoder that says what their vectors are."""

    states: States
    encoder: Encoder
    base_layer: int

    def target(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The published vectors (b, d), of length 1."""
        with torch.no_grad():
            last = self.encoder.through(hidden, mask, self.base_layer, self.encoder.n_layers)
            return functional.normalize(token_mean(last, mask), dim=1)

    def batches(self, size: int, draw: np.random.Generator) -> Iterator[np.ndarray]:
        """Batches of texts of like length without end; none returns before all were seen."""
        lengths = self.states.lengths()
        while True:
            yield from reversed(list(batches(draw.permutation(len(lengths) - HELD), lengths, size, draw)))


@dataclass(frozen=True)
class Drift:
    """How far the branch's embedding is from the published one on texts that it was not held to: mean and fifth
    percentile of the cosine, and the share of a text's ten nearest neighbours that are the same."""

    cosine: float
    cosine_p5: float
    neighbours: float


def anchor_texts(path: Path, wanted: Anchor, *, seed: int) -> list[str]:
    """Texts as a run would encode them, in random order: most cut to one of their sentences."""
    draw = random.Random(seed)
    sources: dict[str, list[str]] = {}
    for row in read_rows(path):
        if len(row["text"]) >= _SHORTEST:
            sources.setdefault(row["source"], []).append(row["text"])
    total = sum(len(texts) ** 0.5 for texts in sources.values())
    chosen: list[str] = []
    for texts in sources.values():
        draw.shuffle(texts)
        chosen += texts[: int(wanted.texts * len(texts) ** 0.5 / total)]
    read = sorted({as_model_reads(_cut(text, draw))[:_LONGEST] for text in chosen})
    draw.shuffle(read)
    return read


def _cut(text: str, draw: random.Random) -> str:
    parts = [part for part in _PARTS.split(text) if len(part) >= _SHORTEST]
    return draw.choice(parts) if parts and draw.random() < _CUT else text


def drift(branch: LabelBranch, anchors: Anchors) -> Drift:
    """Measure the embedding of `branch` on the texts that no step saw."""
    lengths = anchors.states.lengths()
    held = np.arange(len(lengths) - HELD, len(lengths))
    order: Sequence[int] = held[np.argsort(-lengths[held], kind="stable")].tolist()
    branch.eval()
    with torch.inference_mode():
        parts = [anchors.states.batch(np.array(order[i : i + 50])) for i in range(0, len(order), 50)]
        own = torch.cat([branch.vectors(*part) for part in parts]).numpy()
        true = torch.cat([anchors.target(*part) for part in parts]).numpy()
    cosine = (own * true).sum(axis=1)
    same = [len(set(a) & set(b)) / _NEIGHBOURS for a, b in zip(_nearest(own), _nearest(true), strict=True)]
    return Drift(*(round(float(v), 4) for v in (cosine.mean(), np.quantile(cosine, 0.05), np.mean(same))))


def _nearest(vectors: np.ndarray) -> list[list[int]]:
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -2)
    found: list[list[int]] = np.argsort(-likeness, axis=1)[:, :_NEIGHBOURS].tolist()
    return found
