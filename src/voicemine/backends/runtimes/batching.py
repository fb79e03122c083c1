"""From texts to batches: tokenised a chunk ahead, cut into windows, grouped by width, without a loop per text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

import numpy as np
from tokenizers import Tokenizer

from voicemine.backends.runtimes.base import Batch, Budget, Ints

WINDOW = 256  # tokens that the encoder reads at once, [CLS] and [SEP] included
STRIDE = WINDOW - 2
CHUNK = 1024  # texts tokenised at once


def widths(lengths: Ints) -> Ints:
    """The width that rows of these lengths are padded to, in growing steps: some 3 % of padding in all.

    A width hangs on the row's own length alone, never on its neighbours'.
    """
    step = np.select([lengths <= 32, lengths <= 64, lengths <= 128], [2, 4, 8], 16)
    found: Ints = -(-lengths // step) * step
    return found


@dataclass(frozen=True)
class Tokens:
    """Token ids of a chunk of texts, one after the other, without special tokens; `counts` (n,) of each text."""

    flat: Ints
    counts: Ints
    first_row: int


def tokenised(texts: Sequence[str], tokenizer: Tokenizer, *, chunk: int = CHUNK) -> Iterator[Tokens]:
    """Tokens of `texts`, chunk by chunk; while one is being used, the next is made in a thread."""

    def read(start: int) -> Tokens:
        found = tokenizer.encode_batch_fast(list(texts[start : start + chunk]), add_special_tokens=False)
        ids = [e.ids for e in found]
        counts = np.fromiter(map(len, ids), dtype=np.int64, count=len(ids))
        flat = np.fromiter(chain.from_iterable(ids), dtype=np.int64, count=int(counts.sum()))
        return Tokens(flat, counts, start)

    starts = range(0, len(texts), chunk)
    if len(starts) <= 1:
        yield from map(read, starts)
        return
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(read, 0)
        for start in starts[1:]:
            now, ahead = ahead.result(), pool.submit(read, start)
            yield now
        yield ahead.result()


@dataclass(frozen=True)
class _Rows:
    """Padded rows of one width that wait for company."""

    ids: Ints
    lengths: Ints
    rows: Ints

    def __add__(self, other: _Rows) -> _Rows:
        return _Rows(np.concatenate([self.ids, other.ids]), np.concatenate([self.lengths, other.lengths]),
                     np.concatenate([self.rows, other.rows]))

    def cut(self, start: int, stop: int | None = None) -> _Rows:
        return _Rows(self.ids[start:stop], self.lengths[start:stop], self.rows[start:stop])


def _by_width(tokens: Tokens, frame: tuple[int, int]) -> Iterator[tuple[int, _Rows]]:
    pieces = np.maximum(1, -(-tokens.counts // STRIDE))  # an empty text is one window without words
    owner = np.repeat(np.arange(len(pieces)), pieces)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    begin = np.repeat(np.cumsum(tokens.counts) - tokens.counts, pieces) + nth * STRIDE
    inner = np.minimum(STRIDE, tokens.counts[owner] - nth * STRIDE)
    lengths, rows = inner + 2, owner + tokens.first_row
    width = widths(lengths)
    flat = np.append(tokens.flat, 0)
    for size in np.unique(width)[::-1].tolist():
        chosen = np.flatnonzero(width == size)
        place = np.arange(size)[None, :]
        at = np.minimum(begin[chosen][:, None] + place - 1, len(flat) - 1)
        last = lengths[chosen][:, None] - 1
        ids = np.where(place < last, flat[at], np.where(place == last, frame[1], 0))
        ids[:, 0] = frame[0]
        yield size, _Rows(ids, lengths[chosen], rows[chosen])


def batches(
    chunks: Iterable[Tokens], *, frame: tuple[int, int], budget: Budget, filled: bool = True,
    windowed: Callable[[Ints], None] = lambda _: None,
) -> Iterator[Batch]:
    """Batches of one width each. `windowed` is told which texts of a chunk fill more than one window.

    `filled`: under a fixed budget every batch of a width gets the same shape (the last is filled up with empty
    rows), so that a row meets the same arithmetic, to the last bit, whatever stands beside it.
    """
    waiting: dict[int, _Rows] = {}
    for tokens in chunks:
        windowed(np.flatnonzero(tokens.counts > STRIDE) + tokens.first_row)
        for size, rows in _by_width(tokens, frame):
            held = waiting.pop(size) + rows if size in waiting else rows
            while len(held.rows) >= (full := budget.rows(size)):
                part, held = held.cut(0, full), held.cut(full)
                yield Batch(part.ids, part.lengths, part.rows)
            if len(held.rows):
                waiting[size] = held
    for size in sorted(waiting, reverse=True):
        held = waiting[size]
        while len(held.rows):
            full = budget.rows(size)
            part, held = held.cut(0, full), held.cut(full)
            yield _filled(part, full, frame) if filled and budget.is_fixed else Batch(part.ids, part.lengths, part.rows)


def _filled(part: _Rows, full: int, frame: tuple[int, int]) -> Batch:
    missing = full - len(part.rows)
    ids = np.zeros((missing, part.ids.shape[1]), dtype=np.int64)
    ids[:, :2] = frame
    return Batch(np.concatenate([part.ids, ids]),
                 np.concatenate([part.lengths, np.full(missing, 2, dtype=np.int64)]), part.rows)
