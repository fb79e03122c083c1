"""The default encoder, all-MiniLM-L6-v2, with the label branch: one pass, both answers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from voicemine.backends.branch_file import load_branch
from voicemine.backends.minilm import MINILM_SHA256, minilm_folder
from voicemine.backends.model_card import file_hash
from voicemine.backends.protocols import Encoding, Floats
from voicemine.backends.runtimes.base import Batch, Ints, Runtime
from voicemine.backends.runtimes.batching import WINDOW, batches, tokenised
from voicemine.backends.runtimes.choose import Candidate, make_runtime
from voicemine.backends.runtimes.graph import EncoderGraph, load_graph

__all__ = ["WINDOW", "DefaultEncoder", "branch_identity", "default_graph"]

def branch_identity(labels: Path | None) -> str:
    """What the weights of a label branch are known by; `no labels` without one."""
    return "no labels" if labels is None else "labels:" + file_hash(labels / "model.safetensors")[:16]


def default_graph(labels: Path | None, *, vectors: bool = True) -> EncoderGraph:
    """The encoder's graph with the branch of folder `labels`. Raises ModelError where a file was altered."""
    branch = load_branch(labels, encoder=minilm_folder()) if labels is not None else None
    return load_graph(minilm_folder(), branch=branch, vectors=vectors)


class DefaultEncoder:
    """all-MiniLM-L6-v2 with mean pooling, and the label branch's logits from the same pass, on any runtime."""

    def __init__(
        self, *, labels: Path | None, device: str = "cpu", candidate: Candidate | None = None, threads: int = 0,
        graph: EncoderGraph | None = None, runtime: Runtime | None = None, store: Path | None = None,
        vectors: bool = True,
    ) -> None:
        """`labels` is the folder of the label branch; None gives vectors only. Without `vectors` their dimension is 0:
        the layers that only they need are not computed.

        Runs on `runtime`, or else on what `candidate` (plain PyTorch) makes of `graph` (read from the files).
        Raises ModelError.
        """
        graph = graph or default_graph(labels, vectors=vectors)
        self._tokenizer = Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        ends = [self._tokenizer.token_to_id(t) for t in ("[CLS]", "[SEP]")]
        self._frame: tuple[int, int] = (int(ends[0] or 101), int(ends[1] or 102))
        self._dimension, self._sizes = graph.dimension, graph.label_sizes
        self._runtime = runtime or make_runtime(
            graph, candidate or Candidate("torch"), device=device, threads=threads, store=store)
        self._identity = encoder_identity(labels, self._runtime.identity)

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def dimension(self) -> int:
        return self._dimension

    def encode(self, texts: Sequence[str], *, filled: bool = True) -> Encoding:
        """Vectors (n, 384) of length 1 and, with a branch, logits of each label set.

        A text beyond the window is read in consecutive windows: vectors and logits are the means over its
        windows, weighted by their tokens. On a CPU a text's row is the same to the last bit in any company;
        `filled=False` gives that up (1e-5 remains) to spend no work on empty rows, for a handful of texts.
        """
        widths = (*((self._dimension,) if self._dimension else ()), *self._sizes.values())
        sums = [np.zeros((len(texts), k), dtype=np.float32) for k in widths]
        total = np.zeros((len(texts), 1), dtype=np.float32)
        under_way: deque[Batch] = deque()
        long: list[Ints] = []

        def source() -> Iterator[Batch]:
            chunks = tokenised(texts, self._tokenizer)
            for batch in batches(chunks, frame=self._frame, budget=self._runtime.budget, filled=filled,
                                 windowed=long.append):
                under_way.append(batch)
                yield batch

        for outputs in self._runtime.run(source()):
            batch = under_way.popleft()
            n = len(batch.rows)
            weight = batch.lengths[:n, None].astype(np.float32)
            for kept, part in zip((*sums, total), (*outputs, np.ones((n, 1), np.float32)), strict=True):
                # Two windows of one text may stand in one batch, which plain indexing would count once.
                np.add.at(kept, batch.rows, part[:n] * weight)
        vectors = sums[0] if self._dimension else np.zeros((len(texts), 0), dtype=np.float32)
        logits = sums[1:] if self._dimension else sums
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        found: dict[str, Floats] = {n: np.divide(v, total) for n, v in zip(self._sizes, logits, strict=True)}
        windowed = np.zeros(len(texts), dtype=np.bool_)
        for rows in long:
            windowed[rows] = True
        return Encoding(vectors, found, int(windowed.sum()), windowed)


def encoder_identity(labels: Path | None, runtime: str) -> str:
    """What the vectors and logits hang on: weights of encoder and branch, runtime, device, precision.

    `runtime` is the identity of a `Runtime`.
    """
    return f"all-MiniLM-L6-v2:{MINILM_SHA256[:16]}:{runtime}:{branch_identity(labels)}"
