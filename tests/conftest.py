"""What all tests share: a home of their own, no network, and the folder of real data where there is one."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The user's key is made in a folder of the test session, never in the real home."""
    before = os.environ.get("VOICEMINE_HOME")
    os.environ["VOICEMINE_HOME"] = str(tmp_path_factory.mktemp("home"))
    yield
    if before is None:
        del os.environ["VOICEMINE_HOME"]
    else:
        os.environ["VOICEMINE_HOME"] = before


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection but to this machine fails the test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the real data sets; tests that ask for it are skipped where it is absent."""
    named = os.environ.get("VOICEMINE_SHARED")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared"
    if not (folder / "data" / "README.md").is_file():
        pytest.skip("the real data sets are not here; set VOICEMINE_SHARED")
    return folder


@pytest.fixture(scope="session")
def sample() -> Path:
    """Folder of the sample corpus."""
    return Path(__file__).resolve().parents[1] / "data" / "sample"
