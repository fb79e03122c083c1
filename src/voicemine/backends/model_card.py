"""The card beside every shipped model: what it is, what it was trained on, and the hash of each of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from voicemine.errors import ModelError

CARD_NAME = "card.json"
_KEYS = ("name", "version", "files", "metrics", "licence", "data")
_UNHASHED = frozenset({CARD_NAME, "card.md"})


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def folder_hashes(folder: Path) -> dict[str, str]:
    """Relative POSIX path -> SHA-256 of every file under *folder* but the card's own, sorted by path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: file_hash(path) for name, path in sorted(named.items()) if name not in _UNHASHED}


def write_card(
    folder: Path,
    *,
    name: str,
    version: str,
    metrics: Mapping[str, Any],
    licence: str,
    data: Sequence[str],
) -> Path:
    """Hash the files of *folder* and write its ``card.json``; returns the card's path."""
    card = {
        "name": name,
        "version": version,
        "files": folder_hashes(folder),
        "metrics": dict(metrics),
        "licence": licence,
        "data": list(data),
    }
    path = folder / CARD_NAME
    path.write_text(json.dumps(card, indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    return path


def read_card(folder: Path) -> dict[str, Any]:
    """The card of *folder*.

    Raises:
        ModelError: when there is none, or it is not a JSON object with all its keys.
    """
    path = folder / CARD_NAME
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"model folder '{folder.name}' has no {CARD_NAME}; reinstall voicemine") from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ModelError(f"{folder.name}/{CARD_NAME} cannot be read ({error}); reinstall voicemine") from error
    missing = [key for key in _KEYS if key not in card] if isinstance(card, dict) else list(_KEYS)
    if missing or not isinstance(card["files"], dict) or not card["files"]:
        raise ModelError(f"{folder.name}/{CARD_NAME} is not a model card (lacks {', '.join(missing) or 'files'})")
    return dict(card)


def verify_card(folder: Path) -> None:
    """Check that *folder* holds exactly the files its card names, each with the hash it gives.

    Raises:
        ModelError: a file is missing, altered, outside the folder, or not on the card.
    """
    expected: dict[str, str] = read_card(folder)["files"]
    for name, digest in sorted(expected.items()):
        relative = PurePosixPath(name)
        if relative.is_absolute() or ".." in relative.parts:
            raise ModelError(f"{folder.name}/{CARD_NAME} names '{name}', which lies outside the model folder")
        path = folder / relative
        if not path.is_file():
            raise ModelError(f"model '{folder.name}' lacks its file {name}; reinstall voicemine")
        if file_hash(path) != digest:
            raise ModelError(f"model '{folder.name}': {name} was altered (not the card's hash); reinstall voicemine")
    extra = sorted(set(folder_hashes(folder)) - set(expected))
    if extra:
        raise ModelError(f"model '{folder.name}' holds files that are not on its card: {', '.join(extra[:3])}")
