"""The report of a run, drawn from its exported tables alone."""

from voicemine.report.writing import draw
from voicemine.report.settings import ReportSettings

__all__ = ["ReportSettings", "draw"]
