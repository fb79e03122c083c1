"""OpenVINO as a runtime: the same graph, compiled for the processor at hand."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal

import numpy as np
import torch

from voicemine.backends.runtimes.base import COMPILED_TOKENS, Batch, Budget, Outputs, in_order
from voicemine.backends.runtimes.graph import EncoderGraph
from voicemine.backends.runtimes.kept import converted
from voicemine.errors import ModelError

_HINTS = {"fp32": "f32", "bf16": "bf16"}


class OpenVinoRuntime:
    """One stream and one request for each thread, each on one core."""

    def __init__(
        self, graph: EncoderGraph, *, identity: str, precision: Literal["fp32", "bf16"] = "fp32", threads: int = 0,
        store: Path | None = None,
    ) -> None:
        """`threads` 0: as many as PyTorch is set to. `store`: where the converted graph is kept, if anywhere.

        Raises ModelError where OpenVINO is not installed.
        """
        try:
            import openvino
        except ImportError as fault:
            raise ModelError("encode.backend openvino is not installed; pip install 'voicemine[openvino]'") from fault
        self._workers = threads or torch.get_num_threads()
        version = f"openvino-{openvino.__version__.split('-')[0]}"
        core = openvino.Core()
        core.set_property({"ENABLE_MMAP": False})  # the kept files may go while the model is in use
        with converted(store, version, graph, lambda folder: _convert(graph, folder)) as folder:
            compiled = core.compile_model(str(folder / "graph.xml"), "CPU", {
                "INFERENCE_PRECISION_HINT": _HINTS[precision], "INFERENCE_NUM_THREADS": self._workers,
                "NUM_STREAMS": self._workers})
        self._requests: SimpleQueue[Any] = SimpleQueue()
        for _ in range(self._workers):
            self._requests.put(compiled.create_infer_request())
        self._n_outputs = len(compiled.outputs)
        self.budget = Budget(COMPILED_TOKENS)
        self.identity = identity

    def run(self, batches: Iterable[Batch]) -> Iterator[Outputs]:
        """See `Runtime`."""
        yield from in_order(self._forward, batches, workers=self._workers)

    def _forward(self, batch: Batch) -> Outputs:
        request = self._requests.get()
        try:
            found = request.infer([batch.ids, batch.mask])
            return tuple(np.array(found[i], dtype=np.float32) for i in range(self._n_outputs))
        finally:
            self._requests.put(request)


def _convert(graph: EncoderGraph, folder: Path) -> None:
    import openvino

    example = torch.ones((2, 7), dtype=torch.int64)
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = openvino.convert_model(graph, example_input=(example, example))
    openvino.save_model(model, folder / "graph.xml", compress_to_fp16=False)
