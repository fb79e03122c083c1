"""The encoder that a configuration asks for: which runtime, found out once on each machine, behind the cache."""

from __future__ import annotations

import json
import logging
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import platformdirs
import torch

from voicemine.artefacts.files import digest_json, make_folder, write_json
from voicemine.artefacts.keys import Hasher
from voicemine.backends.encoder_default import (
    DefaultEncoder,
    branch_identity,
    default_graph,
    encoder_identity,
)
from voicemine.backends.encoder_hub import HubEncoder
from voicemine.backends.encoder_static import StaticCard, StaticEncoder, is_static, static_card
from voicemine.backends.minilm import MINILM_SHA256, minilm_folder
from voicemine.backends.protocols import Encoder
from voicemine.backends.runtimes.choose import (
    Candidate,
    Measured,
    candidates,
    device_of,
    fastest,
    measure,
    runtime_identity,
)
from voicemine.cached import CachedEncoder
from voicemine.config import Loaded
from voicemine.errors import ConfigError, ModelError, StoreError
from voicemine.stages.encode import EncodeSettings

log = logging.getLogger("voicemine")
_CHOICE = "encoder.json"
_PACKAGES = ("torch", "openvino", "onnxruntime", "onnx")


def user_folder() -> Path:
    """The user's own folder, which all out folders share."""
    return Path(os.environ.get("VOICEMINE_HOME") or platformdirs.user_data_dir("voicemine"))


@dataclass(frozen=True)
class Choice:
    """The runtime that serves, and what the comparison showed (empty where there was nothing to compare)."""

    candidate: Candidate
    measured: tuple[Measured, ...] = ()


def provide_encoders(
    loaded: Loaded, labels: Path, *, hasher: Hasher, state: Path, reader: bool = True
) -> tuple[CachedEncoder, CachedEncoder]:
    """The encoder of a configuration, and the one that reads whole items; their identities are known at once, their
    weights are loaded when first needed.

    Whole items need labels alone, so their `reader` gives no vectors and spares the layers that only these need. With
    `reader=False` it is the encoder itself. A static model (`voicemine models distil`) gives its own labels; one line
    in the log tells what it loses. Raises ModelError where an encoder cannot be had, ConfigError where a static model
    imitates another label model than the one that is configured.
    """
    config = loaded.config.encode
    device = device_of(config.device)
    threads = loaded.config.run.threads
    if config.model == "default":
        minilm_folder()
        choice = choose(config, labels, device=device, threads=threads, state=state)
        identity = encoder_identity(labels, runtime_identity(choice.candidate, device=device))

        def load(vectors: bool = True) -> Encoder:
            return DefaultEncoder(labels=labels, device=device, candidate=choice.candidate, threads=threads,
                                  store=user_folder() / "compiled", vectors=vectors)
    elif is_static(local := loaded.resolve(config.model)):
        card = _fitting_labels(static_card(local), labels, config)
        identity = card.identity
        log.warning("encode.model %s is the fast tier; %s", config.model, card.loss)

        def load(vectors: bool = True) -> Encoder:
            return StaticEncoder(local, vectors=vectors)
    else:
        hub = HubEncoder(str(local) if local.is_dir() else config.model, device=device)
        identity = f"{hub.identity}+{branch_identity(labels)}"

        def load(vectors: bool = True) -> Encoder:
            return _with_labels(hub if vectors else None, labels, device)

    folder = state / "vectors" if config.cache else None
    encoder = CachedEncoder(identity, load, folder=folder, hasher=hasher, precision=config.precision)
    if not reader:
        return encoder, encoder
    return encoder, CachedEncoder(f"{identity}:labels alone", lambda: load(vectors=False), folder=folder,
                                  hasher=hasher, precision=config.precision)


