"""Runs that several tests look at, each made once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from voicemine import config as configuration
from voicemine.runner import Outcome, execute


@pytest.fixture(scope="session")
def sample_run(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The whole sample corpus with default settings."""
    out = tmp_path_factory.mktemp("sample")
    loaded = configuration.load(sample.parents[1] / "configs" / "sample.yaml")
    return execute(loaded, out=out)


@pytest.fixture(scope="session")
def few(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small file: every fifth review of the sample corpus."""
    lines = (sample / "reviews.jsonl").read_text("utf-8").splitlines()[::5]
    path = tmp_path_factory.mktemp("few") / "reviews.jsonl"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture(scope="session")
def run_few(few: Path) -> Callable[..., Outcome]:
    """Run the small file into a folder, with settings as `--set` takes them."""

    def run(out: Path, *overrides: str, path: Path = few) -> Outcome:
        loaded = configuration.load(None, overrides=overrides, extra={"sources": [{"path": str(path)}]})
        return execute(loaded, out=out)

    return run


def table_bytes(run: Path) -> dict[str, bytes]:
    """Every table file of a run, by name."""
    return {p.name: p.read_bytes() for p in sorted((run / "tables").iterdir())}


def facts(run: Path) -> dict[str, object]:
    """run.json without what may differ between two equal runs: what they cost."""
    found = json.loads((run / "run.json").read_text("utf-8"))
    return {k: v for k, v in found.items() if k != "stages"}
