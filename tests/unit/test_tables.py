from __future__ import annotations

import pandas as pd
import pytest

from voicemine import tables
from voicemine.errors import TableError

GOOD = pd.DataFrame({"item_id": ["a", "b"], "representative_id": ["a", "a"], "kind": ["exact", "near"],
                     "similarity": [1.0, 0.9]})


def _fault(frame: pd.DataFrame) -> str:
    with pytest.raises(TableError) as found:
        tables.to_arrow("duplicates", frame)
    return str(found.value)


def test_a_good_table_passes_and_comes_back() -> None:
    pd.testing.assert_frame_equal(tables.conform("duplicates", GOOD), GOOD.astype(
        {"item_id": object, "representative_id": object, "kind": object}))


def test_every_fault_is_told_at_once_with_examples() -> None:
    text = _fault(GOOD.assign(item_id=["a", "a"], kind=["exact", "twin"], similarity=[1.5, 0.9]))
    for part in ("kind: 1 value(s) not allowed: twin", "similarity: 1 value(s) outside 0..1: 1.5", "1 repeated: a"):
        assert part in text


@pytest.mark.parametrize("frame, part", [
    (GOOD.drop(columns="kind"), "missing column(s) kind"),
    (GOOD.assign(extra=1), "undeclared column(s) extra"),
    (GOOD.assign(similarity=[1.0, None]), "similarity: 1 missing value(s) at row 1"),
    (GOOD.assign(similarity=["x", "y"]), "similarity is not double"),
])
def test_one_fault(frame: pd.DataFrame, part: str) -> None:
    assert part in _fault(frame)


def test_every_declared_table_can_be_empty() -> None:
    for name, table in tables.TABLES.items():
        assert list(tables.empty(name).columns) == list(table.column_names)


def test_attr_columns_pass_through_items_only() -> None:
    frame = tables.empty("items").assign(attr_region=pd.Series([], dtype=object))
    assert "attr_region" in tables.conform("items", frame).columns
    with pytest.raises(TableError, match="undeclared"):
        tables.to_arrow("mentions", tables.empty("mentions").assign(attr_region=pd.Series([], dtype=object)))


def test_maps_and_lists_come_back_as_python_values() -> None:
    row = {c.name: {"text": "x", "integer": 1, "number": 1.0, "probability": 0.5, "signed_unit": 0.0, "boolean": True,
                    "texts": ["t1"], "shares": {"anger": 0.5}}.get(c.kind) for c in tables.JOURNEY.columns}
    found = tables.conform("journey", pd.DataFrame([row | {"moment": "none"}]))
    assert found.loc[0, "emotions"] == {"anger": 0.5} and found.loc[0, "top_themes"] == ["t1"]
