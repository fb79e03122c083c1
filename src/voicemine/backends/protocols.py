"""The one-method protocols through which models come in, and what they exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Encoding:
    """What one pass over `n` texts gives.

    vectors: (n, d) float32, rows of length 1. logits: label set -> (n, k) float32, empty where the encoder
    carries no label branch. n_windowed: texts longer than the encoder's window, pooled over several windows.
    windowed: (n,) which texts those are; None where the encoder only counts them. n_known: texts whose answer was
    known from before, so that nothing was computed.
    """

    vectors: Floats
    logits: Mapping[str, Floats] = field(default_factory=dict)
    n_windowed: int = 0
    windowed: npt.NDArray[np.bool_] | None = None
    n_known: int = 0


@runtime_checkable
class Encoder(Protocol):
    """Text in, vectors (and label logits, if the model carries them) out; row i belongs to text i."""

    @property
    def identity(self) -> str:
        """Name, weight hash and precision: equal identities give equal vectors."""

    @property
    def dimension(self) -> int:
        """d, the length of a vector."""

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Encode `texts`. A row must not depend on its neighbours beyond 1e-4."""


@runtime_checkable
class Remembers(Protocol):
    """An encoder that has read some texts before."""

    def knows(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """(n,): which of `texts` need not be read again."""


@runtime_checkable
class Labeller(Protocol):
    """Text in, probabilities of one label set out: for a label model that is not part of the encoder."""

    @property
    def identity(self) -> str:
        """Name and weight hash: equal identities give equal probabilities."""

    @property
    def labels(self) -> Sequence[str]:
        """The k labels, in the order of the columns."""

    def label(self, texts: Sequence[str]) -> Floats:
        """(n, k) float32, rows of sum 1. A row must not depend on its neighbours beyond 1e-3."""


@runtime_checkable
class Redactor(Protocol):
    """Finds personal data that the built-in rules of the clean stage do not."""

    @property
    def identity(self) -> str:
        """Name, version and model: equal identities give equal findings."""

    def find(self, text: str) -> Sequence[tuple[str, int, int]]:
        """(type of placeholder, start, end) of each finding; offsets are half-open code points."""


@runtime_checkable
class Namer(Protocol):
    """Suggests a name for a theme from redacted material; may refuse by returning None."""

    @property
    def identity(self) -> str:
        """Name, version of the prompt, and model."""

    def suggest(self, *, keywords: Sequence[str], quotes: Sequence[str], taken: Sequence[str]) -> str | None:
        """A short name, or None where no good one was found."""
