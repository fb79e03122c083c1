"""What is lost by static embeddings, in figures whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from voicemine.backends.protocols import Encoding
from voicemine.numerics.calibration import SetCalibration
from voicemine.training.static_check import Loss, SetLoss, labels_lost, neighbours_kept, rank_correlation
from voicemine.training.static_vectors import unit_rows


def _rows(seed: int, n: int = 60, d: int = 5) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(n, d))).astype(np.float32)


def test_the_same_vectors_lose_nothing_even_turned() -> None:
    full = _rows(0)
    turned = full @ np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))[0].astype(np.float32)
    assert neighbours_kept(full, turned) == 1 and rank_correlation(full, turned) == pytest.approx(1, abs=1e-6)


def test_unlike_vectors_keep_what_chance_keeps() -> None:
    assert neighbours_kept(_rows(0, 400), _rows(1, 400), k=10) == pytest.approx(10 / 399, abs=0.02)
    assert abs(rank_correlation(_rows(0, 400), _rows(1, 400))) < 0.05


def test_rank_correlation_is_spearmans() -> None:
    full, static = _rows(2, 30), unit_rows(_rows(2, 30) + 0.3 * _rows(3, 30))
    wanted = np.mean([spearmanr(np.delete(full @ full[i], i), np.delete(static @ static[i], i))[0] for i in range(30)])
    assert rank_correlation(full, static) == pytest.approx(float(wanted), abs=1e-6)


def test_so_few_texts_that_all_are_neighbours_lose_nothing() -> None:
    assert neighbours_kept(_rows(0, 8), _rows(1, 8)) == 1 and rank_correlation(_rows(0, 2), _rows(1, 2)) == 1


def test_labels_are_compared_under_one_calibration() -> None:
    calibration = {"pain": SetCalibration(("0", "1"), temperature=2.0, bias=(0.0, 1.0))}
    full = np.log(np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.4, 0.6]]), dtype=np.float32)
    static = full.copy()
    static[1] = static[1, ::-1] * 3
    given = Encoding(_rows(0, 4), {"pain": full, "other": full}), Encoding(_rows(0, 4), {"pain": static})
    found = labels_lost(*given, calibration)
    assert set(found) == {"pain"}
    assert found["pain"].agreement == 0.75 and found["pain"].commonest == 0.75
    same = labels_lost(given[0], given[0], calibration)["pain"]
    assert same.agreement == 1 and same.gap == pytest.approx(0) and same.ece > 0


def test_the_figures_are_plain_and_rounded() -> None:
    loss = Loss(9, 1 / 3, 0.5, {"pain": SetLoss(2 / 3, 0.5, 0.1, 0.0)}, {"ami": 1 / 7, "ami_again": 1.0},
                {"full": 99.6, "static": 1e4})
    assert loss.as_dict() == {
        "texts": 9, "neighbours": 0.3333, "rank": 0.5, "themes": {"ami": 0.1429, "ami_again": 1.0},
        "labels": {"pain": {"agreement": 0.6667, "commonest": 0.5, "ece": 0.1, "gap": 0.0}},
        "rates": {"full": 100, "static": 10000}}
