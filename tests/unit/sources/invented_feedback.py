"""Invented feedback for the tests of the readers."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

TEXTS = (
    "The parcel came two days late and nobody told me why.", "Lovely staff in the shop who found my size at once.",
    "I could not pay because the checkout kept freezing on me.", "The app logs me out every single morning.",
    "Great coat that is warm and well made and worth it.", "My refund has still not arrived after three weeks.",
    "Returning the lamp in the shop took one minute.", "The chair wobbles and one screw was missing from the box.")


def rows(n: int) -> list[dict[str, Any]]:
    """n ordinary rows with id, date, rating and text."""
    return [{"id": f"r{i}", "date": f"2025-03-{i % 28 + 1:02d} 10:{i % 60:02d}", "rating": i % 5 + 1,
             "text": f"{TEXTS[i % len(TEXTS)]} Visit {i}."} for i in range(n)]


def as_csv(records: Sequence[dict[str, Any]], delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(records[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue()
