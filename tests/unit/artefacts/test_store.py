from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from voicemine import tables
from voicemine.artefacts.store import StageStore
from voicemine.errors import TableError

SEGMENTS = pd.DataFrame({"mention_id": ["a#0"], "item_id": ["a"], "ordinal": [0], "start": [0], "end": [4],
                         "text": ["late"]})


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    store = StageStore(tmp_path)
    arrays = {"vectors": np.arange(6, dtype=np.float16).reshape(2, 3), "rows": np.array([1, 0])}
    store.save("segment", "k" * 64, {"segments": SEGMENTS, "encoding": arrays}, {"counts": {"n": 1}})
    found = store.find("segment", "k" * 64)
    assert found is not None and found.facts == {"counts": {"n": 1}}
    pd.testing.assert_frame_equal(store.load(found, "segments"), tables.conform("segments", SEGMENTS))
    back = store.load(found, "encoding")
    assert back["vectors"].dtype == np.float16 and (back["rows"] == arrays["rows"]).all()


def test_equal_tables_give_equal_hashes(tmp_path: Path) -> None:
    one = StageStore(tmp_path / "a").save("s", "1" * 64, {"segments": SEGMENTS}, {})
    two = StageStore(tmp_path / "b").save("s", "2" * 64, {"segments": SEGMENTS.copy()}, {})
    assert one.hashes == two.hashes


def test_an_altered_or_cut_result_is_not_found(tmp_path: Path) -> None:
    store = StageStore(tmp_path)
    saved = store.save("s", "k" * 64, {"segments": SEGMENTS}, {})
    path = saved.folder / "segments.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    assert store.find("s", "k" * 64) is None


def test_another_key_is_not_found_even_with_the_same_prefix(tmp_path: Path) -> None:
    store = StageStore(tmp_path)
    store.save("s", "k" * 64, {"segments": SEGMENTS}, {})
    assert store.find("s", "k" * 63 + "x") is None


def test_a_table_that_breaks_its_contract_is_not_stored(tmp_path: Path) -> None:
    store = StageStore(tmp_path)
    with pytest.raises(TableError, match="missing column"):
        store.save("s", "k" * 64, {"segments": SEGMENTS.drop(columns="end")}, {})
    assert list(tmp_path.iterdir()) == []


def test_prune_keeps_what_is_named(tmp_path: Path) -> None:
    store = StageStore(tmp_path)
    kept = store.save("s", "k" * 64, {"segments": SEGMENTS}, {})
    store.save("s", "l" * 64, {"segments": SEGMENTS}, {})
    assert store.prune({kept.folder}) == 1
    assert store.find("s", "k" * 64) is not None
