"""Clean: from raw rows to repaired, redacted items that say why they are or are not mined."""

from voicemine.stages.clean.explain import Explained, explain
from voicemine.stages.clean.item import clean_text, redact
from voicemine.stages.clean.settings import CleanSettings
from voicemine.stages.clean.stage import STAGE, Cleaned, clean
from voicemine.stages.clean.templates import Templates

__all__ = ["STAGE", "CleanSettings", "Cleaned", "Explained", "Templates", "clean", "clean_text", "explain", "redact"]