def _fitting_labels(card: StaticCard, labels: Path, config: EncodeSettings) -> StaticCard:
    """The card, where its heads imitate the label branch of folder `labels`, by whose calibration they are read."""
    if card.teacher != branch_identity(labels):
        raise ConfigError([f"encode.model: the static model {config.model} was distilled with another label model than "
                           f"encode.labels ({config.labels}); distil it anew with `voicemine models distil --set "
                           f"encode.labels={config.labels}`, or name the label model that it was distilled with"])
    return card


def _with_labels(encoder: HubEncoder | None, labels: Path, device: str) -> Encoder:
    from voicemine.backends.encoder_pair import PairedEncoder

    reader = DefaultEncoder(labels=labels, device=device, vectors=False)
    if encoder is None:
        return reader
    if encoder.dimension <= 0:
        raise ModelError("encode.model gives no vectors; name a sentence-transformers model")
    return PairedEncoder(encoder, reader)


def choose(config: EncodeSettings, labels: Path, *, device: str, threads: int, state: Path) -> Choice:
    """The runtime for this machine, from the state folder, else from the user's folder, else by measuring.

    Plain PyTorch alone is never measured. Raises ModelError where none gives the encoder's own vectors.
    """
    options = candidates(config.backend, device)
    if options == [Candidate("torch")]:
        return Choice(options[0])
    key = digest_json({
        "machine": machine(), "threads": threads or torch.get_num_threads(), "device": device,
        "weights": [MINILM_SHA256, branch_identity(labels)], "options": [str(o) for o in options],
        "versions": {name: _version(name) for name in _PACKAGES},
    })
    places = [state / _CHOICE, user_folder() / _CHOICE]
    for place in places:
        known = _read(place, key)
        if known is not None:
            _remember(places[:1], key, known)
            return known
    log.info("comparing %s on this machine, once", ", ".join(map(str, options)))
    graph = default_graph(labels)
    measured = measure(options, lambda option: DefaultEncoder(
        labels=labels, graph=graph, device=device, candidate=option, threads=threads,
        store=user_folder() / "compiled"))
    best = fastest(measured)
    for one in measured:
        log.info("%s %s: %.0f texts/s, cosine %.5f, probabilities within %.4f%s", one.name, one.precision, one.rate,
                 one.cosine_min, one.probability_shift, " (chosen)" if one is best else
                 "" if one.is_faithful else " (refused)")
    found = Choice(Candidate(best.name, best.precision), tuple(measured))
    _remember(places, key, found)
    return found


def machine() -> dict[str, Any]:
    """What decides which runtime is fastest: processor, its instructions, cores, accelerator."""
    words: dict[str, str] = {}
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            name, _, value = line.partition(":")
            words.setdefault(name.strip(), value.strip())
    except OSError:
        pass
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"system": platform.system(), "kind": platform.machine(), "cores": cores, "gpu": gpu,
            "processor": words.get("model name", platform.processor()),
            "flags": digest_json(sorted(words.get("flags", "").split()))[:12]}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


def _read(place: Path, key: str) -> Choice | None:
    try:
        found = json.loads(place.read_text("utf-8"))["choices"][key]
        measured = tuple(Measured(**{k: v for k, v in m.items() if k != "is_faithful"}) for m in found["measured"])
        return Choice(Candidate(found["name"], found["precision"]), measured)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(places: Sequence[Path], key: str, choice: Choice) -> None:
    entry = {"name": choice.candidate.name, "precision": choice.candidate.precision,
             "measured": [m.as_dict() for m in choice.measured]}
    for place in places:
        try:
            known = dict(json.loads(place.read_text("utf-8"))["choices"])
        except (OSError, ValueError, KeyError, TypeError):
            known = {}
        if known.get(key) == entry:
            continue
        try:
            make_folder(place.parent)
            write_json(place, {"choices": {**known, key: entry}})
        except StoreError as fault:  # a home that cannot be written: the state folder alone remembers
            log.debug("the choice of the runtime is not kept in %s: %s", place.parent, fault)
