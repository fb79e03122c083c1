"""Segment: items are cut into mentions, statements that can be judged alone."""

from voicemine.stages.segment.join import Span
from voicemine.stages.segment.settings import SegmentSettings
from voicemine.stages.segment.stage import STAGE, Segmented, segment, segment_text, segment_texts

__all__ = ["STAGE", "SegmentSettings", "Segmented", "Span", "segment", "segment_text", "segment_texts"]
