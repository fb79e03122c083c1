"""`voicemine doctor`: is everything here that a run needs, and how fast is this machine."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import psutil

from voicemine.backends.encoder_default import DefaultEncoder
from voicemine.backends.minilm import minilm_folder
from voicemine.backends.model_card import verify_card
from voicemine.backends.runtimes.check_texts import TIMED_TEXTS
from voicemine.backends.runtimes.choose import device_of
from voicemine.encoders import choose, user_folder
from voicemine.errors import VoicemineError
from voicemine.manifest import versions
from voicemine.resources import config_file, model_dir
from voicemine.stages.encode import EncodeSettings

_GIB = 1 << 30
_MODELS = ("labels", "spacy_en_ewt")


@dataclass(frozen=True)
class Check:
    """One finding: what was looked at, how it stands, and the detail or the cure."""

    name: str
    state: Literal["ok", "warn", "FAIL"]
    detail: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def shipped_models() -> Iterator[tuple[str, Path]]:
    """Name and folder of each model that ships with the package."""
    for name in _MODELS:
        yield name, model_dir(name)


def examine(out: Path) -> list[Check]:
    """All checks, in order; nothing is raised, and nothing is left in the out folder."""
    checks = [Check("packages", "ok" if "not installed" not in versions().values() else "FAIL",
                    ", ".join(f"{n} {v}" for n, v in versions().items()))]
    checks += [_encoder(), *(_model(name) for name in _MODELS), _config(), _writable(out), _machine(out)]
    if all(c.state != "FAIL" for c in checks[1:3]):
        checks.append(_speed())
    return checks


def _encoder() -> Check:
    try:
        minilm_folder()
    except VoicemineError as fault:
        return Check("encoder", "FAIL", str(fault))
    return Check("encoder", "ok", "all-MiniLM-L6-v2, weights verified")


def _model(name: str) -> Check:
    try:
        verify_card(model_dir(name))
    except VoicemineError as fault:
        return Check(f"model {name}", "FAIL", str(fault))
    return Check(f"model {name}", "ok", "every file matches its card")


def _config() -> Check:
    try:
        config_file("default.yaml")
    except VoicemineError as fault:
        return Check("configuration", "FAIL", str(fault))
    return Check("configuration", "ok", "default.yaml and taxonomies are in place")


def _writable(out: Path) -> Check:
    place = next(p for p in (out, *out.parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as fault:
        return Check("out folder", "FAIL", f"{place} cannot be written: {fault.strerror}; choose another --out")
    return Check("out folder", "ok", f"{place} can be written")


def _machine(out: Path) -> Check:
    place = next(p for p in (out, *out.parents) if p.exists())
    free, memory = shutil.disk_usage(place).free / _GIB, psutil.virtual_memory().available / _GIB
    detail = f"{os.cpu_count()} cores, {memory:.1f} GiB memory free, {free:.1f} GiB disk free"
    return Check("machine", "warn" if free < 2 or memory < 2 else "ok", detail)


def _speed() -> Check:
    """Speed of the runtime that `encode.backend: auto` takes here; the first time, they are compared for it."""
    labels = model_dir("labels")
    device = device_of("auto")
    try:
        with tempfile.TemporaryDirectory() as state:
            choice = choose(EncodeSettings(), labels, device=device, threads=0, state=Path(state))
        encoder = DefaultEncoder(labels=labels, device=device, candidate=choice.candidate,
                                 store=user_folder() / "compiled")
    except VoicemineError as fault:
        return Check("speed", "FAIL", str(fault))
    encoder.encode(TIMED_TEXTS)
    started = time.perf_counter()
    encoder.encode(TIMED_TEXTS)
    rate = len(TIMED_TEXTS) / (time.perf_counter() - started)
    others = [f"{m.name} {m.precision} {m.rate:.0f}" + ("" if m.is_faithful else " (refused: not exact enough)")
              for m in choice.measured]
    compared = f" (compared in texts a second: {', '.join(others)})" if others else ""
    return Check("speed", "ok", f"{choice.candidate} on {device} encodes and labels {rate:.0f} short texts a second; "
                                f"100,000 mentions take about {100_000 / rate / 60:.0f} minutes{compared}")
