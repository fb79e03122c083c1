"""The backends that stages need: known by identity before a run, loaded only when a stage really runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from voicemine.artefacts.files import digest_json
from voicemine.artefacts.keys import Hasher
from voicemine.backends.model_card import file_hash, verify_card
from voicemine.backends.namer_openai import OpenAINamer
from voicemine.backends.protocols import Floats
from voicemine.backends.spacy_pipeline import (
    load_pipeline,
    pipeline_identity,
    reading_components,
    sentence_components,
)
from voicemine.cached import CachedEncoder, prune
from voicemine.config import Loaded
from voicemine.encoders import provide_encoders
from voicemine.errors import ModelError
from voicemine.numerics.calibration import Calibration, calibration_from, complaint_and_praise
from voicemine.resources import model_dir
from voicemine.stages.classify.taxonomy import undescribed
from voicemine.stages.name.settings import LanguageModelSettings


@dataclass(frozen=True)
class Backend:
    """One backend: an identity that keys what it makes, how to load it, and how to free what it holds."""

    identity: str
    load: Callable[[], Any]
    release: Callable[[], None] = lambda: None


@dataclass
class Backends:
    """Backends by the name that stages need them under; each is loaded once."""

    available: dict[str, Backend]
    forget: Callable[[], int] = lambda: 0
    """To be called when a run is complete: forgets cached vectors of texts that it did not ask for."""
    _loaded: dict[str, Any] = field(default_factory=dict)

    def identity(self, name: str) -> str:
        return self.available[name].identity

    def get(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = self.available[name].load()
        return self._loaded[name]

    def replace(self, name: str, backend: Backend) -> None:
        """Put another backend under a name."""
        self.release(name)
        self.available[name] = backend

    def release(self, name: str) -> None:
        """Forget a loaded backend, so that its memory is free for later stages."""
        if self._loaded.pop(name, None) is not None:
            self.available[name].release()


def set_threads(threads: int) -> None:
    """Threads for the models; 0: one for each core that this process may use."""
    torch.set_num_threads(threads or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity")
                          else threads or os.cpu_count() or 1)


def labels_folder(loaded: Loaded) -> Path:
    """Folder of the label branch that the configuration names."""
    name = loaded.config.encode.labels
    return model_dir("labels") if name == "default" else loaded.resolve(name)


def provide(loaded: Loaded, *, hasher: Hasher, progress: Callable[[int, int], None], cache: Path) -> Backends:
    """The backends that a configuration asks for; `cache` is a folder for the answers of remote ones.

    Raises ModelError for one that is missing or altered, ConfigError for one that is wrongly configured.
    """
    config = loaded.config
    backends = provide_reading(loaded, hasher=hasher, progress=progress, cache=cache)
    backends.available |= {
        "hasher": Backend(hasher.identity, lambda: hasher),
        "progress": Backend("", lambda: progress),
        "redactor": _redactor(loaded),
        "nlp": _pipeline(loaded, for_sentences=True),
        "tagger": _pipeline(loaded, for_sentences=False),
        "seed": Backend(str(config.run.seed), lambda: config.run.seed),
        "namer": _namer(config.name.llm, cache),
    }
    judged = f"{backends.identity('encoder')}/{backends.identity('calibration')}"
    backends.available["judge"] = Backend(judged, lambda: _Judge(backends))
    return backends


def provide_reading(
    loaded: Loaded, *, hasher: Hasher, progress: Callable[[int, int], None], cache: Path
) -> Backends:
    """Those backends alone that read a text and say its labels. Raises as `provide`."""
    labels = labels_folder(loaded)
    verify_card(labels)
    # A label that only its definition describes is recognised by vectors, also in whole items.
    is_known = not undescribed(loaded.taxonomy, read_calibration(labels))
    encoder, reader = provide_encoders(loaded, labels, hasher=hasher, state=cache, reader=is_known)
    available = {
        "encoder": Backend(encoder.identity, lambda: encoder, encoder.release),
        "reader": Backend(reader.identity, lambda: reader, reader.release),
        "taxonomy": Backend(digest_json(loaded.taxonomy.model_dump(mode="json")), lambda: loaded.taxonomy),
        "calibration": Backend(file_hash(labels / "calibration.json"), lambda: read_calibration(labels)),
        "label_models": _label_models(loaded, labels, progress),
    }
    backends = Backends(available, forget=lambda: prune(encoder, reader))
    # For the few texts that are not feedback, such as a taxonomy's definitions: loads the encoder when called.
    available["embed"] = Backend(available["encoder"].identity, lambda: _Embed(backends))
    return backends


def _label_models(loaded: Loaded, labels: Path, progress: Callable[[int, int], None]) -> Backend:
    """The user's own label models by label set; none unless the configuration names one."""
    if not loaded.config.classify.models:
        return Backend("", dict)
    from voicemine.labellers import provide_labellers

    found = provide_labellers(loaded, read_calibration(labels), progress=progress)
    return Backend(" ".join(f.identity for f in found), lambda: {f.set: f.load() for f in found})


def _namer(settings: LanguageModelSettings | None, cache: Path) -> Backend:
    if settings is None:
        return Backend("", lambda: None)
    namer = OpenAINamer(**settings.model_dump(), cache=cache / "names")
    return Backend(namer.identity, lambda: namer)


def _redactor(loaded: Loaded) -> Backend:
    """What finds personal data beyond the built-in rules; nothing unless the configuration asks for it."""
    if loaded.config.clean.redactor == "rules":
        return Backend("", lambda: None)
    from voicemine.backends.redactors.presidio import presidio_redactor

    redactor = presidio_redactor()
    return Backend(redactor.identity, lambda: redactor)


class _Embed:
    """Texts to vectors (n, d), by an encoder that is loaded when the first text comes."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    def __call__(self, texts: Sequence[str]) -> Floats:
        encoder: CachedEncoder = self._backends.get("encoder")
        return encoder.few(texts).vectors


class _Judge:
    """Texts to (n, 2): how surely each is a complaint, and praise, by the encoder's own labels; 0.5 without any."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    def __call__(self, texts: Sequence[str]) -> Floats:
        encoder: CachedEncoder = self._backends.get("encoder")
        return complaint_and_praise(encoder.few(texts).logits, self._backends.get("calibration"), n=len(texts))


def _pipeline(loaded: Loaded, *, for_sentences: bool) -> Backend:
    name = loaded.config.segment.pipeline
    local = loaded.resolve(name)
    place = str(local) if local.is_dir() else name
    components = sentence_components(place) if for_sentences else reading_components(place)
    return Backend(f"{pipeline_identity(place)}:{','.join(components)}",
                   lambda: load_pipeline(place, components=components))


def read_calibration(folder: Path) -> Calibration:
    """How the label branch's logits are read. Raises ModelError where the file is malformed."""
    try:
        return calibration_from(json.loads((folder / "calibration.json").read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise ModelError(f"{folder / 'calibration.json'} cannot be used: {fault}; train the labels anew") from fault

