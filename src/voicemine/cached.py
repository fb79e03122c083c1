"""An encoder that reads each text once in its life: what it has read lies in a cache, by content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from voicemine.artefacts.keys import Hasher
from voicemine.artefacts.vectors import Array, Bools, Layout, VectorCache, keys_of
from voicemine.backends.encoder_default import DefaultEncoder
from voicemine.backends.protocols import Encoder, Encoding

_SPLIT = 1024  # logits are kept in steps of 1/1024, as the encode stage exports them


class CachedEncoder:
    """Stands around another encoder, which is loaded when the first unknown text comes.

    Vectors come back as `precision` keeps them and logits in steps of 1/1024, whether read from the cache or
    made just now, so that a cache changes no result.
    """

    def __init__(
        self, identity: str, load: Callable[[], Encoder], *, folder: Path | None, hasher: Hasher, precision: str,
    ) -> None:
        """`folder` is where the caches of all encoders lie; None: nothing is kept."""
        self._identity, self._load, self._hasher, self._precision = identity, load, hasher, precision
        self._encoder: Encoder | None = None
        self._cache: VectorCache | None = None
        if folder is not None:
            self._cache = VectorCache(folder / hasher.digest(f"{identity}\0{precision}"))
        self._asked: list[Array] = []

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def dimension(self) -> int:
        layout = self._cache.layout if self._cache else None
        return layout.dimension if layout else self._inner().dimension

    def knows(self, texts: Sequence[str]) -> Bools:
        """(n,): which of `texts` lie in the cache."""
        if self._cache is None:
            return np.zeros(len(texts), dtype=np.bool_)
        return self._cache.has(keys_of([self._hasher.digest(t) for t in texts]))

    def encode(self, texts: Sequence[str]) -> Encoding:
        """See `Encoder`. Unknown texts are encoded and kept."""
        if self._cache is None:
            return self._rounded(self._inner().encode(texts))
        keys = keys_of([self._hasher.digest(t) for t in texts])
        self._asked.append(keys)
        hit, known = self._cache.find(keys)
        if hit.all() and len(texts):
            layout = self._cache.layout
            if layout is not None:
                return _encoding(known, layout, n_known=len(known))
        return self._stored(self._cache, texts, keys, hit, known)

    def _stored(
        self, cache: VectorCache, texts: Sequence[str], keys: Array, hit: Bools, known: Array
    ) -> Encoding:
        missing = np.flatnonzero(~hit)
        made = self._rounded(self._inner().encode([texts[i] for i in missing.tolist()]))
        layout = Layout(self._identity, self._inner().dimension, self._precision,
                        {name: values.shape[1] for name, values in made.logits.items()})
        fresh = np.zeros(len(missing), dtype=layout.record)
        fresh["vector"] = made.vectors
        if layout.labels:
            fresh["logits"] = np.concatenate(list(made.logits.values()), axis=1)
        if made.windowed is not None:
            fresh["windowed"] = made.windowed
        if hit.any() and cache.layout != layout:
            # What lies there is of another kind than its name says: read everything anew.
            return self._stored(cache, texts, keys, np.zeros_like(hit), known)
        cache.add(keys[missing], fresh, layout=layout)
        records = np.zeros(len(texts), dtype=layout.record)
        records[missing] = fresh
        if hit.any():
            records[hit] = known
        return _encoding(records, layout, n_known=int(hit.sum()))

    def few(self, texts: Sequence[str]) -> Encoding:
        """A handful of texts that are not feedback; they are not kept."""
        encoder = self._inner()
        if isinstance(encoder, DefaultEncoder):
            return encoder.encode(texts, filled=False)
        return encoder.encode(texts)

    def release(self) -> None:
        """Let the encoder go, so that its memory is free; it is loaded again where a text asks for it."""
        self._encoder = None

    @property
    def was_asked(self) -> bool:
        """Whether a text was asked for since this encoder was made."""
        return bool(self._asked)

    def prune(self) -> int:
        """Forget every text that was not asked for since this encoder was made; returns how many."""
        return self._cache.prune(np.concatenate([keys_of([]), *self._asked])) if self._cache is not None else 0

    def _inner(self) -> Encoder:
        if self._encoder is None:
            self._encoder = self._load()
        return self._encoder

    def _rounded(self, found: Encoding) -> Encoding:
        vectors = found.vectors.astype(self._precision).astype(np.float32)
        logits = {name: (np.round(values * _SPLIT) / _SPLIT).astype(np.float32)
                  for name, values in sorted(found.logits.items())}
        return Encoding(vectors, logits, found.n_windowed, found.windowed)


def prune(*encoders: CachedEncoder) -> int:
    """Forget every text that a run did not ask its encoders for; returns how many.

    Nothing is forgotten where nothing was asked for: the run then took its vectors from elsewhere.
    """
    if not any(e.was_asked for e in encoders):
        return 0
    return sum(e.prune() for e in dict.fromkeys(encoders))


def _encoding(records: Array, layout: Layout, *, n_known: int) -> Encoding:
    ends = np.cumsum([0, *layout.labels.values()])
    logits = {name: records["logits"][:, a:b]
              for name, a, b in zip(layout.labels, ends[:-1], ends[1:], strict=True)}
    windowed = records["windowed"].astype(np.bool_)
    return Encoding(records["vector"].astype(np.float32), logits, int(windowed.sum()), windowed, n_known)
