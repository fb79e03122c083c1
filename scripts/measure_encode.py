"""Measures encoding on this machine, side by side: sentence-transformers as it comes, and every runtime here.

    python scripts/measure_encode.py FILE [--items 30000] [--limit N] [--rounds 3] [--threads 0] [--json OUT]
    python scripts/measure_encode.py FILE --memory N          # peak memory of encoding N texts, in this process alone

FILE holds one JSON object with a `text` per line (gzip or plain). The sample is fixed by position. Every way encodes
the same texts; ways take turns in blocks of texts, so that a machine whose speed drifts serves all of them alike.
Told are: texts per second and its ratio to sentence-transformers (float32, batches of 32), the same ratio by processor
time (which other work on the machine hardly moves), the cosine to it, the arithmetic
in a text, the measured peak of float32 matrix products for a second of one core, and the share of it that is reached.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from voicemine.backends.encoder_default import DefaultEncoder, default_graph
from voicemine.backends.minilm import minilm_folder
from voicemine.backends.runtimes.batching import STRIDE, widths
from voicemine.backends.runtimes.choose import Candidate, candidates
from voicemine.backends.runtimes.graph import EncoderGraph
from voicemine.encoders import machine, user_folder
from voicemine.measure import Meter
from voicemine.provision import set_threads
from voicemine.resources import model_dir

WINDOW = 4096


def read_texts(path: Path, items: int) -> list[str]:
    """`items` texts at even distances through the file."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as handle:
        texts = [str(json.loads(line)["text"]) for line in handle if line.strip()]
    return texts if items >= len(texts) else [texts[i * len(texts) // items] for i in range(items)]


def token_counts(texts: Sequence[str]) -> np.ndarray:
    """Tokens of each text, without special ones."""
    tokenizer = Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return np.array([len(e.ids) for s in range(0, len(texts), WINDOW)
                     for e in tokenizer.encode_batch_fast(list(texts[s : s + WINDOW]), add_special_tokens=False)])


def flops(counts: np.ndarray, *, layers: int, hidden: int = 384, intermediate: int = 1536) -> float:
    """Multiplications and additions of all texts: the linear parts, and attention within each window."""
    pieces = [min(STRIDE, n - s) + 2 for n in counts.tolist() for s in range(0, max(n, 1), STRIDE)]
    t = np.array(pieces, dtype=np.float64)
    linear = 2 * t * (4 * hidden * hidden + 2 * hidden * intermediate)
    return float((layers * (linear + 4 * t * t * hidden)).sum())


def gemm_peak(seconds: float = 3.0) -> float:
    """The best rate of float32 matrix products seen here, in GFLOP for a second of one core: large matrices."""
    torch.set_num_threads(1)
    a, b = torch.randn(1536, 1536), torch.randn(1536, 1536)
    best, started = 0.0, time.perf_counter()
    while time.perf_counter() - started < seconds or not best:
        begin = time.thread_time()
        torch.mm(a, b)
        best = max(best, 2 * 1536**3 / (time.thread_time() - begin) / 1e9)
    return best


@dataclass
class Way:
    """One way to encode: its name, the call, and what it has given so far."""

    name: str
    encode: Callable[[Sequence[str]], np.ndarray]
    layers: int = 6
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    vectors: list[np.ndarray] = field(default_factory=list)


def ours(graph: EncoderGraph, labels: Path | None, candidate: Candidate) -> Callable[[Sequence[str]], np.ndarray]:
    """An encoder of ours as a function to vectors, in windows of like length as the encode stage calls it."""
    encoder = DefaultEncoder(labels=labels, graph=graph, candidate=candidate, store=user_folder() / "compiled")

    def encode(texts: Sequence[str]) -> np.ndarray:
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors = np.zeros((len(texts), encoder.dimension), dtype=np.float32)
        for start in range(0, len(order), WINDOW):
            chosen = order[start : start + WINDOW]
            # Filling up batches is nothing in a large call, and would be most of a small one.
            vectors[chosen] = encoder.encode([texts[i] for i in chosen], filled=len(chosen) == WINDOW).vectors
        return vectors

    return encode


def ways() -> list[Way]:
    """The reference first, then ours: vectors alone, and with all label sets, on every runtime that is here."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(minilm_folder()), device="cpu")
    found = [Way("sentence-transformers, fp32, batch 32",
                 lambda t: np.asarray(model.encode(list(t), normalize_embeddings=True, show_progress_bar=False)))]
    for labels in (None, model_dir("labels")):
        graph = default_graph(labels)
        extra = graph.branch.shape.n_layers if graph.branch is not None else 0
        for candidate in candidates("auto", "cpu"):
            name = f"{candidate}, {'vectors and six label sets' if extra else 'vectors'}"
            found.append(Way(name, ours(graph, labels, candidate), layers=6 + extra))
    return found


def compare(texts: Sequence[str], rounds: int) -> dict[str, Any]:
    """Every way on the same texts, block by block in turn."""
    threads = torch.get_num_threads()
    all_ways = ways()
    for way in all_ways:
        way.encode(texts[:256])
    for block in range(rounds):
        part = texts[block * len(texts) // rounds : (block + 1) * len(texts) // rounds]
        for way in all_ways:
            torch.set_num_threads(threads)
            begin, used = time.perf_counter(), time.process_time()
            way.vectors.append(way.encode(part))
            way.seconds.append(time.perf_counter() - begin)
            way.cpu.append(time.process_time() - used)
    counts = token_counts(texts)
    peak = gemm_peak()
    torch.set_num_threads(threads)
    begin = time.perf_counter()
    token_counts(texts)
    tokenising = len(texts) / (time.perf_counter() - begin)
    padded = float(widths(np.minimum(counts, STRIDE) + 2).sum() / (np.minimum(counts, STRIDE) + 2).sum())
    reference = np.concatenate(all_ways[0].vectors)
    short = counts <= STRIDE  # sentence-transformers cuts longer texts; we read all of their windows
    base, base_cpu = len(texts) / sum(all_ways[0].seconds), sum(all_ways[0].cpu)
    rows = []
    for way in all_ways:
        rate = len(texts) / sum(way.seconds)
        cosine = (np.concatenate(way.vectors) * reference).sum(axis=1)[short]
        work = flops(counts, layers=way.layers) / sum(way.cpu) / 1e9
        rows.append({"way": way.name, "texts_per_second": round(rate, 1), "ratio": round(rate / base, 3),
                     "cpu_ratio": round(base_cpu / sum(way.cpu), 3), "cosine_mean": round(float(cosine.mean()), 6),
                     "cosine_min": round(float(cosine.min()), 6), "gflops_per_core": round(work, 1),
                     "share_of_peak": round(work / peak, 3)})
    return {"machine": machine(), "threads": threads, "texts": len(texts),
            "tokens_mean": round(float(counts.mean()), 1), "beyond_window": int((~short).sum()),
            "mflop_per_text": round(flops(counts, layers=6) / len(texts) / 1e6, 1),
            "gemm_peak_gflops_per_core": round(peak, 1), "padding_factor": round(padded, 4),
            "tokenised_per_second": round(tokenising), "ways": rows}


def memory(texts: Sequence[str], backend: str) -> dict[str, Any]:
    """Peak resident memory of encoding with labels as the stage does; texts and kept float16 vectors count too."""
    name: Any = backend
    encoder = DefaultEncoder(labels=model_dir("labels"), candidate=Candidate(name), store=user_folder() / "compiled")
    order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), texts[i]))
    with Meter() as meter:
        vectors = np.zeros((len(texts), encoder.dimension), dtype=np.float16)
        for start in range(0, len(order), WINDOW):
            chosen = order[start : start + WINDOW]
            vectors[chosen] = encoder.encode([texts[i] for i in chosen]).vectors
    return {"texts": len(texts), "backend": backend, "peak_mib": meter.cost.peak_mib, "seconds": meter.cost.seconds}


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--items", type=int, default=30_000)
    parser.add_argument("--limit", type=int, help="encode only so many texts of the sample")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--memory", type=int)
    parser.add_argument("--backend", default="torch")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    set_threads(given.threads)
    if given.memory:
        found = memory(read_texts(given.file, given.memory), given.backend)
        print(json.dumps(found))
        return
    texts = read_texts(given.file, given.items)
    if given.limit and given.limit < len(texts):
        texts = [texts[i * len(texts) // given.limit] for i in range(given.limit)]
    found = compare(texts, given.rounds)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1), "utf-8")
    for key, value in found.items():
        if key != "ways":
            print(f"{key}: {value}")
    print(f"{'way':46} texts/s  ratio by CPU cos mean  cos min  GF/core of peak")
    for row in found["ways"]:
        print(f"{row['way']:46} {row['texts_per_second']:7.1f} {row['ratio']:6.2f} {row['cpu_ratio']:6.2f} "
              f"{row['cosine_mean']:8.6f} {row['cosine_min']:8.6f} {row['gflops_per_core']:7.1f} "
              f"{row['share_of_peak']:7.2f}", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    main()
