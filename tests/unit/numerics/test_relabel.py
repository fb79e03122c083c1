from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from voicemine.numerics.relabel import blend, fold, zero_shot

GIVEN = np.array([[0.5, 0.3, 0.2]])


def test_fold_renames_merges_and_spreads_what_is_dropped() -> None:
    np.testing.assert_allclose(fold(GIVEN, "abc", {"x": "a", "y": "bc"}), [[0.5, 0.5]])
    np.testing.assert_allclose(fold(GIVEN, "abc", {"a": "a", "b": "b"}), [[0.625, 0.375]])


def test_fold_is_even_where_nothing_is_left_and_zero_for_the_untaught() -> None:
    found = fold(np.array([[0.0, 0.0, 1.0]]), "abc", {"a": "a", "b": "b", "new": ""})
    np.testing.assert_allclose(found, [[0.5, 0.5, 0]])


@given(hnp.arrays(float, (4, 3), elements=st.floats(0.01, 1)))
def test_probabilities_stay_probabilities(raw: np.ndarray) -> None:
    given_ = raw / raw.sum(axis=1, keepdims=True)
    learnt = fold(given_, "abc", {"a": "a", "b": "bc", "new": ""})
    prior = np.tile([0.2, 0.3, 0.5], (4, 1))
    mixed = blend(learnt, prior, new=np.array([False, False, True]))
    np.testing.assert_allclose(mixed.sum(axis=1), 1.0)
    np.testing.assert_allclose(mixed[:, 2], 0.5)
    np.testing.assert_allclose(mixed[:, 0] / mixed[:, 1], learnt[:, 0] / learnt[:, 1])


def test_zero_shot_prefers_the_nearest() -> None:
    eye = np.eye(3)
    found = zero_shot(eye[:2], eye, temperature=0.1)
    assert found.argmax(axis=1).tolist() == [0, 1]
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
