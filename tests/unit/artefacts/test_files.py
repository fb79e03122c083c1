from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from voicemine.artefacts.files import digest_json, sweep, whole_folder, write_bytes, write_json
from voicemine.errors import StoreError


def test_digest_ignores_key_order_but_not_values() -> None:
    assert digest_json({"a": 1, "b": [2]}) == digest_json({"b": [2], "a": 1})
    assert digest_json({"a": 1}) != digest_json({"a": 2})


def test_a_folder_appears_only_when_the_block_ends_well(tmp_path: Path) -> None:
    final = tmp_path / "run"
    with pytest.raises(RuntimeError), whole_folder(final) as scratch:
        (scratch / "half").write_text("x")
        raise RuntimeError("killed")
    assert not final.exists() and list(tmp_path.iterdir()) == []
    with whole_folder(final) as scratch:
        (scratch / "whole").write_text("x")
        assert not final.exists()
    assert (final / "whole").read_text() == "x"


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    for content in ("old", "new"):
        with whole_folder(tmp_path / "run") as scratch:
            (scratch / content).write_text(content)
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["new"]


def test_sweep_removes_what_a_killed_run_left(tmp_path: Path) -> None:
    (tmp_path / ".run.99.part").mkdir()
    (tmp_path / ".run.99.part" / "half").write_text("x")
    (tmp_path / "run").mkdir()
    assert sweep(tmp_path) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_full_disk_leaves_the_old_file_and_names_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    write_json(path, {"night": 1})

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="free some disk space"):
        write_bytes(path, b"half")
    assert json.loads(path.read_text()) == {"night": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]
