"""The map of mentions: sampled by id, like mentions together, the same picture every time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicemine import tables
from voicemine.stages.draw import DrawSettings, _largest, draw, lay_out, sample


def _clusters(n: int, k: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    which = rng.integers(0, k, n)
    vectors = rng.normal(size=(k, 24))[which] * 2 + rng.normal(size=(n, 24)) * 0.3
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), which


def _tables(n: int, k: int) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, np.ndarray], np.ndarray]:
    vectors, which = _clusters(n, k)
    ids = [f"i{i}#0" for i in range(n)]
    segments = pd.DataFrame({"mention_id": ids, "item_id": [i[:-2] for i in ids], "text": ids})
    members = pd.DataFrame({"mention_id": ids, "theme_key": [f"k{w}" if w else None for w in which]})
    return segments, members, {"rows": np.arange(n), "vectors": vectors.astype(np.float16)}, which


def test_like_mentions_lie_together_landmarks_or_not() -> None:
    vectors, which = _clusters(400, 4)
    places = lay_out(vectors, n_landmarks=200)
    assert np.abs(places).max() <= 1.0
    for part in (slice(0, 200), slice(200, 400)):
        distance = np.linalg.norm(places[part][:, None] - places[None, :200], axis=2)
        distance[distance == 0] = np.inf
        same = which[:200][distance.argmin(axis=1)] == which[part]
        assert same.mean() > 0.97


@given(st.integers(1, 4), st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=1, max_size=8))
def test_the_nearest_are_those_of_a_stable_sort(k: int, rows: list[list[int]]) -> None:
    values = np.array(rows, dtype=float)
    assert (_largest(values, k) == np.argsort(-values, axis=1, kind="stable")[:, :k]).all()


def test_the_picture_depends_on_content_not_on_row_order() -> None:
    segments, members, encoding, _ = _tables(150, 3)
    settings = DrawSettings(n_points=120, n_landmarks=80)
    first = draw(segments, members, encoding, settings=settings)
    order = np.random.default_rng(1).permutation(150)
    shuffled = segments.iloc[order].reset_index(drop=True)
    again = draw(shuffled, members, {**encoding, "rows": order}, settings=settings)
    pd.testing.assert_frame_equal(first.map_points, again.map_points)
    assert first.counts == {"drawn": 120, "mentions": 150}
    tables.conform("map_points", first.map_points)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7])
def test_few_mentions_can_be_drawn(n: int) -> None:
    segments, members, encoding, _ = _tables(max(n, 1), 2)
    found = draw(segments.iloc[:n], members.iloc[:n], encoding, settings=DrawSettings())
    assert len(found.map_points) == n
    assert np.isfinite(found.map_points[["x", "y"]].to_numpy(float)).all()


def test_equal_texts_are_drawn_too() -> None:
    segments, members, encoding, _ = _tables(30, 2)
    encoding["rows"] = np.zeros(30, dtype=np.int64)
    found = draw(segments, members, encoding, settings=DrawSettings()).map_points
    assert len(found) == 30
    assert len(found[["x", "y"]].drop_duplicates()) == 1


def test_the_sample_prefers_themes_and_fills_up() -> None:
    ids = pd.Series([f"m{i}" for i in range(100)])
    themed = np.arange(100) < 50
    assert len(sample(ids, themed, limit=200)) == 100
    chosen = set(sample(ids, themed, limit=40))
    assert len(chosen & set(ids[themed])) == 32
    assert len(sample(ids, np.zeros(100, dtype=bool), limit=40)) == 40
    assert len(sample(ids, np.ones(100, dtype=bool), limit=40)) == 40


def test_no_points_no_map() -> None:
    segments, members, encoding, _ = _tables(20, 2)
    assert draw(segments, members, encoding, settings=DrawSettings(n_points=0)).map_points.empty
