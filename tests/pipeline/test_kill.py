"""kill -9 in each stage and at each step of publishing: the next run ends as an undisturbed one would have."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipeline.conftest import table_bytes
from voicemine import pipeline
from voicemine.artefacts.publish import current_run
from voicemine.runner import Outcome

_DRIVER = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from voicemine import config, pipeline, runner
from voicemine.artefacts import ledger, publish, store

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

def after(function):
    def wrapped(*args, **kwargs):
        function(*args, **kwargs)
        die()
    return wrapped

where, path, out = sys.argv[1:4]
kind, _, name = where.partition(":")
if kind == "in":
    pipeline.STAGES = tuple(replace(s, run=die) if s.name == name else s for s in pipeline.STAGES)
elif kind == "saving":
    save = store.write_json
    def half(target, value):
        if value.get("stage") == name:
            die()
        save(target, value)
    store.write_json = half
elif where == "tables":
    publish.write_tables = after(publish.write_tables)
elif where == "ledger":
    ledger.Ledger.commit = die
elif where == "switch":
    publish.switch_current = die
loaded = config.load(None, extra={"sources": [{"path": path}]})
runner.execute(loaded, out=Path(out))
"""


def _killed(where: str, path: Path, out: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _DRIVER, where, str(path), str(out)], capture_output=True, text=True)
    assert done.returncode == -9, done.stderr


def test_killed_in_every_stage_then_finished(few: Path, run_few: Callable[..., Outcome], tmp_path: Path) -> None:
    undisturbed = run_few(tmp_path / "calm")
    out = tmp_path / "stormy"
    for stage in pipeline.STAGES:
        _killed(f"in:{stage.name}", few, out)
        assert current_run(out) is None
    for where in ("saving:export", "tables", "ledger", "switch"):
        _killed(where, few, out)
        assert current_run(out) is None
    finished = run_few(out)
    assert not finished.is_new, "all was there but the switch"
    assert finished.folder.name == undisturbed.folder.name
    assert table_bytes(finished.folder) == table_bytes(undisturbed.folder)
    assert not list(out.glob(".*.part")) and not list((out / "cache").glob(".*.part"))


@pytest.mark.parametrize("where", ["in:cluster", "tables"])
def test_a_killed_second_night_leaves_the_first_current(
    where: str, few: Path, run_few: Callable[..., Outcome], tmp_path: Path
) -> None:
    first = run_few(tmp_path / "out")
    more = tmp_path / "more.jsonl"
    lines = few.read_text("utf-8").splitlines()
    more.write_text("\n".join(lines[:-3]) + "\n", "utf-8")
    _killed(where, more, tmp_path / "out")
    assert current_run(tmp_path / "out") == first.folder.resolve()
    second = run_few(tmp_path / "out", path=more)
    assert current_run(tmp_path / "out") == second.folder.resolve() != first.folder.resolve()
