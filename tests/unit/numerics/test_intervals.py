from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from voicemine.numerics.intervals import (
    difference_p,
    effective_rows,
    mean_interval,
    part_intervals,
    share_interval,
    wilson,
)

#: Rows of a whole, a part, an author and a flag.
_ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 8), st.booleans()), max_size=80)


def test_wilson_gives_the_textbook_interval() -> None:
    low, high = wilson(8, 10)
    assert float(low) == pytest.approx(0.4902, abs=1e-3)
    assert float(high) == pytest.approx(0.9433, abs=1e-3)


def test_wilson_without_trials_knows_nothing() -> None:
    low, high = wilson(0, 0)
    assert (float(low), float(high)) == (0.0, 1.0)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_within_bounds(case: tuple[int, int]) -> None:
    k, n = case
    low, high = wilson(k, n)
    assert 0.0 <= float(low) <= k / n <= float(high) <= 1.0


def test_rows_of_one_author_count_less() -> None:
    flags = np.array([1, 1, 1, 1, 0, 0, 0, 0])
    apart = share_interval(flags, np.arange(8))
    together = share_interval(flags, np.array([0, 0, 0, 0, 1, 1, 1, 1]))
    assert apart[0] == together[0] == 0.5
    assert together[2] - together[1] > apart[2] - apart[1]


def test_a_share_of_one_by_one_author_is_one_row_of_evidence() -> None:
    assert effective_rows(np.array([6.0]), np.array([6.0])) == pytest.approx(1.0)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=60))
def test_effective_rows_never_exceed_rows(rows: list[tuple[bool, int]]) -> None:
    flags = np.array([r[0] for r in rows], dtype=float)
    codes = np.array([r[1] for r in rows])
    n = effective_rows(np.bincount(codes, weights=flags), np.bincount(codes).astype(float))
    assert 0.0 < n <= len(rows) + 1e-9


def test_mean_interval_narrows_with_authors() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(0.5, 0.2, 400)
    _, low, high = mean_interval(values, np.arange(400))
    _, few_low, few_high = mean_interval(values[:12], np.arange(12))
    assert high - low < few_high - few_low
    assert low < 0.5 < high


def test_equal_values_do_not_give_certainty() -> None:
    mean, low, high = mean_interval(np.full(5, 0.4), np.arange(5))
    assert mean == pytest.approx(0.4)
    assert low < 0.35 and high > 0.45


def test_mean_interval_covers_at_its_rate() -> None:
    rng = np.random.default_rng(7)
    authors = np.repeat(np.arange(40), 3)
    hits = 0
    for _ in range(300):
        values = np.repeat(rng.normal(0.0, 0.3, 40), 3) + rng.normal(0.0, 0.2, 120)
        _, low, high = mean_interval(values, authors, prior_sd=0.0)
        hits += low <= 0.0 <= high
    assert 0.91 <= hits / 300 <= 0.985


@given(_ROWS)
def test_many_parts_at_once_are_the_same_as_one_by_one(rows: list[tuple[int, int, int, bool]]) -> None:
    whole, part, authors = (np.array([r[i] for r in rows], dtype=np.int64) for i in range(3))
    found = part_intervals(whole, part, authors)
    assert list(zip(found.whole, found.part, strict=True)) == sorted({(r[0], r[1]) for r in rows})
    for i, (w, q) in enumerate(zip(found.whole, found.part, strict=True)):
        inside = whole == w
        assert found.n[i] == int((part[inside] == q).sum())
        one = share_interval(part[inside] == q, authors[inside])
        assert (found.share[i], found.low[i], found.high[i]) == pytest.approx(one, abs=1e-12)


def _one_difference(flags: np.ndarray, inside: np.ndarray, authors: np.ndarray) -> float:
    """What `difference_p` says of one cell, row by row."""
    n_in, n_out = inside.sum(), (~inside).sum()
    if not n_in or not n_out:
        return 1.0
    pooled = flags.mean()
    p_in, p_out = ((flags[side].sum() + pooled) / (side.sum() + 1) for side in (inside, ~inside))
    influence = np.where(inside, (flags - p_in) / n_in, -(flags - p_out) / n_out)
    people = [authors == a for a in np.unique(authors)]
    variance = sum(influence[theirs].sum() ** 2 for theirs in people)
    flat = len(set(flags[inside].tolist())) == 1
    alike = sum((inside & a).sum() ** 2 / n_in**2 + (~inside & a).sum() ** 2 / n_out**2 for a in people)
    variance = max(variance, pooled * (1 - pooled) * (alike if flat else 1 / n_in + 1 / n_out))
    return float(stats.norm.sf((p_in - p_out) / np.sqrt(variance))) if variance > 0 else 1.0


@given(_ROWS)
def test_many_differences_at_once_are_the_same_as_one_by_one(rows: list[tuple[int, int, int, bool]]) -> None:
    number, authors = (np.array([r[i] for r in rows], dtype=np.int64) for i in (1, 2))
    flags = np.array([r[3] for r in rows], dtype=float)
    found = difference_p(flags, number, authors)
    assert found.tolist() == pytest.approx(
        [_one_difference(flags, number == c, authors) for c in range(len(found))], rel=1e-9, abs=1e-12)


def _higher_inside(flags: np.ndarray, inside: np.ndarray, authors: np.ndarray) -> float:
    return float(difference_p(flags, inside.astype(np.int64), authors)[1])


def test_difference_is_found_and_not_invented() -> None:
    rng = np.random.default_rng(3)
    inside = np.arange(600) < 200
    same = rng.random(600) < 0.3
    higher = np.where(inside, rng.random(600) < 0.6, rng.random(600) < 0.3)
    assert _higher_inside(higher, inside, np.arange(600)) < 1e-6
    assert _higher_inside(same, inside, np.arange(600)) > 0.01
    assert _higher_inside(higher, np.ones(600, dtype=bool), np.arange(600)) == 1.0


def test_one_loud_author_is_no_difference() -> None:
    inside = np.arange(300) < 20
    flags = np.where(inside, 1.0, np.random.default_rng(0).random(300) < 0.3)
    alone = _higher_inside(flags, inside, np.where(inside, 0, np.arange(300)))
    many = _higher_inside(flags, inside, np.arange(300))
    assert alone > many
