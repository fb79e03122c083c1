from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicemine.numerics.calibration import (
    SetCalibration,
    calibration_from,
    calibration_to,
    expected_calibration_error,
    fit_temperature,
    probabilities,
    risk_coverage,
)


@given(st.lists(st.lists(st.floats(-30, 30), min_size=3, max_size=3), min_size=1, max_size=8), st.floats(0.3, 4))
def test_probabilities_sum_to_one_and_temperature_keeps_the_order(rows: list[list[float]], temperature: float) -> None:
    logits = np.array(rows)
    given_ = probabilities(logits, SetCalibration(("a", "b", "c"), temperature))
    assert np.allclose(given_.sum(axis=1), 1.0)
    assert (given_ >= 0).all()
    best = given_[np.arange(len(rows)), logits.argmax(axis=1)]
    assert np.allclose(best, given_.max(axis=1))


def test_bias_moves_the_choice() -> None:
    logits = np.array([[1.0, 0.8]])
    assert probabilities(logits, SetCalibration(("a", "b"))).argmax() == 0
    assert probabilities(logits, SetCalibration(("a", "b"), 1.0, (0.0, 0.5))).argmax() == 1


def test_temperature_undoes_overconfidence() -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(size=(4000, 3)) * 1.5
    p = np.exp(honest) / np.exp(honest).sum(1, keepdims=True)
    truth = np.array([rng.choice(3, p=row) for row in p])
    assert fit_temperature(honest * 3, truth) == pytest.approx(3.0, rel=0.15)


def test_ece_is_zero_for_honest_and_large_for_boastful_confidence() -> None:
    confidence = np.repeat(0.75, 400)
    correct = np.arange(400) % 4 > 0
    assert expected_calibration_error(confidence, correct) == pytest.approx(0.0)
    assert expected_calibration_error(np.repeat(1.0, 400), correct) == pytest.approx(0.25)


def test_risk_falls_when_the_unsure_are_left_out() -> None:
    confidence = np.array([0.9, 0.8, 0.4, 0.3])
    _, coverage, risk = risk_coverage(confidence, np.array([True, True, False, True]))
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == pytest.approx([0, 0, 1 / 3, 1 / 4])


def test_calibration_survives_json() -> None:
    before = {"stage": SetCalibration(("use", "support"), 1.25, (0.1, -0.1), 0.3)}
    assert calibration_from(json.loads(json.dumps(calibration_to(before)))) == before
