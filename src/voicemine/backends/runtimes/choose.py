"""Which runtime is fastest on this machine without changing the answer."""

from __future__ import annotations

import importlib.util
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import torch
from scipy.special import softmax

from voicemine.backends.protocols import Encoding
from voicemine.backends.runtimes.base import Runtime
from voicemine.backends.runtimes.check_texts import CHECK_TEXTS, TIMED_TEXTS
from voicemine.backends.runtimes.graph import GRAPH_VERSION, EncoderGraph
from voicemine.backends.runtimes.torch_runtime import Precision, TorchRuntime
from voicemine.errors import ModelError

log = logging.getLogger("voicemine")

Name = Literal["torch", "openvino", "onnx"]
#: The modules that a runtime needs beyond what voicemine always has.
_MODULES: dict[Name, tuple[str, ...]] = {"torch": (), "openvino": ("openvino",), "onnx": ("onnxruntime", "onnx")}
MIN_COSINE = 0.999
MAX_PROBABILITY_SHIFT = 0.01
#: Another runtime must be this much faster than the plain one to be worth leaving it.
_WORTH = 1.05
_SECONDS = 1.0


@dataclass(frozen=True)
class Candidate:
    """One way to run the graph."""

    name: Name
    precision: Precision = "fp32"

    def __str__(self) -> str:
        return f"{self.name} {self.precision}"


@dataclass(frozen=True)
class Measured:
    """What a candidate showed on the check set: texts a second, and how near it stays to float32 PyTorch."""

    name: Name
    precision: Precision
    rate: float
    cosine_min: float
    probability_shift: float

    @property
    def is_faithful(self) -> bool:
        """Within the tolerances on every check text."""
        return self.cosine_min >= MIN_COSINE and self.probability_shift <= MAX_PROBABILITY_SHIFT

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"is_faithful": self.is_faithful}


def device_of(setting: str) -> str:
    """The device that `encode.device` means: `auto` is a CUDA device where there is one, else the CPU."""
    if setting != "auto":
        return setting
    return "cuda" if torch.cuda.is_available() else "cpu"


def candidates(setting: str, device: str) -> list[Candidate]:
    """The ways that `encode.backend` allows on `device`, plain PyTorch first where it is allowed.

    bfloat16 on a CPU is one only where the processor multiplies it itself: elsewhere it is emulated, and slow.
    Raises ModelError where the runtime that is asked for is not installed or cannot use the device.
    """
    on_cpu = device == "cpu"
    if setting not in ("auto", *_MODULES):
        raise ModelError(f"encode.backend '{setting}' is not known")
    if setting in ("openvino", "onnx") and not on_cpu:
        raise ModelError(f"encode.backend {setting} works on the CPU only; set encode.device: cpu")
    if setting != "auto":
        name = _name(setting)
        if not _installed(name):
            raise ModelError(f"encode.backend {name} is not installed; pip install 'voicemine[{name}]'")
        return [Candidate(name)]
    found = [Candidate("torch")]
    if not on_cpu:
        return found + ([Candidate("torch", "fp16")] if device.startswith("cuda") else [])
    half = _multiplies_bfloat16()
    found += [Candidate("torch", "bf16")] if half else []
    if _installed("openvino"):
        found += [Candidate("openvino"), *([Candidate("openvino", "bf16")] if half else [])]
    return found + ([Candidate("onnx")] if _installed("onnx") else [])


def _name(setting: str) -> Name:
    return "openvino" if setting == "openvino" else "onnx" if setting == "onnx" else "torch"


def _installed(name: Name) -> bool:
    return all(importlib.util.find_spec(module) is not None for module in _MODULES[name])


def _multiplies_bfloat16() -> bool:
    try:
        words = set(Path("/proc/cpuinfo").read_text("utf-8").split())
    except OSError:
        return False
    return bool(words & {"avx512_bf16", "amx_bf16"})


