"""What a stage is: a plain function and a declaration of what it reads, writes and needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from voicemine.settings import Settings


class Earlier(Protocol):
    """What the same stage, with the same settings and models, read and wrote when it last ran in this out folder.

    For item-level work only: what is taken from it must be what computing it anew would give.
    """

    def read(self, name: str) -> Any:
        """The artefact of that name, or None where it is not there any more."""


@dataclass(frozen=True)
class Stage:
    """Declaration of one stage.

    `run(*reads, settings=…, **needs)` gets the artefacts named in `reads`, in that order, and each backend
    named in `needs` by keyword. It returns a frozen dataclass with one attribute for each name in `writes`.
    An artefact is a table of `tables.py` (a DataFrame) or a mapping of numpy arrays (a name in `ARRAYS`).
    Raise `version` whenever the code would give another result for the same input.
    """

    name: str
    version: int
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    settings: type[Settings]
    run: Callable[..., Any]
    needs: tuple[str, ...] = ()
    about: str = ""


#: Artefacts that are not tables: mappings of numpy arrays, stored as safetensors.
ARRAYS: dict[str, str] = {
    "encoding": "rows (segments,): row of each segment's text; item_rows (mined items, or empty): the same for whole "
                "items; vectors (first distinct texts, d), rows of length 1: segments come first, and those of "
                "whole items alone may have none; logits.<label set> (distinct texts, k)",
    "theme_centroids": "centroids (themes in the order of `theme_ids`, d): unit mean vector of each theme",
    "theme_model": "the fitted clusterer's state, see stages/cluster",
}
