"""A short way to read a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from voicemine.sources import Ingested, SourceSettings, read_sources


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Ingested]:
    """Write `content` to a file and read it as one source."""

    def run(name: str, content: str | bytes, /, **settings: Any) -> Ingested:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
        return read_sources([SourceSettings(path=name, **settings)], base=tmp_path)

    return run
