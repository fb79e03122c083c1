from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from voicemine.artefacts.keys import Hasher
from voicemine.backends.protocols import Encoder, Encoding
from voicemine.cached import CachedEncoder, prune

HASHER = Hasher(b"k" * 32)


class Counting:
    """A tiny encoder that counts what it reads."""

    identity, dimension = "counting", 3

    def __init__(self) -> None:
        self.read: list[str] = []

    def encode(self, texts: Sequence[str]) -> Encoding:
        self.read += texts
        seeds = [sum(map(ord, t)) for t in texts]
        vectors = np.array([[np.cos(s), np.sin(s), 0.1234567] for s in seeds], dtype=np.float32).reshape(-1, 3)
        logits = {"b": np.array([[s / 7, 1] for s in seeds], dtype=np.float32).reshape(-1, 2),
                  "a": np.array([[s / 3] for s in seeds], dtype=np.float32).reshape(-1, 1)}
        long = np.array([len(t) > 6 for t in texts], dtype=np.bool_)
        return Encoding(vectors, logits, int(long.sum()), long)


def _cached(folder: Path | None, inner: Counting | None = None, *, identity: str = "one", precision: str = "float16",
            hasher: Hasher = HASHER) -> tuple[CachedEncoder, Counting, list[int]]:
    inner, loads = inner or Counting(), []

    def load() -> Encoder:
        loads.append(1)
        return inner

    return CachedEncoder(identity, load, folder=folder, hasher=hasher, precision=precision), inner, loads


def _equal(one: Encoding, two: Encoding) -> None:
    np.testing.assert_array_equal(one.vectors, two.vectors)
    assert set(one.logits) == set(two.logits) == {"a", "b"}
    for name in one.logits:
        np.testing.assert_array_equal(one.logits[name], two.logits[name])
    assert one.n_windowed == two.n_windowed


def test_a_text_is_read_once_and_a_cache_changes_no_result(tmp_path: Path) -> None:
    texts = ["late", "broken zip", "lovely"]
    first, inner, _ = _cached(tmp_path)
    without, _, _ = _cached(None)
    _equal(first.encode(texts), without.encode(texts))
    again, inner, loads = _cached(tmp_path)
    found = again.encode([*texts[::-1], "new"])
    _equal(found, without.encode([*texts[::-1], "new"]))
    assert inner.read == ["new"] and found.n_known == 3 and again.dimension == 3
    known, inner, loads = _cached(tmp_path)
    _equal(known.encode(texts), without.encode(texts))
    assert loads == [] and known.dimension == 3, "where all is known no model is loaded"


def test_nothing_to_encode(tmp_path: Path) -> None:
    for folder in (tmp_path, None):
        assert _cached(folder)[0].encode([]).vectors.shape == (0, 3)


@pytest.mark.parametrize("change", [
    {"identity": "two"}, {"precision": "float32"}, {"hasher": Hasher(b"x" * 32)}])
def test_another_encoder_precision_or_key_reads_anew(tmp_path: Path, change: dict) -> None:
    _cached(tmp_path)[0].encode(["late"])
    other, inner, _ = _cached(tmp_path, **change)
    other.encode(["late"])
    assert inner.read == ["late"]


def test_what_a_run_did_not_ask_for_is_forgotten(tmp_path: Path) -> None:
    _cached(tmp_path)[0].encode(["late", "lovely"])
    nightly, _, _ = _cached(tmp_path)
    assert prune(nightly) == 0, "nothing was asked for, so nothing is forgotten"
    nightly.encode(["late"])
    nightly.encode(["new"])
    assert prune(nightly) == 1
    after, inner, _ = _cached(tmp_path)
    after.encode(["late", "lovely", "new"])
    assert inner.read == ["lovely"]


def test_a_cache_of_another_shape_is_replaced(tmp_path: Path) -> None:
    class Wider(Counting):
        dimension = 4

        def encode(self, texts: Sequence[str]) -> Encoding:
            found = super().encode(texts)
            return Encoding(np.pad(found.vectors, ((0, 0), (0, 1))), found.logits, found.n_windowed, found.windowed)

    _cached(tmp_path)[0].encode(["late"])
    wider, _, _ = _cached(tmp_path, Wider())
    assert wider.encode(["late", "new"]).vectors.shape == (2, 4)
    again, _inner, loads = _cached(tmp_path, Wider())
    again.encode(["late", "new"])
    assert loads == []


def test_no_word_of_a_text_is_on_disk(tmp_path: Path) -> None:
    _cached(tmp_path)[0].encode(["confidential complaint"])
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"confidential" not in path.read_bytes()


def test_a_handful_of_other_texts_is_not_kept(tmp_path: Path) -> None:
    encoder, _inner, _ = _cached(tmp_path)
    assert encoder.few(["a definition"]).vectors.shape == (1, 3)
    assert list(tmp_path.rglob("rows")) == []


def test_a_released_encoder_is_loaded_again(tmp_path: Path) -> None:
    encoder, _, loads = _cached(tmp_path)
    encoder.encode(["one"])
    encoder.release()
    encoder.encode(["two"])
    assert len(loads) == 2
