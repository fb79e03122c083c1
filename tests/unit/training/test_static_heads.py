"""Heads that imitate the full model: its probabilities come back, under its own calibration."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import approx_fprime

from voicemine.numerics.calibration import SetCalibration, probabilities
from voicemine.training.static_heads import _Texts, fit_head

N, V, D = 1200, 40, 6
CALIBRATION = SetCalibration(("a", "b", "c"), temperature=1.4, bias=(0.3, 0.0, -0.2))


@pytest.fixture(scope="module")
def texts() -> tuple[np.ndarray, sparse.csr_matrix, np.ndarray]:
    draw = np.random.default_rng(1)
    counts = draw.multinomial(6, np.full(V - 1, 1 / (V - 1)), size=N)
    bags = sparse.csr_matrix(np.hstack([counts, np.zeros((N, 1))]) / 6)
    means = bags @ draw.normal(size=(V, D))
    return means / np.linalg.norm(means, axis=1, keepdims=True), bags, np.arange(N) % 5 == 0


def _logits(head, vectors: np.ndarray, bags: sparse.csr_matrix) -> np.ndarray:
    return vectors @ head.weight.T + bags @ head.words + head.bias


def test_a_linear_teacher_comes_back_as_it_was(texts) -> None:
    vectors, bags, held = texts
    logits = vectors @ np.random.default_rng(2).normal(scale=3, size=(D, 3)) + [0.5, 0, -1]
    head = fit_head(vectors, bags, logits, CALIBRATION, held)
    given, wanted = (probabilities(v, CALIBRATION) for v in (_logits(head, vectors, bags), logits))
    assert np.abs(given - wanted).mean() < 0.02
    assert (given.argmax(axis=1) == wanted.argmax(axis=1)).mean() > 0.97


def test_what_the_vectors_do_not_hold_the_words_learn(texts) -> None:
    vectors, bags, held = texts
    logits = bags @ np.random.default_rng(3).normal(scale=8, size=(V, 3))
    head = fit_head(vectors, bags, logits, CALIBRATION, held)
    assert head.word_ridge is not None and not head.words[V - 1].any()
    given, wanted = (probabilities(v, CALIBRATION) for v in (_logits(head, vectors, bags), logits))
    bare = fit_head(vectors, sparse.csr_matrix(bags.shape), logits, CALIBRATION, held)
    without = probabilities(_logits(bare, vectors, bags), CALIBRATION)
    assert np.abs(given - wanted).mean() < 0.5 * np.abs(without - wanted).mean()


def test_where_nothing_can_be_learnt_the_answer_is_the_mean(texts) -> None:
    vectors, bags, held = texts
    logits = np.random.default_rng(4).normal(size=(N, 3)) + np.array([1.0, 0.0, 0.0])
    head = fit_head(vectors, bags, logits, CALIBRATION, held)
    wanted = probabilities(logits, CALIBRATION).mean(axis=0)
    given = probabilities(_logits(head, vectors, bags), CALIBRATION)
    assert np.abs(given - wanted).mean() < 0.05
    np.testing.assert_allclose(given.mean(axis=0), wanted, atol=0.01)


def test_the_slope_is_that_of_the_loss(texts) -> None:
    vectors, bags, _ = texts
    draw = np.random.default_rng(5)
    some = _Texts(vectors[:20], bags[:20], probabilities(draw.normal(size=(20, 3)), CALIBRATION), CALIBRATION)
    solution = draw.normal(size=3 * D + 3 * V + 3)
    slope = some.loss(solution)[1]
    ours = np.concatenate([(slope.T @ some.x).ravel(), (some.shares.T @ slope).ravel(), slope.sum(axis=0)])
    np.testing.assert_allclose(ours, approx_fprime(solution, lambda s: some.loss(s)[0]), atol=1e-4)


def test_the_same_texts_give_the_same_head(texts) -> None:
    vectors, bags, held = texts
    logits = vectors @ np.ones((D, 3)) * [1, 2, 3]
    one, two = (fit_head(vectors, bags, logits, CALIBRATION, held) for _ in range(2))
    assert (one.weight == two.weight).all() and (one.words == two.words).all() and one.loss == two.loss
