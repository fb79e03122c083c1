"""Where the files that ship with the package are: default configurations, taxonomies, models.

A wheel carries them under `voicemine/_resources`; in a checkout they are the top-level folders.
"""

from __future__ import annotations

from pathlib import Path

from voicemine.errors import ModelError, StoreError

_PACKAGE = Path(__file__).resolve().parent


def _root(kind: str) -> Path:
    shipped = _PACKAGE / "_resources" / kind
    return shipped if shipped.is_dir() else _PACKAGE.parents[1] / kind


def config_file(name: str) -> Path:
    """Path of a shipped configuration file such as `default.yaml` or `taxonomies/journey.yaml`."""
    path = _root("configs") / name
    if not path.is_file():
        raise StoreError(f"the shipped file configs/{name} is missing; reinstall voicemine")
    return path


def model_dir(name: str) -> Path:
    """Folder of a shipped model such as `labels` or `spacy_en_ewt`."""
    path = _root("models") / name
    if not path.is_dir():
        raise ModelError(f"the shipped model '{name}' is missing; reinstall voicemine")
    return path


def sample_dir() -> Path:
    """Folder of the sample corpus (in a checkout only)."""
    path = _PACKAGE.parents[1] / "data" / "sample"
    if not path.is_dir():
        raise StoreError("the sample corpus is part of the source checkout, not of the installed package")
    return path
