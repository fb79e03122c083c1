"""A made-up encoder for tests of what surrounds the models: texts with words in common are alike, and all are pains."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from voicemine import runner
from voicemine.backends.protocols import Encoding, Floats
from voicemine.provision import Backend, labels_folder, provide, read_calibration
from voicemine.stages.name.naming import undecided

DIMENSION = 64


class WordEncoder:
    """Mean of a fixed random vector for each word; logits are the same for all texts, with a pain in each."""

    identity = "words"
    dimension = DIMENSION

    def __init__(self, sizes: dict[str, list[str]]) -> None:
        self._sizes = sizes
        self._words: dict[str, Floats] = {}

    def encode(self, texts: Sequence[str]) -> Encoding:
        vectors = np.stack([self._vector(t) for t in texts]) if texts else np.zeros((0, DIMENSION), np.float32)
        logits = {name: np.tile(np.array([3.0 if n in ("yes", "pain", "true", "1") else 0.1 * k for k, n in
                                          enumerate(labels)], np.float32), (len(texts), 1))
                  for name, labels in self._sizes.items()}
        return Encoding(vectors.astype(np.float32), logits)

    def __call__(self, texts: Sequence[str]) -> Floats:
        return self.encode(texts).vectors

    def _vector(self, text: str) -> Floats:
        words = [w for w in re.findall(r"[a-z]+", text.casefold()) if len(w) > 3] or ["?"]
        total = np.sum([self._word(w) for w in words], axis=0)
        return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), dtype=np.float32)

    def _word(self, word: str) -> Floats:
        if word not in self._words:
            draw = np.random.default_rng(zlib.crc32(word.encode()))
            self._words[word] = draw.normal(size=DIMENSION).astype(np.float32)
        return self._words[word]


def _provided(loaded: Any, **options: Any) -> Any:
    found = provide(loaded, **options)
    sizes = {name: list(c.labels) for name, c in read_calibration(labels_folder(loaded)).items()}
    encoder = WordEncoder(sizes)
    found.available |= {name: Backend("words", lambda: encoder) for name in ("encoder", "reader", "embed")}
    found.available |= {"judge": Backend("", lambda: undecided)}
    found.forget = lambda: 0
    return found


def use() -> None:
    """Let runs of this process read with words instead of the model."""
    runner.provide = _provided  # type: ignore[assignment]


def undo() -> None:
    """Back to the model."""
    runner.provide = provide
