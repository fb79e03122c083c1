"""Settings of the classify stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from voicemine.settings import Settings


class LabelOverride(Settings):
    """A label that is set by hand: for one mention, for a whole item, or for every text that holds a phrase."""

    id: str | None = None
    """A mention_id or an item_id."""
    contains: str | None = Field(default=None, min_length=2)
    """Words, found regardless of case and only as whole words."""
    column: Literal["stage", "touchpoint", "sentiment", "emotion", "is_pain", "intent"]
    """The column to set."""
    label: str
    """The label; for is_pain "true" or "false"."""

    @model_validator(mode="after")
    def _one_way(self) -> LabelOverride:
        if (self.id is None) == (self.contains is None):
            raise ValueError("give either `id` or `contains`")
        if self.column == "is_pain" and self.label not in ("true", "false"):
            raise ValueError('is_pain is "true" or "false"')
        return self


class ClassifySettings(Settings):
    """How calibrated probabilities become labels, and how mentions become an item."""

    stage_threshold: float | None = Field(default=None, ge=0, le=1)
    """Below this confidence a stage is exported as `unclear`; null takes the model's own, set for a stated risk."""
    touchpoint_threshold: float | None = Field(default=None, ge=0, le=1)
    """The same for touchpoints."""
    pain_threshold: float = Field(default=0.5, gt=0, lt=1)
    """From this probability a mention states a pain."""
    mixed_share: float = Field(default=0.3, gt=0, le=0.5)
    """An item is mixed when the weaker of praise and blame holds at least this share of the two."""
    items_from: Literal["whole", "mentions"] = "whole"
    """Labels of an item: from reading it whole, or rolled up from its mentions by the documented rule."""
    overrides: tuple[LabelOverride, ...] = ()
    """Labels set by hand, applied in order, after the model."""
