from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voicemine.numerics import matching


def test_jaccard_counts_only_what_both_can_know() -> None:
    overlap = matching.Overlap(np.array([[8.0, 0.0]]), np.array([10.0]), np.array([8.0, 0.0]))
    assert overlap.jaccard.tolist() == [[0.8, 0.0]]


def test_members_rule_where_known_and_content_where_not() -> None:
    alike, unlike = np.array([[0.99]]), np.array([[0.2]])
    name = np.zeros((1, 1))
    shared = matching.Overlap(np.array([[90.0]]), np.array([100.0]), np.array([100.0]))
    apart = matching.Overlap(np.array([[0.0]]), np.array([100.0]), np.array([100.0]))
    unknown = matching.Overlap(np.array([[0.0]]), np.array([0.0]), np.array([0.0]))
    assert matching.likeness(shared, unlike, name)[0, 0] > 0.6
    assert matching.likeness(apart, alike, name)[0, 0] < 0.3
    assert matching.likeness(unknown, alike, name)[0, 0] > 0.7
    assert matching.likeness(unknown, unlike, name)[0, 0] == 0


def test_assignment_is_optimal_and_keeps_the_threshold() -> None:
    scores = np.array([[0.9, 0.8], [0.85, 0.1], [0.2, 0.3]])
    assert matching.assign(scores, threshold=0.4) == [(0, 1), (1, 0)]
    assert matching.assign(scores, threshold=0.4, allowed=np.array([[True, False], [False, True], [True, True]])) == [
        (0, 0)]
    assert matching.assign(np.zeros((0, 3)), threshold=0.4) == []


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**16))
def test_each_side_is_used_once(rows: int, columns: int, seed: int) -> None:
    scores = np.random.default_rng(seed).random((rows, columns))
    pairs = matching.assign(scores, threshold=0.5)
    assert len({r for r, _ in pairs}) == len(pairs) == len({c for _, c in pairs})
    assert all(scores[p] >= 0.5 for p in pairs)


def test_cosine_of_another_dimension_tells_nothing() -> None:
    unit = np.eye(3, dtype=np.float32)
    assert matching.cosine(unit, unit).tolist() == np.eye(3).tolist()
    assert not matching.cosine(unit, np.eye(2, dtype=np.float32)).any()


def test_names_share_words() -> None:
    found = matching.name_likeness(["Late parcels", "App crash"], ["late, LOST parcels", ""])
    assert np.allclose(found, [[2 / 3, 0], [0, 0]])
