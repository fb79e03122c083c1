from __future__ import annotations

import numpy as np
from scipy import sparse

from voicemine.numerics.impact import joint_effects


def test_planted_effects_are_found_with_co_mentioned_themes_held_equal() -> None:
    rng = np.random.default_rng(5)
    n = 3000
    bad = rng.random(n) < 0.3
    # The second theme is often mentioned along with the first but does no harm of its own.
    along = np.where(bad, rng.random(n) < 0.7, rng.random(n) < 0.1)
    score = 8 - 4.0 * bad + rng.normal(0, 1.5, n)
    found = joint_effects(sparse.csr_matrix(np.column_stack([bad, along]).astype(float)), score,
                          authors=np.arange(n), strata=np.zeros(n, dtype=np.int64))
    assert found.low[0] <= -4.0 <= found.high[0]
    assert found.low[1] <= 0.0 <= found.high[1]
    assert abs(found.estimate[0] + 4.0) < 0.3


def test_each_stratum_keeps_its_own_mean() -> None:
    rng = np.random.default_rng(6)
    source = np.repeat([0, 1], 500)
    theme = np.where(source == 1, rng.random(1000) < 0.8, rng.random(1000) < 0.1)
    score = np.where(source == 1, 3.0, 8.0) - 1.0 * theme + rng.normal(0, 0.5, 1000)
    found = joint_effects(sparse.csr_matrix(theme[:, None].astype(float)), score,
                          authors=np.arange(1000), strata=source)
    assert abs(found.estimate[0] + 1.0) < 0.25


def test_few_rows_are_drawn_towards_no_effect_and_keep_a_wide_interval() -> None:
    score = np.concatenate([np.full(5, 0.0), np.linspace(8, 10, 100)])
    theme = (np.arange(105) < 5).astype(float)
    found = joint_effects(sparse.csr_matrix(theme[:, None]), score, authors=np.arange(105),
                          strata=np.zeros(105, dtype=np.int64))
    assert -9.0 < found.estimate[0] < -6.5
    assert found.high[0] > found.low[0]


def test_nothing_in_nothing_out() -> None:
    found = joint_effects(sparse.csr_matrix((4, 0)), np.ones(4), authors=np.arange(4),
                          strata=np.zeros(4, dtype=np.int64))
    assert found.estimate.shape == (0,)
