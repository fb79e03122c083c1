"""The same input gives the same bytes, work is re-used when nothing it hangs on changed, and only then."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import voicemine
from tests.pipeline.conftest import facts, table_bytes
from voicemine.runner import Outcome

Runner = Callable[..., Outcome]


@pytest.fixture(scope="module")
def first(run_few: Runner, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return run_few(tmp_path_factory.mktemp("first"))


def test_two_runs_in_fresh_folders_are_byte_identical(first: Outcome, run_few: Runner, tmp_path: Path) -> None:
    second = run_few(tmp_path)
    assert second.folder.name == first.folder.name
    assert table_bytes(second.folder) == table_bytes(first.folder)
    assert facts(second.folder) == facts(first.folder)


def test_the_same_night_again_says_so_and_changes_nothing(first: Outcome, run_few: Runner) -> None:
    before = table_bytes(first.folder)
    again = run_few(first.folder.parent)
    assert not again.is_new and again.folder == first.folder
    assert table_bytes(again.folder) == before


def test_a_changed_setting_recomputes_from_its_stage_on(first: Outcome, run_few: Runner, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(first.folder.parent, out, symlinks=True)
    second = run_few(out, "export.mismatch_probability=0.9")
    reused = {n for n, c in second.manifest["stages"].items() if c.get("reused")}
    assert reused == set(first.manifest["stages"]) - {"sources", "track", "export"}, "track is told the new run's id"
    assert second.folder.name != first.folder.name


def test_how_many_processes_work_is_no_reason_to_work_again(first: Outcome, run_few: Runner, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(first.folder.parent, out, symlinks=True)
    second = run_few(out, "clean.processes=2", "segment.processes=1")
    assert {"clean", "segment"} <= {n for n, c in second.manifest["stages"].items() if c.get("reused")}


def test_an_altered_stage_result_is_not_trusted(first: Outcome, run_few: Runner, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(first.folder.parent, out, symlinks=True)
    shutil.rmtree(out / first.folder.name)
    (path,) = (out / "cache").glob("segment-*/segments.parquet")
    path.write_bytes(path.read_bytes()[:-8])
    second = run_few(out)
    assert "seconds" in second.manifest["stages"]["segment"]
    assert second.manifest["stages"]["encode"] == {"reused": True}
    assert table_bytes(second.folder) == table_bytes(first.folder)


def test_mine_takes_a_frame_and_gives_the_same_items(few: Path, first: Outcome, tmp_path: Path) -> None:
    run = voicemine.mine(pd.read_json(few, lines=True, dtype=False, convert_dates=False), out=tmp_path,
                         cluster={"scope": "all"})
    items = run.table("items")
    assert items["text"].tolist() == voicemine.read_table(first.folder, "items")["text"].tolist()
    assert run.manifest["config"]["cluster"]["scope"] == "all"
    assert run.report.is_file()
