"""Control of the false-discovery rate over many tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

Array = npt.NDArray[np.float64]


def adjust(p_values: Array) -> Array:
    """Benjamini-Hochberg q-values (Benjamini and Hochberg, 1995); a missing p-value stays missing and counts not.

    p_values: (m,) in 0..1 or nan. Returns (m,).
    """
    q_values = np.full(p_values.shape, np.nan)
    known = ~np.isnan(p_values)
    if known.any():
        q_values[known] = stats.false_discovery_control(p_values[known], method="bh")
    return q_values
