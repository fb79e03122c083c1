"""Settings of theme identity, trends and alerts."""

from __future__ import annotations

import zoneinfo
from datetime import date as Date
from typing import Literal

from pydantic import Field, field_validator

from voicemine.settings import Settings


class Intervention(Settings):
    """Something that was done about a pain, whose effect is to be measured."""

    date: Date
    """Day on which it took effect, in `time_zone`."""
    what: str = Field(min_length=1)
    """What was done, in a few words."""
    themes: tuple[str, ...] = ()
    """Themes that it was meant for, by theme_id or name."""
    touchpoint: str | None = None
    """Or all themes whose main touchpoint this is."""


class TrackSettings(Settings):
    """Identity of themes from run to run, and their course in time."""

    match_threshold: float = Field(default=0.4, gt=0, lt=1)
    """Score from which a new theme is taken for a known one: shared mentions, centroid and name, 0..1."""
    split_share: float = Field(default=0.3, gt=0, le=1)
    """Share of a theme's mentions that must come from (or go to) another for a split (or merge) to be told."""
    rename_below: float = Field(default=0.85, gt=0, le=1)
    """A known theme takes a new name when its centroid's cosine to that of its naming falls below this."""
    gone_after_runs: int = Field(default=3, ge=1)
    """Runs in a row without a match after which a faded theme counts as gone."""

    period: Literal["auto", "day", "week", "month"] = "auto"
    """Length of a trend period; auto: the shortest that span and volume allow. Weeks are ISO weeks from Monday."""
    time_zone: str = "UTC"
    """Time zone in which days, weeks and months begin, such as Europe/Berlin."""
    max_periods: int = Field(default=160, ge=8)
    """Periods looked at, counted back from `as_of`."""
    min_history: int = Field(default=6, ge=2)
    """Complete periods needed before one is tested."""
    baseline: int = Field(default=26, ge=4)
    """Complete periods before the tested ones from which the expected rate is taken."""
    recent: int = Field(default=4, ge=1)
    """Latest complete periods that decide the status, against all before them."""
    alert_q: float = Field(default=0.0005, gt=0, lt=1)
    """Highest q-value of an alert. It holds for each look: at 0.0005, a year of weekly looks at themes that do not
    change raises a false alarm in fewer than one year of twenty."""
    status_q: float = Field(default=0.05, gt=0, lt=1)
    """Highest q-value at which the status says growing or fading."""
    min_ratio: float = Field(default=1.5, ge=1)
    """Least rise over expectation, as a factor, for an alert; its root is enough for the status."""
    min_mentions: int = Field(default=5, ge=1)
    """Fewest items with the theme in the tested periods for an alert, and in all for a status."""
    seasonal: Literal["auto", "off"] = "auto"
    """auto: expect the season's rate (day of week, week or month of year) where enough history shows it."""

    forecast_periods: int = Field(default=4, ge=0, le=12)
    """Coming periods that are forecast; 0: none."""
    interventions: tuple[Intervention, ...] = ()
    """What was done and when, to be held against the course of the themes, each with date, what, themes or
    touchpoint; or a YAML file with such a list, relative to this file."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError) as fault:
            raise ValueError(f"'{value}' is no time zone; give one such as Europe/Berlin") from fault
        return value
