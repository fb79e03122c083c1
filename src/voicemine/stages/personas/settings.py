"""Settings of the personas stage."""

from __future__ import annotations

from pydantic import Field, model_validator

from voicemine.settings import Settings


class PersonasSettings(Settings):
    """Personas: groups of customers with like pains."""

    most: int = Field(default=6, ge=0, le=12)
    """Personas at most; 0: none are sought."""
    least: int = Field(default=3, ge=2)
    """Where the customers do not fall into at least this many firm groups, there are no personas."""
    min_people: int = Field(default=20, ge=5)
    """Customers that a persona must have."""
    min_share: float = Field(default=0.03, ge=0.0, lt=1.0)
    """Share of the customers with a theme that a persona must have."""
    firmness: float = Field(default=0.6, ge=0.0, le=1.0)
    """How much of a persona must come back when half of the customers are grouped anew (mean Jaccard)."""
    place_weight: float = Field(default=0.5, ge=0.0, le=1.0)
    """How much the usual stage and touchpoint of a theme count beside those of the statement itself."""
    max_people: int = Field(default=4000, ge=100)
    """Groups are found on a sample of this size; every other customer joins the nearest one."""
    segment_q: float = Field(default=0.05, gt=0.0, lt=1.0)
    """False-discovery rate at which a persona is said to be more, or less, of a segment `attr_*`."""
    segment_values: int = Field(default=40, ge=2)
    """A column `attr_*` with more values than this is no segment."""

    @model_validator(mode="after")
    def _ordered(self) -> PersonasSettings:
        if self.most and self.most < self.least:
            raise ValueError("`most` must be 0 or at least `least`")
        return self
