"""Fabricated runs for the report's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fabricated_run import fabricate

from voicemine.report.data import RunData, load


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fabricate(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def run(run_folder: Path) -> RunData:
    return load(run_folder)


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fabricate(tmp_path_factory.mktemp("hostile"), hostile=True)
