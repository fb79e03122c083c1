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


class LabelModel(Settings):
    """A text classifier or an NLI model of your own, which gives one label set in place of the built-in model."""

    set: Literal["stage", "touchpoint", "sentiment", "emotion", "pain", "intent"]
    """The label set that it gives."""
    model: str = Field(min_length=1)
    """A folder with config.json, tokenizer and .safetensors weights, or a hub id. No remote code is run."""
    kind: Literal["classification", "zero_shot"] = "classification"
    """classification: its own labels are mapped by `map`; zero_shot: an NLI model is asked for each label."""
    map: dict[str, str] = Field(default_factory=dict)
    """For classification: label of the model -> ours; several may name one of ours, and are added up. Every label of
    the model must be mapped; empty: its labels are ours already. pain has the labels "0" and "1"."""
    template: str = "This customer feedback is about {}."
    """For zero_shot: the hypothesis; {} is replaced by the label's definition or words."""
    temperature: float = Field(default=1.0, gt=0)
    """Divides the logits before the softmax: above 1 makes the model less sure."""
    batch: int = Field(default=32, ge=1)
    """Texts (for zero_shot pairs) read at once."""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> LabelModel:
        if self.kind == "zero_shot" and self.map:
            raise ValueError("`map` goes with kind classification; a zero-shot model is asked for our labels")
        if self.template.count("{}") != 1:
            raise ValueError("`template` must hold {} once, for the label's words")
        return self


class ClassifySettings(Settings):
    """How calibrated probabilities become labels, and how mentions become an item."""

    stage_threshold: float | None = Field(default=None, ge=0, le=1)
    """Below this confidence a stage is exported as `unclear`; null takes the model's own, set for a stated risk
    (a model of yours has none: 0)."""
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
    models: tuple[LabelModel, ...] = ()
    """Models of your own in place of the built-in one, at most one for each label set."""

    @model_validator(mode="after")
    def _one_for_a_set(self) -> ClassifySettings:
        sets = [m.set for m in self.models]
        twice = sorted({name for name in sets if sets.count(name) > 1})
        if twice:
            raise ValueError(f"`models` names two for {', '.join(twice)}; give one for each label set")
        return self
