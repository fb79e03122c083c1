"""Edits of themes: kept as vectors alone, refused where they make no sense, taken back one by one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.unit.artefacts.test_ledger import commit

from voicemine.artefacts.edit_file import read_edits, write_edits
from voicemine.artefacts.ledger import Ledger
from voicemine.cli import main
from voicemine.edits import ThemeEdits
from voicemine.errors import StoreError

A, B = "t_0000000000", "t_0000000001"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    ledger = Ledger.open(tmp_path / "state" / "ledger.sqlite")
    state = commit(ledger, "r1")
    assert state.themes["theme_id"].tolist() == [A, B]
    return tmp_path


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], out: Path) -> Callable[..., str]:
    def run(*words: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["voicemine", "themes", *words, "--out", str(out)])
        with pytest.raises(SystemExit) as done:
            main()
        found = capsys.readouterr()
        assert int(done.value.code or 0) == code, found.err
        return found.out + found.err

    return run


def test_edits_come_back_from_json_and_the_identity_tells_them_apart() -> None:
    x, y = np.eye(2, 8, dtype=np.float32)
    edits = ThemeEdits(together=((x, y),), hidden=frozenset({A}), notes=(("merge", f"{A} {B}"), ("hide", A)))
    back = ThemeEdits.from_json(json.loads(json.dumps(edits.to_json())))
    assert back.to_json() == edits.to_json()
    assert np.allclose(back.together[0][0], x)
    assert back.identity == edits.identity != ThemeEdits().identity
    assert replace(edits, hidden=frozenset()).identity == edits.identity, "hiding does not change what themes there are"
    assert replace(edits, together=(), apart=edits.together).identity != edits.identity


@pytest.mark.parametrize("text", [
    "{", "[]", '{"together": [["?", "?"]], "apart": [], "hidden": [], "notes": []}', "{}"])
def test_a_damaged_file_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "edits.json").write_text(text)
    with pytest.raises(StoreError, match="edits"):
        read_edits(tmp_path)


def test_merge_keeps_both_centroids_and_no_text(call: Callable[..., str], out: Path) -> None:
    call("merge", A, B)
    found = read_edits(out / "state")
    assert [np.argmax(v) for v in found.together[0]] == [0, 1]
    assert found.notes == (("merge", f"{A} {B}"),)
    assert "Name" not in (out / "state" / "edits.json").read_text()
    assert "done already" in call("merge", A, B, code=2)
    assert "with itself" in call("merge", A, A, code=2)
    assert "no theme has the id nobody" in call("merge", A, "nobody", code=2)


def test_hide_unhide_and_undo(call: Callable[..., str], out: Path) -> None:
    call("hide", A)
    call("merge", A, B)
    call("hide", B)
    assert read_edits(out / "state").hidden == {A, B}
    told = call("edits")
    assert "merge" in told and B in told
    call("undo", "2")
    assert read_edits(out / "state").together == ()
    call("unhide", A)
    found = read_edits(out / "state")
    assert found.hidden == {B} and found.notes == (("hide", B),)
    assert "not hidden" in call("unhide", A, code=2)
    assert "no edit 7" in call("undo", "7", code=2)


def test_a_theme_without_parts_is_not_split(call: Callable[..., str]) -> None:
    assert "no two sub-themes" in call("split", A, code=2)


def test_rename_is_pin(call: Callable[..., str], out: Path) -> None:
    call("rename", A, "Parcel late")
    themes = Ledger.open(out / "state" / "ledger.sqlite").read_prior("r1").themes.set_index("theme_id")
    assert themes.loc[A, "name"] == "Parcel late"
    assert bool(themes.loc[A, "is_pinned"])


def test_a_folder_without_a_ledger_is_told(call: Callable[..., str], out: Path) -> None:
    (out / "state" / "ledger.sqlite").unlink()
    assert "no out folder with a ledger" in call("hide", A, code=2)


def test_the_file_is_replaced_whole(tmp_path: Path) -> None:
    write_edits(tmp_path, ThemeEdits(hidden=frozenset({A})))
    assert [p.name for p in tmp_path.iterdir()] == ["edits.json"]
