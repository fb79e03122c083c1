from __future__ import annotations

import numpy as np

from voicemine.numerics.ctfidf import class_tfidf


def test_words_of_one_class_outweigh_words_of_all() -> None:
    weights = class_tfidf(np.array([[10, 10, 0], [0, 10, 10]])).toarray()
    assert weights[0, 0] > weights[0, 1] > weights[0, 2] == 0.0
    assert weights[1, 2] > weights[1, 1]


def test_an_empty_class_has_no_weights() -> None:
    weights = class_tfidf(np.array([[0, 0], [1, 2]])).toarray()
    assert not weights[0].any()
    assert np.isfinite(weights).all()


def test_size_of_a_class_does_not_matter() -> None:
    weights = class_tfidf(np.array([[1, 3], [10, 30]])).toarray()
    assert np.allclose(weights[0], weights[1])
