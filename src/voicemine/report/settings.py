"""What the report shows, and what it keeps back."""

from __future__ import annotations

from pydantic import Field

from voicemine.settings import Settings


class ReportSettings(Settings):
    """The report."""

    title: str = ""
    """Heading; empty: "What customers tell us"."""
    min_authors: int = Field(default=1, ge=1)
    """Words of customers are shown only where at least this many authors speak of the same theme."""
    quotes: int = Field(default=8, ge=0)
    """Quotes shown for each theme."""
    quote_length: int = Field(default=600, ge=40)
    """Characters shown of a quote; a longer one is cut, and says so."""
    hover_length: int = Field(default=180, ge=20)
    """Characters of a mention shown on the map."""
    lens_values: int = Field(default=12, ge=2)
    """A column `attr_*` with more values than this is no lens: its rarest values are put together."""
    lens_min_items: int = Field(default=20, ge=1)
    """Items that a value of a lens must have before it is tested."""
    false_discovery_rate: float = Field(default=0.05, gt=0, lt=1)
    """Share of false findings accepted among the differences that are marked (Benjamini-Hochberg)."""
    print_panels: int = Field(default=10, ge=0)
    """Theme panels that are printed in full."""
