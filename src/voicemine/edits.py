"""What people changed about themes by hand: united, divided, hidden. Vectors only, so that no text is kept for it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from voicemine.errors import StoreError

Vector = npt.NDArray[np.float32]
Pair = tuple[Vector, Vector]


@dataclass(frozen=True)
class ThemeEdits:
    """Pairs of centroids (d,) whose themes are one, or are two; theme ids that are not shown. `notes` says what each
    was, in the order in which people made them: kind, theme ids."""

    together: tuple[Pair, ...] = ()
    apart: tuple[Pair, ...] = ()
    hidden: frozenset[str] = frozenset()
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def identity(self) -> str:
        """Changes with what the edits do to the themes."""
        told = json.dumps([self.to_json()[key] for key in ("together", "apart")])
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "together": [[_packed(a), _packed(b)] for a, b in self.together],
            "apart": [[_packed(a), _packed(b)] for a, b in self.apart],
            "hidden": sorted(self.hidden), "notes": [list(n) for n in self.notes],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ThemeEdits:
        """The inverse of `to_json`. Raises StoreError where it is malformed."""
        try:
            return cls(
                together=tuple((_unpacked(a), _unpacked(b)) for a, b in value["together"]),
                apart=tuple((_unpacked(a), _unpacked(b)) for a, b in value["apart"]),
                hidden=frozenset(map(str, value["hidden"])), notes=tuple((str(k), str(t)) for k, t in value["notes"]),
            )
        except (KeyError, TypeError, ValueError) as fault:
            raise StoreError(f"the edits of themes are damaged: {fault}; restore edits.json or remove it") from fault


def _packed(vector: Vector) -> str:
    return base64.b64encode(np.asarray(vector, dtype="<f2").tobytes()).decode("ascii")


def _unpacked(text: str) -> Vector:
    found = np.frombuffer(base64.b64decode(text, validate=True), dtype="<f2").astype(np.float32)
    return found / max(float(np.linalg.norm(found)), 1e-12)
