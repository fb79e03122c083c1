"""Principal components of vectors: the part of a vector that tells texts of one corpus apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Projection:
    """mean (d,): what all texts share. components (d, r): orthonormal directions, most variance first."""

    mean: Floats
    components: Floats

    def apply(self, vectors: Floats) -> Floats:
        """(n, d) vectors to (n, r) rows of length 1; a vector equal to the mean becomes zeros."""
        return unit((vectors.astype(np.float32) - self.mean) @ self.components)


def fit_projection(vectors: Floats, dimensions: int) -> Projection:
    """Mean and leading components of (n, d) vectors; r = min(dimensions, d, n - 1), at least 1.

    Subtracting the mean removes the component that all texts have in common (Mu & Viswanath 2018); the trailing
    components are mostly noise. The sign of a component is fixed, so that equal input gives equal output.
    """
    mean = vectors.mean(axis=0, dtype=np.float64)
    centred = vectors - mean.astype(np.float32)
    scatter = (centred.T @ centred).astype(np.float64)
    _, directions = np.linalg.eigh(scatter)
    r = max(1, min(dimensions, vectors.shape[1], len(vectors) - 1))
    kept = directions[:, ::-1][:, :r]
    kept = kept * np.where(kept[np.argmax(np.abs(kept), axis=0), np.arange(r)] < 0, -1.0, 1.0)
    return Projection(mean.astype(np.float32), kept.astype(np.float32))


def unit(vectors: npt.NDArray[np.floating]) -> Floats:
    """Rows scaled to length 1; a row of zeros stays."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(length > 1e-8, length, 1.0)).astype(np.float32)
