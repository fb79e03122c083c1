"""Where the edits of themes lie: one small file in the state folder."""

from __future__ import annotations

import json
from pathlib import Path

from voicemine.artefacts.files import write_json
from voicemine.edits import ThemeEdits
from voicemine.errors import StoreError

NAME = "edits.json"


def read_edits(state: Path) -> ThemeEdits:
    """The edits of an out folder; none where there is no file. Raises StoreError where it cannot be read."""
    path = state / NAME
    if not path.is_file():
        return ThemeEdits()
    try:
        return ThemeEdits.from_json(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as fault:
        raise StoreError(f"{path} cannot be read: {fault}; restore it or remove it") from fault


def write_edits(state: Path, edits: ThemeEdits) -> None:
    """Replace the edits, atomically."""
    write_json(state / NAME, edits.to_json())
