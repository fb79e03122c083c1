"""Readers of feedback: files, standard input and queries, with columns and formats found where not told."""

from __future__ import annotations

from voicemine.sources.opening import source_names
from voicemine.sources.read import Ingested, read_sources
from voicemine.sources.report import FileReport, SourceReport
from voicemine.sources.settings import SourceSettings

__all__ = ["FileReport", "Ingested", "SourceReport", "SourceSettings", "read_sources", "source_names"]
