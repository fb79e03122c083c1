"""Labels: which stage, touchpoint, sentiment, emotion, pain and intent, for mentions and for items."""

from __future__ import annotations

from voicemine.stages.classify.labels import COLUMNS, classify
from voicemine.stages.classify.roll_up import roll_up
from voicemine.stages.classify.settings import ClassifySettings, LabelModel, LabelOverride
from voicemine.stages.classify.stage import STAGE, Classified

__all__ = ["COLUMNS", "STAGE", "Classified", "ClassifySettings", "LabelModel", "LabelOverride", "classify", "roll_up"]
