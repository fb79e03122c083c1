from __future__ import annotations

import numpy as np

from voicemine.numerics.forecast import forecast, levels


def test_intervals_hold_about_eighty_percent_of_what_came() -> None:
    rng = np.random.default_rng(2)
    exposure = rng.poisson(600, size=44).astype(float)
    counts = rng.poisson(exposure * rng.dirichlet(np.full(40, 2.0))[:, None] * 0.9).astype(float)
    found = forecast(counts[:, :40], exposure[:40], ahead=4, items=600.0)
    assert found is not None
    rates = counts[:, 40:] / exposure[40:]
    inside = ((rates >= found.low) & (rates <= found.high)).mean()
    assert 0.72 <= inside <= 0.9
    assert ((found.coverage > 0.7) & (found.coverage < 0.9)).all() and (found.tested > 300).all()


def test_a_level_that_moves_is_followed() -> None:
    counts = np.concatenate([np.full(15, 5.0), np.full(15, 25.0)])[None]
    found = forecast(counts, np.full(30, 100.0), ahead=1, items=100.0)
    assert found is not None and found.factor >= 0.35 and found.rate[0] > 0.23


def test_short_history_gives_none() -> None:
    assert forecast(np.ones((2, 8)), np.full(8, 50.0), ahead=4, items=50.0) is None
    assert forecast(np.zeros((0, 30)), np.full(30, 50.0), ahead=4, items=50.0) is None


def test_levels_use_the_past_only() -> None:
    counts, exposure = np.array([[1.0, 2, 3, 4]]), np.full(4, 10.0)
    level, items = levels(counts, exposure, 0.5)
    other, _ = levels(np.array([[1.0, 2, 9, 9]]), exposure, 0.5)
    assert np.allclose(level[:, :3], other[:, :3])
    assert items.tolist() == [0, 10, 15, 17.5, 18.75]
