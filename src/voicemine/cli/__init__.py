"""The command line: the only place that prints or sets an exit code."""

from __future__ import annotations

from voicemine.cli.main import main

__all__ = ["main"]
