from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicemine import tables
from voicemine.artefacts import publish
from voicemine.errors import TableError, UsageError


@given(st.text())
def test_no_text_cell_is_a_formula(text: str) -> None:
    cell = publish.safe_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell in (text, "'" + text)


def test_csv_is_readable_and_tame() -> None:
    frame = pd.DataFrame({"text": ["=cmd()", 'say "hi",\nthere'], "n": [-1, 2], "words": [["a"], []],
                          "at": [pd.Timestamp("2026-01-05", tz="UTC"), None]})
    rows = list(csv.reader(io.StringIO(publish.to_csv(frame).decode())))
    assert rows[1] == ["'=cmd()", "-1", '["a"]', "2026-01-05T00:00:00+00:00"]
    assert rows[2] == ['say "hi",\nthere', "2", "[]", ""]


def _publish(out: Path, run_id: str) -> None:
    with publish.run_folder(out, run_id) as scratch:
        publish.write_tables(scratch, {n: tables.empty(n) for n in tables.EXPORTED}, csv_too=True)
        (scratch / "run.json").write_text(json.dumps({"run_id": run_id}))


def test_current_switches_and_survives_a_failed_run(tmp_path: Path) -> None:
    _publish(tmp_path, "one")
    publish.switch_current(tmp_path, "one")
    with pytest.raises(TableError), publish.run_folder(tmp_path, "two") as scratch:
        publish.write_tables(scratch, {"items": pd.DataFrame({"wrong": [1]})}, csv_too=False)
    assert publish.read_manifest(publish.find_run(tmp_path)) == {"run_id": "one"}
    assert not (tmp_path / "two").exists()
    _publish(tmp_path, "two")
    publish.switch_current(tmp_path, "two")
    assert publish.current_run(tmp_path) == (tmp_path / "two").resolve()


def test_read_table_by_run_out_folder_and_name(tmp_path: Path) -> None:
    _publish(tmp_path, "one")
    publish.switch_current(tmp_path, "one")
    for place in (tmp_path, tmp_path / "one", tmp_path / "current", tmp_path / "one" / "tables"):
        assert list(publish.read_table(place, "themes").columns) == list(tables.THEMES.column_names)
    with pytest.raises(UsageError, match="there are: items"):
        publish.read_table(tmp_path, "topics")
    with pytest.raises(UsageError, match="is not a run"):
        publish.read_table(tmp_path / "nowhere", "themes")
