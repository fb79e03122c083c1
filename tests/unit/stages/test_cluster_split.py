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
        points[start:start + size, i] = 1
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
