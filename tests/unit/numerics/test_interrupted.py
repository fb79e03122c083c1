from __future__ import annotations

import numpy as np
import pytest

from voicemine.numerics.interrupted import effect


def test_plain_halving() -> None:
    counts = np.array([20.0] * 10 + [10.0] * 10)
    found = effect(counts, np.zeros((0, 20)), np.full(20, 200.0), step=10)
    assert found is not None
    assert found.ratio == pytest.approx(0.5, abs=0.01) and found.low < 0.5 < found.high < 0.8
    assert found.p_value < 0.001 and not found.has_trend


def test_controls_that_wander_widen_the_interval() -> None:
    exposure, counts = np.full(20, 400.0), np.array([20.0] * 10 + [12.0] * 10)
    calm = np.full((6, 20), 20.0)
    wild = calm.copy()
    wild[::2, 10:], wild[1::2, 10:] = 10.0, 30.0
    narrow, wide = (effect(counts, c, exposure, step=10) for c in (calm, wild))
    assert narrow is not None and wide is not None
    assert wide.high / wide.low > 2 * narrow.high / narrow.low


def test_interval_holds_the_truth_at_its_level() -> None:
    rng = np.random.default_rng(8)
    held = 0
    for _ in range(80):
        exposure = rng.poisson(300, size=16).astype(float)
        mean = exposure * 0.05 * np.where(np.arange(16) >= 8, 0.6, 1.0)
        controls = rng.poisson(exposure * 0.04, size=(5, 16)).astype(float)
        found = effect(rng.poisson(mean).astype(float), controls, exposure, step=8)
        held += found is not None and found.low <= 0.6 <= found.high
    assert 0.88 <= held / 80 <= 1


def test_silence_has_a_finite_effect_and_no_data_none() -> None:
    found = effect(np.array([9.0] * 8 + [0.0] * 8), np.zeros((0, 16)), np.full(16, 100.0), step=8)
    assert found is not None and 0 < found.ratio < 0.05 and np.isfinite(found.high)
    assert effect(np.zeros(16), np.zeros((0, 16)), np.full(16, 100.0), step=8) is None
    assert effect(np.ones(16), np.zeros((0, 16)), np.full(16, 100.0), step=0) is None
