from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voicemine.artefacts.vectors import Array, Layout, VectorCache, keys_of

LAYOUT = Layout("an encoder", 5, "float16", {"stage": 3, "pain": 2})


def _keys(*numbers: int) -> Array:
    return keys_of([hashlib.sha256(str(n).encode()).hexdigest()[:24] for n in numbers])


def _records(*numbers: int, layout: Layout = LAYOUT) -> Array:
    found = np.zeros(len(numbers), dtype=layout.record)
    for at, n in enumerate(numbers):
        found[at]["vector"], found[at]["logits"], found[at]["windowed"] = n, n / 4, n % 2
    return found


def _filled(folder: Path, *numbers: int) -> VectorCache:
    cache = VectorCache(folder)
    cache.add(_keys(*numbers), _records(*numbers), layout=LAYOUT)
    return cache


def test_what_was_added_is_found_and_nothing_else(tmp_path: Path) -> None:
    _filled(tmp_path / "c", 1, 2, 3).add(_keys(4), _records(4), layout=LAYOUT)
    cache = VectorCache(tmp_path / "c")
    hit, found = cache.find(_keys(4, 9, 1, 1))
    assert hit.tolist() == [True, False, True, True]
    assert found["vector"][:, 0].tolist() == [4, 1, 1] and found["windowed"].tolist() == [0, 1, 1]
    assert len(cache) == 4 and cache.layout == LAYOUT


def test_an_empty_cache_knows_nothing(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "c")
    hit, found = cache.find(_keys(1))
    assert not hit.any() and len(found) == 0 and cache.layout is None and cache.prune(_keys(1)) == 0
    assert not (tmp_path / "c").exists(), "looking makes nothing"


def test_keys_with_one_half_in_common_are_told_apart(tmp_path: Path) -> None:
    one, two = keys_of(["0" * 16 + "1" * 8, "0" * 16 + "2" * 8])[:, None]
    cache = VectorCache(tmp_path / "c")
    cache.add(one, _records(7), layout=LAYOUT)
    assert cache.find(one)[0].all() and not cache.find(two)[0].any()


@given(cut=st.integers(0, 10_000), name=st.sampled_from(["rows", "keys"]))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_cut_anywhere_loses_its_tail_and_nothing_else(tmp_path: Path, cut: int, name: str) -> None:
    folder = tmp_path / "c"
    shutil.rmtree(folder, ignore_errors=True)
    _filled(folder, *range(1, 9))
    content = (folder / name).read_bytes()
    cut %= len(content) + 1
    (folder / name).write_bytes(content[:cut])
    whole = cut // (len(content) // 8)
    cache = VectorCache(folder)
    hit, found = cache.find(_keys(*range(1, 9)))
    assert hit.tolist() == [True] * whole + [False] * (8 - whole)
    assert found["vector"][:, 0].tolist() == list(range(1, whole + 1))
    missing = np.flatnonzero(~hit) + 1
    cache.add(_keys(*missing), _records(*missing), layout=LAYOUT)
    for again in (cache, VectorCache(folder)):
        hit, found = again.find(_keys(*range(1, 9)))
        assert hit.all() and found["vector"][:, 0].tolist() == list(range(1, 9))


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7), name=st.sampled_from(["rows", "keys"]))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_is_never_read_as_a_vector(tmp_path: Path, at: int, bit: int, name: str) -> None:
    folder = tmp_path / "c"
    shutil.rmtree(folder, ignore_errors=True)
    _filled(folder, *range(1, 9))
    content = bytearray((folder / name).read_bytes())
    content[at % len(content)] ^= 1 << bit
    (folder / name).write_bytes(content)
    cache = VectorCache(folder)
    hit, found = cache.find(_keys(*range(1, 9)))
    assert hit.sum() >= 7
    assert found["vector"][:, 4].tolist() == [n for n, h in zip(range(1, 9), hit, strict=True) if h]
    missing = np.flatnonzero(~hit) + 1
    cache.add(_keys(*missing), _records(*missing), layout=LAYOUT)
    hit, found = VectorCache(folder).find(_keys(*range(1, 9)))
    assert hit.all() and found["vector"][:, 0].tolist() == list(range(1, 9)), "written again behind the damaged one"


def test_what_another_encoder_or_an_older_version_left_is_replaced(tmp_path: Path) -> None:
    _filled(tmp_path / "c", 1)
    other = Layout("another", 5, "float32", {"pain": 2})
    cache = VectorCache(tmp_path / "c")
    cache.add(_keys(2), np.zeros(1, dtype=other.record), layout=other)
    assert cache.layout == other and cache.find(_keys(1, 2))[0].tolist() == [False, True]
    (tmp_path / "c" / "layout.json").write_text('{"format": "of the future"}')
    assert VectorCache(tmp_path / "c").layout is None


def test_pruning_keeps_what_is_named_and_forgets_the_rest(tmp_path: Path) -> None:
    cache = _filled(tmp_path / "c", *range(1, 9))
    reader = VectorCache(tmp_path / "c")
    size = (tmp_path / "c" / "rows").stat().st_size
    assert cache.prune(_keys(2, 5, 99)) == 6
    assert cache.find(_keys(*range(1, 9)))[0].nonzero()[0].tolist() == [1, 4]
    assert (tmp_path / "c" / "rows").stat().st_size == size // 4
    assert reader.find(_keys(1, 2))[0].all(), "who was reading reads on"
    assert cache.prune(_keys(2, 5)) == 0
    cache.add(_keys(7), _records(7), layout=LAYOUT)
    assert VectorCache(tmp_path / "c").find(_keys(2, 5, 7))[0].all()


def test_two_read_while_one_writes(tmp_path: Path) -> None:
    writer = _filled(tmp_path / "c", 1)
    one, two = VectorCache(tmp_path / "c"), VectorCache(tmp_path / "c")
    writer.add(_keys(2), _records(2), layout=LAYOUT)
    for reader in (one, two):
        hit, found = reader.find(_keys(1, 2))
        assert hit.tolist() == [True, False] and found["vector"][0, 0] == 1
    assert VectorCache(tmp_path / "c").find(_keys(2))[0].all()


def test_no_text_is_in_it(tmp_path: Path) -> None:
    _filled(tmp_path / "c", 1)
    assert {p.name for p in (tmp_path / "c").iterdir()} == {"layout.json", "rows", "keys"}
    assert (tmp_path / "c" / "keys").stat().st_size == 24
    assert (tmp_path / "c" / "rows").stat().st_size == LAYOUT.record.itemsize == 5 * 2 + 5 * 4 + 4


@pytest.mark.parametrize("precision", ["float16", "float32"])
def test_values_come_back_as_they_went_in(tmp_path: Path, precision: str) -> None:
    layout = Layout("an encoder", 5, precision, {"stage": 3, "pain": 2})
    records = np.zeros(3, dtype=layout.record)
    rng = np.random.default_rng(0)
    records["vector"], records["logits"] = rng.normal(size=(3, 5)), rng.normal(size=(3, 5))
    cache = VectorCache(tmp_path / "c")
    cache.add(_keys(1, 2, 3), records, layout=layout)
    assert VectorCache(tmp_path / "c").find(_keys(1, 2, 3))[1].tobytes() == records.tobytes()
