from __future__ import annotations

import numpy as np
from scipy import sparse

from voicemine.stages.cluster.split import split_giants


def _blocks(sizes: list[int]) -> tuple[sparse.csr_matrix, np.ndarray]:
    n = sum(sizes)
    together, points = np.zeros((n, n), dtype=np.float32), np.zeros((n, len(sizes)), dtype=np.float32)
    start = 0
    for i, size in enumerate(sizes):
        together[start:start + size, start:start + size] = 1 - np.eye(size)
        # The first two blocks lie opposite each other: together they have no direction of their own.
        points[start:start + size, 0 if i == 1 else i] = -1 if i == 1 else 1
        start += size
    return sparse.csr_matrix(together), points


def _split(theme: list[int], sizes: list[int], above: float, firm: bool = False) -> np.ndarray:
    together, points = _blocks(sizes)
    return split_giants(np.array(theme, np.int32), together, points, np.ones(len(theme)),
                        firm=np.full(max(theme) + 1, firm), above=above, least=5.0,
                        texts=3, seed=0)


def test_a_catch_all_falls_into_its_parts_and_the_rest_stays() -> None:
    found = _split([0] * 50 + [1] * 20, [30, 20, 20], above=0.4)
    assert len(set(found)) == 3
    assert len(set(found[:30])) == len(set(found[30:50])) == len(set(found[50:])) == 1


def test_a_large_theme_of_one_piece_stays_whole() -> None:
    assert len(set(_split([0] * 60 + [1] * 20, [60, 20], above=0.4))) == 2


def test_nothing_is_split_below_the_share_and_noise_stays_noise() -> None:
    found = _split([0] * 50 + [-1] * 20, [30, 20, 20], above=1.0)
    assert (found[:50] == 0).all() and (found[50:] == -1).all()


def test_rows_of_a_part_without_support_join_the_nearest_part() -> None:
    found = _split([0] * 53, [30, 20, 3], above=0.4)
    assert (found >= 0).all() and len(set(found)) == 2


def test_a_stable_theme_is_no_catch_all() -> None:
    assert len(set(_split([0] * 50 + [1] * 20, [30, 20, 20], above=0.4, firm=True))) == 2


def test_a_large_theme_about_one_matter_is_no_catch_all() -> None:
    together, points = _blocks([30, 20, 20])
    points[30:50, :] = points[:1] * 0.8 + points[50:51] * 0.6
    found = split_giants(np.array([0] * 50 + [1] * 20, np.int32), together, points, np.ones(70),
                         firm=np.zeros(2, dtype=bool), above=0.4, least=5.0, texts=3, seed=0)
    assert len(set(found)) == 2
