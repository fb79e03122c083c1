"""Which of today's groups is which of yesterday's: shared members, centroids, names, one optimal assignment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: Most that shared members can weigh in a score; centroid and name share the rest.
_MEMBER_WEIGHT = 0.85
#: Members known on both sides at which that weight is half reached.
_HALF_EVIDENCE = 5.0
#: Cosine of centroids that counts as no likeness: themes of one corpus are all somewhat alike.
_FLOOR_COSINE = 0.7


@dataclass(frozen=True)
class Overlap:
    """Weighted members of new groups (n) against old groups (m).

    shared: (n, m) weight in both. new_known: (n,) weight of a new group's members that any old group had.
    old_present: (m,) weight of an old group's members that still exist.
    """

    shared: Array
    new_known: Array
    old_present: Array

    @property
    def jaccard(self) -> Array:
        """(n, m) weighted Jaccard (Ruzicka) likeness among members that both sides can know."""
        union = self.new_known[:, None] + self.old_present[None, :] - self.shared
        return np.divide(self.shared, union, out=np.zeros_like(self.shared), where=union > 0)


def likeness(overlap: Overlap, cosine: Array, name: Array) -> Array:
    """Score in 0..1 of each new group (n) against each old group (m).

    cosine, name: (n, m) likeness of centroids (-1..1) and names (0..1). Shared members rule where both sides
    know enough of them; where they cannot tell (an emptied store, a moving window of data), centroid and name
    decide.
    """
    evidence = np.minimum(overlap.new_known[:, None], overlap.old_present[None, :])
    weight = _MEMBER_WEIGHT * evidence / (evidence + _HALF_EVIDENCE)
    content = 0.8 * np.clip((cosine - _FLOOR_COSINE) / (1 - _FLOOR_COSINE), 0, 1) + 0.2 * name
    return weight * overlap.jaccard + (1 - weight) * content


def assign(scores: Array, *, threshold: float, allowed: Flags | None = None) -> list[tuple[int, int]]:
    """Pairs (new, old) with the highest sum of scores, each at `threshold` or more, in order of `new`.

    scores: (n, m). allowed: (n, m), False where a pair must not be. Each side is used once at most.
    """
    if not scores.size:
        return []
    usable = scores >= threshold
    if allowed is not None:
        usable &= allowed
    # Rounded, so that the last bits of a score never decide between two assignments.
    rows, columns = linear_sum_assignment(np.where(usable, np.round(scores, 9), 0.0), maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if usable[r, c]]


def cosine(left: npt.NDArray[np.float32], right: npt.NDArray[np.float32]) -> Array:
    """(n, m) cosine of unit rows; zeros where the two sides do not have the same dimension."""
    if left.shape[1] != right.shape[1]:
        return np.zeros((len(left), len(right)))
    return np.asarray(left.astype(np.float64) @ right.astype(np.float64).T)


def name_likeness(left: Sequence[str], right: Sequence[str]) -> Array:
    """(n, m) share of words in common (Jaccard, case and punctuation aside) between names."""
    a, b = ([frozenset(_words(name)) for name in names] for names in (left, right))
    return np.array([[len(x & y) / len(x | y) if x | y else 0.0 for y in b] for x in a]).reshape(len(a), len(b))


def _words(name: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in name.casefold()).split()
