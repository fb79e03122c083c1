"""Boundary scores, counted by hand on small texts."""

from __future__ import annotations

import pytest

from voicemine.evaluation.segmentation import anchored, boundary_scores

TEXT = "aa bb. cc dd, ee"


def test_equal_boundaries_score_one() -> None:
    scores = boundary_scores([TEXT], [[7]], [[0, 7]])
    assert (scores.precision, scores.recall, scores.f1, scores.exact, scores.whole) == (1, 1, 1, 1, 1)
    assert scores.n_pieces == 2


def test_the_side_of_a_mark_does_not_matter() -> None:
    assert anchored("a - b", 2) == anchored("a - b", 4) == 4
    assert boundary_scores(["a - b"], [[2]], [[4]]).f1 == 1


def test_an_extra_and_a_missed_boundary() -> None:
    scores = boundary_scores([TEXT], [[7]], [[0, 14]])
    assert (scores.precision, scores.recall, scores.f1) == (0, 0, 0)
    assert scores.exact == 0
    assert scores.whole == 0


def test_a_coarse_piece_is_whole_but_not_exact() -> None:
    scores = boundary_scores([TEXT], [[7, 14]], [[7]])
    assert scores.precision == 1
    assert scores.recall == pytest.approx(0.5)
    assert scores.whole == 1
    assert scores.exact == pytest.approx(0.5)


def test_nothing_to_find_and_nothing_found() -> None:
    scores = boundary_scores(["one"], [[]], [[0]])
    assert (scores.precision, scores.recall, scores.n_pieces, scores.exact) == (1, 1, 1, 1)
