"""The report of a run, drawn from its exported tables alone."""

from voicemine.report.settings import ReportSettings
from voicemine.report.writing import draw

__all__ = ["ReportSettings", "draw"]
