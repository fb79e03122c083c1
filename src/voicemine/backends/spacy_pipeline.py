"""Loads spaCy pipelines: the shipped one by name, verified by its card; a folder; or an installed package."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.util import is_package

from voicemine import resources
from voicemine.backends.model_card import CARD_NAME, read_card, verify_card
from voicemine.backends.ud_syntax import noun_chunks
from voicemine.errors import ModelError

SHIPPED = "spacy_en_ewt"
#: Components of the shipped pipeline. "senter" and "clauser" are fast; the rest shares a wider token encoder.
COMPONENTS = ("senter", "clauser", "morphologizer", "lemmatizer", "parser")


def load_pipeline(path_or_name: str | Path, *, components: tuple[str, ...]) -> Language:
    """The pipeline with *components* (and the token encoders they listen to) and nothing else; cached per process.

    Args:
        path_or_name: the shipped name ``spacy_en_ewt``, a pipeline folder, or an installed package such as
            ``en_core_web_sm``. A folder that carries a card is verified against it, always.
        components: names to load, in any order; they run in the pipeline's own order.

    Raises:
        ModelError: there is no such pipeline, its files were altered, or it lacks a component.
    """
    return _load(str(path_or_name), tuple(sorted(set(components))))


def sentence_components(path_or_name: str | Path) -> tuple[str, ...]:
    """What to load of a pipeline to cut sentences and clauses: the fast pair of the shipped one, else the parser.

    Raises:
        ModelError: there is no such pipeline.
    """
    folder = _folder(str(path_or_name))
    present = _config(folder if folder is not None else str(path_or_name))["components"]
    if "clauser" in present:
        return ("senter", "clauser")
    wanted = ("tok2vec", "tagger", "attribute_ruler", "morphologizer", "parser")
    return tuple(name for name in wanted if name in present)


def reading_components(path_or_name: str | Path) -> tuple[str, ...]:
    """What to load of a pipeline for parts of speech, lemmas and a parse: all of these that it has.

    Raises:
        ModelError: there is no such pipeline.
    """
    folder = _folder(str(path_or_name))
    present = _config(folder if folder is not None else str(path_or_name))["components"]
    wanted = ("tok2vec", "tagger", "attribute_ruler", "morphologizer", "lemmatizer", "parser")
    if "clauser" in present:
        return ("morphologizer", "lemmatizer", "parser")
    return tuple(name for name in wanted if name in present)


def pipeline_identity(path_or_name: str | Path) -> str:
    """A string that changes whenever the pipeline's weights do: name, version and hash of its card or meta data.

    Raises:
        ModelError: there is no such pipeline.
    """
    folder = _folder(str(path_or_name))
    if folder is not None and (folder / CARD_NAME).is_file():
        card = read_card(folder)
        weights = "".join(digest for _, digest in sorted(card["files"].items()))
        return f"{card['name']}-{card['version']}-{_short_hash(weights)}"
    place = folder if folder is not None else _package_folder(str(path_or_name))
    found = sorted(place.glob("meta.json")) or sorted(place.glob("*/meta.json"))
    if not found:
        raise ModelError(f"'{path_or_name}' holds no spaCy pipeline (no meta.json)")
    meta = spacy.util.load_meta(found[0])
    return f"{meta['lang']}_{meta['name']}-{meta['version']}"


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _folder(path_or_name: str) -> Path | None:
    """Folder of the pipeline, or None for an installed package."""
    if path_or_name == SHIPPED:
        return resources.model_dir(SHIPPED)
    if Path(path_or_name).is_dir():
        return Path(path_or_name)
    if is_package(path_or_name):
        return None
    raise ModelError(
        f"spaCy pipeline '{path_or_name}' is neither a folder nor an installed package; "
        f"use '{SHIPPED}' or install it (pip install {path_or_name})"
    )


@lru_cache(maxsize=8)
def _load(path_or_name: str, components: tuple[str, ...]) -> Language:
    folder = _folder(path_or_name)
    if folder is not None and (folder / CARD_NAME).is_file():
        verify_card(folder)
    source = path_or_name if folder is None else folder
    config = _config(source)
    present: Mapping[str, Any] = config["components"]
    missing = sorted(set(components) - set(present))
    if missing:
        raise ModelError(
            f"spaCy pipeline '{path_or_name}' has no component {', '.join(missing)}; it has {', '.join(present)}"
        )
    wanted = set(components) | {up for name in components for up in _upstreams(present[name], present)}
    try:
        nlp = spacy.load(source, exclude=[name for name in present if name not in wanted])
    except (OSError, ValueError) as error:
        raise ModelError(f"spaCy pipeline '{path_or_name}' cannot be loaded: {error}") from error
    for name in components:
        nlp.enable_pipe(name)
    parser: Any = nlp.get_pipe("parser") if "parser" in components else None
    if parser is not None and "nsubj:pass" in parser.labels:
        # spaCy takes token ranges here, and makes the spans of them itself; its stub says otherwise.
        vocab: Any = nlp.vocab
        vocab.get_noun_chunks = noun_chunks
    return nlp


def _package_folder(name: str) -> Path:
    return Path(spacy.util.get_package_path(name))


def _config(source: str | Path) -> Mapping[str, Any]:
    folder = source if isinstance(source, Path) else _package_folder(source)
    found = sorted(folder.glob("config.cfg")) or sorted(folder.glob("*/config.cfg"))
    if not found:
        raise ModelError(f"'{source}' holds no spaCy pipeline (no config.cfg)")
    return spacy.util.load_config(found[0])


def _upstreams(part: Mapping[str, Any], present: Mapping[str, Any]) -> set[str]:
    """Names of the token encoders that a component listens to."""
    found: set[str] = set()
    for key, value in part.items():
        if key == "upstream":
            found |= {name for name in ("tok2vec", "transformer") if name in present} if value == "*" else {str(value)}
        elif isinstance(value, Mapping):
            found |= _upstreams(value, present)
    return found & set(present)
