"""PyTorch as a runtime: any device, in float32, bfloat16 or float16."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np
import torch

from voicemine.backends.runtimes.base import TORCH_TOKENS, Batch, Budget, Outputs, in_order
from voicemine.backends.runtimes.graph import EncoderGraph
from voicemine.errors import ModelError

Precision = Literal["fp32", "bf16", "fp16"]
_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_FIRST_TOKENS, _MOST_TOKENS = 8192, 1 << 20


class TorchRuntime:
    """The graph as it is. On a CPU each thread takes whole batches; elsewhere batches grow until memory is full."""

    def __init__(self, graph: EncoderGraph, *, identity: str, device: str = "cpu",
                 precision: Precision = "fp32", threads: int = 0) -> None:
        """`threads` 0: as many as PyTorch is set to. Raises ModelError where the device is not there."""
        try:
            self._device = torch.device(device)
            self._graph = copy.deepcopy(graph).to(device=self._device, dtype=_DTYPES[precision])
        except (RuntimeError, AssertionError) as fault:
            raise ModelError(f"encode.device '{device}' cannot be used: {str(fault).splitlines()[0]}") from fault
        on_cpu = self._device.type == "cpu"
        self._threads = threads
        self.budget = Budget(TORCH_TOKENS) if on_cpu else Budget(_FIRST_TOKENS, most=_MOST_TOKENS)
        self.identity = identity

    def run(self, batches: Iterable[Batch]) -> Iterator[Outputs]:
        """See `Runtime`. Raises ModelError where a single row is too much for the device's memory."""
        if self._device.type != "cpu":
            yield from in_order(self._halving, batches, workers=1)
            return
        before = torch.get_num_threads()
        workers = self._threads or before
        try:
            # Within a worker, one thread: the library's own pool would make all cores share each small product.
            yield from in_order(self.forward, batches, workers=workers, start=_one_thread)
        finally:
            torch.set_num_threads(before)

    def _halving(self, batch: Batch) -> Outputs:
        try:
            found = self.forward(batch)
        except torch.OutOfMemoryError as fault:
            half = len(batch.ids) // 2
            if half == 0:
                raise ModelError("the device's memory cannot hold a single text; use encode.device: cpu") from fault
            self.budget.halve(batch.ids.size)
        else:
            self.budget.grow(batch.ids.size)
            return found
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        parts = [self._halving(Batch(batch.ids[s], batch.lengths[s], batch.rows[s]))
                 for s in (slice(0, half), slice(half, None))]
        return tuple(np.concatenate(pair) for pair in zip(*parts, strict=True))

    @torch.inference_mode()
    def forward(self, batch: Batch) -> Outputs:
        """The outputs of one batch."""
        ids = torch.from_numpy(batch.ids).to(self._device)
        mask = torch.from_numpy(batch.mask).to(self._device)
        return tuple(part.float().cpu().numpy() for part in self._graph(ids, mask))


def _one_thread() -> None:
    torch.set_num_threads(1)
