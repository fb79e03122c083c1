"""Draws that stay with their pairs."""

from __future__ import annotations

import numpy as np
from scipy import stats

from voicemine.numerics.chance import content_hashes, pair_draws


def test_a_pair_meets_the_same_draw_in_any_company_and_order() -> None:
    texts = [f"text {i}" for i in range(60)]
    rows, columns = np.triu_indices(60, k=1)
    hashes = content_hashes(texts)
    draws = pair_draws(hashes, rows, columns, seed=3)
    np.testing.assert_array_equal(draws, pair_draws(hashes, columns, rows, seed=3))
    kept = np.array([i for i in range(60) if i % 7])
    fewer = pair_draws(hashes[kept], *np.triu_indices(len(kept), k=1), seed=3)
    of = {(int(a), int(b)): d for a, b, d in zip(rows, columns, draws, strict=True)}
    left = zip(*np.triu_indices(len(kept), k=1), strict=True)
    assert fewer.tolist() == [of[int(kept[a]), int(kept[b])] for a, b in left]


def test_draws_are_even_and_differ_by_seed() -> None:
    rows, columns = np.triu_indices(200, k=1)
    hashes = content_hashes([str(i) for i in range(200)])
    one, two = (pair_draws(hashes, rows, columns, seed=s) for s in (0, 1))
    assert stats.kstest(one, "uniform").pvalue > 0.001 and (one < 1).all() and (one >= 0).all()
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.03
    # Neighbouring pairs share a row, not a draw.
    assert abs(np.corrcoef(one[:-1], one[1:])[0, 1]) < 0.03
