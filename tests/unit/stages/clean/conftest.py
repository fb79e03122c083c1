"""What the clean stage's tests share: a keyed hash and raw rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest


class FakeHasher:
    """A keyed hash of fixed key."""

    def digest(self, text: str) -> str:
        return hashlib.blake2b(text.encode(), key=b"test").hexdigest()


@pytest.fixture
def hasher() -> FakeHasher:
    return FakeHasher()


@pytest.fixture
def rows() -> Callable[..., pd.DataFrame]:
    """Raw rows with given texts, ids i1, i2, … and whatever other columns are named."""
    def make(texts: list[str], **columns: list[Any]) -> pd.DataFrame:
        n = len(texts)
        frame: dict[str, list[Any]] = {
            "source": ["survey"] * n, "source_row": list(range(1, n + 1)), "item_id": [f"i{k + 1}" for k in range(n)],
            "author": [None] * n, "created_at": [pd.NaT] * n, "score": [None] * n, "score_kind": [None] * n,
            "channel": [None] * n, "question": [None] * n, "text": list(texts)}
        return pd.DataFrame({**frame, **columns})
    return make
