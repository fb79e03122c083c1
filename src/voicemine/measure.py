"""Seconds and peak memory of a piece of work."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from types import TracebackType

import psutil

_MIB = 1 << 20


@dataclass(frozen=True)
class Cost:
    """What a piece of work cost: wall seconds, and the process's highest resident memory meanwhile in MiB."""

    seconds: float
    peak_mib: float


class Meter:
    """Context manager that measures its block. The memory is sampled ten times a second, and at both ends."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._stop = threading.Event()
        self._peak = 0
        self._started = 0.0
        self._seconds = 0.0
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Meter:
        self._started = time.perf_counter()
        self._sample()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._seconds = time.perf_counter() - self._started
        self._stop.set()
        self._thread.join()
        self._sample()

    def _sample(self) -> None:
        self._peak = max(self._peak, self._process.memory_info().rss)

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            self._sample()

    @property
    def cost(self) -> Cost:
        """What the block cost; valid after it."""
        return Cost(round(self._seconds, 3), round(self._peak / _MIB, 1))