def runtime_identity(candidate: Candidate, *, device: str = "cpu") -> str:
    """The identity that the candidate's runtime will have; nothing is loaded for it."""
    package = {"torch": "torch", "openvino": "openvino", "onnx": "onnxruntime"}[candidate.name]
    where = device.partition(":")[0]
    return f"{package}-{metadata.version(package)}:{where}:{candidate.precision}:graph{GRAPH_VERSION}"


def make_runtime(
    graph: EncoderGraph, candidate: Candidate, *, device: str = "cpu", threads: int = 0, store: Path | None = None
) -> Runtime:
    """Compile the graph for a candidate; `store` is a folder where the compiled form may be kept."""
    identity = runtime_identity(candidate, device=device)
    if candidate.name == "openvino":
        from voicemine.backends.runtimes.openvino_runtime import OpenVinoRuntime

        return OpenVinoRuntime(graph, identity=identity, precision="bf16" if candidate.precision == "bf16" else "fp32",
                               threads=threads, store=store)
    if candidate.name == "onnx":
        from voicemine.backends.runtimes.onnx_runtime import OnnxRuntime

        return OnnxRuntime(graph, identity=identity, threads=threads, store=store)
    return TorchRuntime(graph, identity=identity, device=device, precision=candidate.precision, threads=threads)


class Encodes(Protocol):
    """What is compared: an encoder on one runtime."""

    def encode(self, texts: Sequence[str], *, filled: bool = True) -> Encoding:
        """See `DefaultEncoder.encode`."""


def compare(
    candidate: Candidate, encoder: Encodes, reference: Encoding, *, timed: Sequence[str] = TIMED_TEXTS,
    seconds: float = _SECONDS,
) -> Measured:
    """Nearness to `reference` (float32 PyTorch on CHECK_TEXTS), and the best speed on `timed` within `seconds`."""
    found = encoder.encode(CHECK_TEXTS, filled=False)
    cosine = float((found.vectors * reference.vectors).sum(axis=1).min())
    shift = max((float(np.abs(softmax(found.logits[name], axis=1) - softmax(values, axis=1)).max())
                 for name, values in reference.logits.items()), default=0.0)
    encoder.encode(timed)
    best, started = np.inf, time.perf_counter()
    while best == np.inf or time.perf_counter() - started < seconds:
        begin = time.perf_counter()
        encoder.encode(timed)
        best = min(best, time.perf_counter() - begin)
    cosine, shift = (cosine, shift) if np.isfinite(cosine + shift) else (0.0, 1.0)
    return Measured(candidate.name, candidate.precision, round(len(timed) / best, 1), round(cosine, 6),
                    round(shift, 6))


def fastest(measured: Sequence[Measured]) -> Measured:
    """The fastest faithful one; the first (plain) one unless another is clearly faster.

    Raises ModelError where none is faithful.
    """
    good = [m for m in measured if m.is_faithful]
    if not good:
        told = ", ".join(f"{m.name} {m.precision} (cosine {m.cosine_min})" for m in measured)
        raise ModelError(f"no runtime gives the encoder's own vectors here: {told}; use encode.backend: torch")
    best = good[0]
    for other in good[1:]:
        if other.rate > _WORTH * best.rate:
            best = other
    return best


def measure(
    options: Sequence[Candidate], encoder_of: Callable[[Candidate], Encodes], *, timed: Sequence[str] = TIMED_TEXTS,
    seconds: float = _SECONDS,
) -> list[Measured]:
    """Compare every candidate with float32 PyTorch; one that cannot be compiled here is left out with a warning.

    Raises ModelError where none can.
    """
    truth = encoder_of(Candidate("torch")).encode(CHECK_TEXTS, filled=False)
    found: list[Measured] = []
    for option in options:
        try:
            found.append(compare(option, encoder_of(option), truth, timed=timed, seconds=seconds))
        except (ModelError, RuntimeError, ImportError) as fault:
            log.warning("the runtime %s cannot be used here: %s", option, str(fault).splitlines()[0][:200])
    if not found:
        raise ModelError("no runtime can run the encoder here; use encode.backend: torch")
    return found
