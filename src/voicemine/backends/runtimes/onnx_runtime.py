"""ONNX Runtime as a runtime: the same graph, exported once and optimised when loaded."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch

from voicemine.backends.runtimes.base import COMPILED_TOKENS, Batch, Budget, Outputs, in_order
from voicemine.backends.runtimes.graph import EncoderGraph
from voicemine.backends.runtimes.kept import converted
from voicemine.errors import ModelError

_OPSET = 18


class OnnxRuntime:
    """One session that several threads ask, each answered on one core."""

    def __init__(self, graph: EncoderGraph, *, identity: str, threads: int = 0, store: Path | None = None) -> None:
        """`threads` 0: as many as PyTorch is set to. `store`: where the exported graph is kept, if anywhere.

        Raises ModelError where ONNX Runtime or the exporter's package is not installed.
        """
        try:
            import onnx
            import onnxruntime
        except ImportError as fault:
            raise ModelError("encode.backend onnx is not installed; pip install 'voicemine[onnx]'") from fault
        self._workers = threads or torch.get_num_threads()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        version = f"onnxruntime-{onnxruntime.__version__}"
        with converted(store, f"{version}-{onnx.__version__}", graph, lambda folder: _export(graph, folder)) as folder:
            self._session = onnxruntime.InferenceSession(
                str(folder / "graph.onnx"), options, providers=["CPUExecutionProvider"])
        self.budget = Budget(COMPILED_TOKENS)
        self.identity = identity

    def run(self, batches: Iterable[Batch]) -> Iterator[Outputs]:
        """See `Runtime`."""
        yield from in_order(self._forward, batches, workers=self._workers)

    def _forward(self, batch: Batch) -> Outputs:
        return tuple(self._session.run(None, {"ids": batch.ids, "mask": batch.mask}))


def _export(graph: EncoderGraph, folder: Path) -> None:
    example = torch.ones((2, 7), dtype=torch.int64)
    outputs = [*(["vectors"] if graph.dimension else []), *(f"logits.{name}" for name in graph.label_sizes)]
    free = {name: {0: "rows", 1: "width"} for name in ("ids", "mask")} | {name: {0: "rows"} for name in outputs}
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The tracing exporter: the newer one gives a model whose answers differ from the graph's (cosine 0.06).
        torch.onnx.export(graph, (example, example), folder / "graph.onnx", dynamo=False, opset_version=_OPSET,
                          input_names=["ids", "mask"], output_names=outputs, dynamic_axes=free)
