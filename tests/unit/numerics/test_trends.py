from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from voicemine.numerics import fdr, trends


def one(counts: list[float], exposure: list[float]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(counts, dtype=float)[None, :, None], np.array(exposure, dtype=float)[:, None]


def test_one_stratum_is_the_gamma_poisson_predictive_test() -> None:
    counts, exposure = one([6, 4, 5, 15], [100_000.0] * 4)
    found = trends.compare(counts, exposure, base=slice(0, 3), window=slice(3, 4), dispersion=np.ones(1))
    exact = stats.nbinom.sf(14, 15.5, 3 / 4)
    assert float(found.p_rise[0]) == pytest.approx(exact, rel=0.02)
    assert float(found.expected[0]) == pytest.approx(5, rel=0.05)


def test_a_changed_mix_is_no_change() -> None:
    # Stratum 0 mentions the theme in 2 % of its items, stratum 1 in 20 %; the mix turns to stratum 1.
    exposure = np.array([[900.0, 100.0]] * 6 + [[200.0, 800.0]])
    counts = (exposure * np.array([0.02, 0.2]))[None]
    found = trends.compare(counts, exposure, base=slice(0, 6), window=slice(6, 7), dispersion=np.ones(1))
    assert float(found.p_value[0]) > 0.5
    assert float(found.observed[0]) / float(found.crude[0]) > 3
    plain = trends.compare(counts.sum(axis=2, keepdims=True), exposure.sum(axis=1, keepdims=True), base=slice(0, 6),
                           window=slice(6, 7), dispersion=np.ones(1))
    assert float(plain.p_rise[0]) < 1e-6


def test_a_new_source_has_no_past_to_be_held_against() -> None:
    exposure = np.array([[500.0, 0.0]] * 6 + [[500.0, 500.0]])
    counts = np.zeros((1, 7, 2))
    counts[0, :, 0], counts[0, 6, 1] = 10.0, 200.0
    found = trends.compare(counts, exposure, base=slice(0, 6), window=slice(6, 7), dispersion=np.ones(1))
    assert float(found.observed[0]) == 10 and float(found.p_value[0]) > 0.5
    assert float(found.whole[0]) == pytest.approx(20, rel=0.05)


def test_the_weekday_is_expected_when_seen_often() -> None:
    week = np.array([10.0, 10, 10, 10, 10, 60, 60])
    counts, exposure = one([*np.tile(week, 6), 10.0], [1000.0] * 43)
    season = np.arange(43) % 7
    seasonal = trends.compare(counts, exposure, base=slice(0, 41), window=slice(41, 42), dispersion=np.ones(1),
                              season=season)
    plain = trends.compare(counts, exposure, base=slice(0, 41), window=slice(41, 42), dispersion=np.ones(1))
    assert float(seasonal.p_rise[0]) > 0.05 > float(plain.p_rise[0])


def test_tails_of_negative_binomial() -> None:
    rise, fall = trends.tails(np.array([3.0]), np.array([4.0]), np.array([8.0]))
    assert float(rise[0]) == pytest.approx(stats.nbinom.sf(2, 4, 0.5))
    assert float(fall[0]) == pytest.approx(stats.nbinom.cdf(3, 4, 0.5))


def test_dispersion_is_one_for_poisson_and_grows_with_scatter() -> None:
    rng = np.random.default_rng(3)
    exposure = np.full(40, 1000.0)
    calm = rng.poisson(20, size=(50, 40)).astype(float)
    wild = rng.poisson(20 * rng.gamma(5, 1 / 5, size=(50, 40))).astype(float)
    assert float(np.median(trends.dispersion_before(calm, exposure)[:, -1])) < 1.4
    assert 3 < float(np.median(trends.dispersion_before(wild, exposure)[:, -1])) < 8


def test_dispersion_uses_the_past_only() -> None:
    rng = np.random.default_rng(4)
    counts, exposure = rng.poisson(8, size=(10, 20)).astype(float), np.full(20, 300.0)
    changed = counts.copy()
    changed[:, 15:] *= 9
    whole, part = trends.dispersion_before(changed, exposure), trends.dispersion_before(counts, exposure)
    assert np.allclose(whole[:, :16], part[:, :16])


def test_a_fivefold_rise_is_found_at_once_and_no_change_is_not() -> None:
    rng = np.random.default_rng(5)
    missed = alarms = 0
    for _ in range(20):
        exposure = rng.poisson(1500, size=(30, 1)).astype(float)
        rates = np.full(40, 20 / 1500)
        mean = exposure[:, 0] * rates[:, None]
        mean[0, 20:] *= 5
        found = trends.scan(rng.poisson(mean).astype(float)[:, :, None], exposure, baseline=26, min_history=6)
        q = np.stack([fdr.adjust(found.p_value[:, t]) for t in range(30)], axis=1)
        missed += not (q[0, 20:22] < 0.0005).any()
        alarms += int((q[1:] < 0.0005).any())
    assert missed == 0
    assert alarms <= 1


def test_nothing_is_tested_without_history_or_items() -> None:
    counts, exposure = one([5] * 10, [100.0] * 8 + [0.0, 100.0])
    found = trends.scan(counts, exposure, baseline=26, min_history=6)
    assert np.isnan(found.p_value[0, :6]).all() and np.isnan(found.p_value[0, 8])
    assert not np.isnan(found.p_value[0, [6, 7, 9]]).any()


def test_peak_is_where_the_items_are() -> None:
    found = trends.peak(np.array([0, 1, 0, 12, 14, 9, 0, 0, 1, 0, 0, 0], dtype=float), np.full(12, 100.0))
    assert (found.start, found.stop) == (3, 6)
    assert found.share == pytest.approx(35 / 37)
    assert trends.peak(np.full(12, 5.0), np.full(12, 100.0)).score == 0
    assert trends.peak(np.zeros(12), np.full(12, 100.0)).score == 0
