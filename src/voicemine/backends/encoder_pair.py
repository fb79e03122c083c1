"""Vectors from one encoder, label logits from another: for encoders that carry no label branch."""

from __future__ import annotations

from collections.abc import Sequence

from voicemine.backends.protocols import Encoder, Encoding


class PairedEncoder:
    """Reads each text twice: once for its vector, once for its labels."""

    def __init__(self, vectors: Encoder, labels: Encoder) -> None:
        self._vectors, self._labels = vectors, labels

    @property
    def identity(self) -> str:
        return f"{self._vectors.identity}+{self._labels.identity}"

    @property
    def dimension(self) -> int:
        return self._vectors.dimension

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Vectors (n, d) of the first encoder with the logits of the second."""
        found = self._vectors.encode(texts)
        return Encoding(found.vectors, self._labels.encode(texts).logits, found.n_windowed, found.windowed)
