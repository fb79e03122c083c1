"""Settings are closed, strict, and refuse what contradicts itself."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from voicemine.sources import SourceSettings


@pytest.mark.parametrize(("values", "message"), [
    ({}, "either path or connection"), ({"path": "a", "connection": "b", "query": "c"}, "either path or connection"),
    ({"connection": "b"}, "go together"), ({"path": "a", "delimiter": ";;"}, "one character"),
    ({"path": "a", "score_range": (5, 1)}, "lower end first"),
    ({"path": "a", "filter": ("x=1",)}, "is not column==value"),
    ({"path": "a", "text_colum": "b"}, "Extra inputs"), ({"path": "a", "score_kind": "stars"}, "Input should be"),
    ({"path": "a", "max_record_bytes": 1}, "greater than or equal to 1024")])
def test_wrong_settings(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SourceSettings(**values)


def test_settings_come_from_json_and_explain_themselves() -> None:
    text = '{"path": "a.csv", "text_columns": ["x"], "attribute_columns": "auto", "score_range": [0, 10]}'
    settings = SourceSettings.model_validate_json(text)
    assert settings.text_columns == ("x",) and settings.score_range == (0.0, 10.0)
    assert SourceSettings.model_validate_json(settings.model_dump_json()) == settings
    assert all(field.description for field in SourceSettings.model_fields.values())
