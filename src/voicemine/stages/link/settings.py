"""Settings of the link stage."""

from __future__ import annotations

from pydantic import Field

from voicemine.settings import Settings


class LinkSettings(Settings):
    """How themes are sized, tied to touchpoints and ranked."""

    main_p: float = Field(default=0.05, gt=0.0, lt=1.0)
    """A stage or touchpoint is a theme's main one when it beats the runner-up at this p-value; else `several`."""
    min_scored_items: int = Field(default=30, ge=10)
    """No score impact with fewer scored items of one scale than this."""
    min_theme_scored: int = Field(default=5, ge=2)
    """No score impact for a theme with fewer scored items than this."""
    reach_weight: float = Field(default=1.0, ge=0.0)
    """Weight of reach in the priority."""
    severity_weight: float = Field(default=1.0, ge=0.0)
    """Weight of severity in the priority."""
    impact_weight: float = Field(default=1.0, ge=0.0)
    """Weight of the score impact in the priority; left out for themes without one."""
    min_cell_mentions: int = Field(default=10, ge=2)
    """Journey cells with fewer mentions are never called a moment."""
    moment_q: float = Field(default=0.05, gt=0.0, lt=1.0)
    """False-discovery rate at which a journey cell is called a moment."""
    top_themes: int = Field(default=5, ge=1)
    """Themes listed for each journey cell."""
