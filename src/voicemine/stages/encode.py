"""Encode: every distinct mention text becomes a vector and, in the same pass, the logits of its labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from voicemine.backends.protocols import Encoder, Remembers
from voicemine.numerics.placeholders import for_model
from voicemine.settings import Settings
from voicemine.stages.base import Stage

Arrays = Mapping[str, npt.NDArray[Any]]


class EncodeSettings(Settings):
    """Which encoder reads the texts, and how."""

    model: str = "default"
    """`default` (all-MiniLM-L6-v2, carried by the install), a hub id, or a local folder: a sentence-transformers model,
    or the fast tier that `voicemine models distil` makes (static embeddings; each run tells what they lose)."""
    backend: Literal["auto", "torch", "openvino", "onnx"] = "auto"
    """What runs the default encoder. `auto` compares what is installed, once on each machine, and takes the fastest
    whose vectors stay within cosine 0.999 of PyTorch's float32; with PyTorch alone there is nothing to compare."""
    device: str = "auto"
    """auto (cuda where there is one, else cpu), cpu, cuda, or mps."""
    labels: str = "default"
    """Label branch: `default` (shipped with the package), or a folder with a trained one."""
    window: int = Field(4096, ge=1)
    """Distinct texts handed to the encoder at once; memory grows with it."""
    cache: bool = True
    """Keep vectors and logits by content (no text) in the out folder, so that a text is encoded once only. What a
    complete run did not ask for is forgotten."""
    whole_items: bool = True
    """Also read each item whole, so that its own labels come from all its words and not from its parts alone."""
    precision: Literal["float16", "float32"] = "float16"
    """How vectors are kept. float16 halves memory and disk; cosines change by less than 0.0005."""


@dataclass(frozen=True)
class Encoded:
    """`encoding`: see stages/base.ARRAYS. `counts`: texts, distinct texts, those of them that were encoded in this
    run (the rest was known), and those beyond the encoder's window."""

    encoding: Arrays
    counts: dict[str, int]


def distinct(texts: pd.Series) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Distinct model readings of `texts`, sorted, and for each text the row of its reading.

    Sorted, so that the batches that a text meets depend on the set of texts and not on their order.
    """
    readings = [for_model(t) for t in texts.tolist()]
    found = sorted(set(readings))
    return found, _rows(readings, found)


def _rows(readings: Sequence[str], distinct_texts: Sequence[str]) -> npt.NDArray[np.int64]:
    place = {t: i for i, t in enumerate(distinct_texts)}
    return np.array([place[t] for t in readings], dtype=np.int64)


def encode(
    items_clean: pd.DataFrame, segments: pd.DataFrame, *, settings: EncodeSettings, encoder: Encoder, reader: Encoder,
    progress: Callable[[int, int], None],
) -> Encoded:
    """Encode the distinct texts of `segments`, and read whole mined items that say more than one of them.

    `encoder` gives vectors and logits; `reader` reads the whole items and need give logits alone, in which case those
    have no row in `vectors`. `progress(done, total)` is called after each window. Logits are rounded to 1/1024 and
    vectors kept in the configured precision, so that the last bits of a sum do not decide what is exported.
    """
    mentions, rows = distinct(segments["text"])
    mined = items_clean.loc[items_clean["is_mined"], "text"] if settings.whole_items else segments["text"].iloc[:0]
    readings = [for_model(t) for t in mined.tolist()]
    texts = mentions + sorted(set(readings) - set(mentions))
    n_vectors = len(texts) if reader is encoder else len(mentions)
    vectors = np.zeros((n_vectors, encoder.dimension), dtype=settings.precision)
    logits: dict[str, npt.NDArray[np.float32]] = {}
    windowed = known = done = 0
    for chosen in _windows(texts, n_vectors, settings.window, encoder, reader):
        has_vectors = chosen[0] < n_vectors
        part = (encoder if has_vectors else reader).encode([texts[i] for i in chosen])
        if has_vectors:
            vectors[chosen] = part.vectors.astype(settings.precision)
        for name, values in part.logits.items():
            kept = logits.setdefault(name, np.zeros((len(texts), values.shape[1]), dtype=np.float32))
            kept[chosen] = np.round(values * 1024) / 1024
        windowed += part.n_windowed
        known += part.n_known
        done += len(chosen)
        progress(done, len(texts))
    arrays: dict[str, npt.NDArray[Any]] = {"rows": rows, "item_rows": _rows(readings, texts), "vectors": vectors}
    arrays |= {f"logits.{name}": values for name, values in sorted(logits.items())}
    return Encoded(arrays, {"texts": len(rows) + len(readings), "distinct_texts": len(texts),
                            "encoded_now": len(texts) - known, "beyond_window": windowed})


def _windows(texts: Sequence[str], n_first: int, size: int, encoder: Encoder, reader: Encoder) -> Iterator[list[int]]:
    """Positions of the encoder's texts (the first) and then of the reader's, so many at a time.

    Texts of like length share a window, so that little is padded; the order is the content's, not the input's. Texts
    that are known from before stand apart: a night's few new ones would be scattered over all windows.
    """
    for part, model in ((range(n_first), encoder), (range(n_first, len(texts)), reader)):
        order = sorted(part, key=lambda i: (len(texts[i]), texts[i]))
        known = model.knows([texts[i] for i in order]) if isinstance(model, Remembers) else np.zeros(len(order), bool)
        for group in ([i for i, old in zip(order, known, strict=True) if old == wanted] for wanted in (True, False)):
            for start in range(0, len(group), size):
                yield group[start : start + size]


STAGE = Stage(
    name="encode", version=3, reads=("items_clean", "segments"), writes=("encoding",), settings=EncodeSettings,
    run=encode, needs=("encoder", "reader", "progress"), about="vectors and label logits of every distinct mention",
)
