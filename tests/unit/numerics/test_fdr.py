from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voicemine.numerics import fdr


def test_worked_example() -> None:
    found = fdr.adjust(np.array([0.01, 0.04, np.nan, 0.03, 0.5]))
    assert np.allclose(found, [0.04, 0.16 / 3, np.nan, 0.16 / 3, 0.5], equal_nan=True)


def test_nothing_tested() -> None:
    assert np.isnan(fdr.adjust(np.array([np.nan, np.nan]))).all()
    assert fdr.adjust(np.zeros(0)).shape == (0,)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_never_below_p_and_in_its_order(values: list[float]) -> None:
    p_values = np.array(values)
    found = fdr.adjust(p_values)
    assert (found >= p_values - 1e-12).all() and (found <= 1).all()
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(found[order]) >= -1e-12).all()
