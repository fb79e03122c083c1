"""Settings of the cluster stage."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from voicemine.settings import Settings

ThemePair = tuple[str, str]


class SeedTheme(Settings):
    """A theme that you know of. Mentions near its examples belong to it; it keeps its name."""

    name: str = Field(min_length=2)
    """Name of the theme; it counts as an example too."""
    examples: tuple[str, ...] = ()
    """Mentions that belong to it, or phrases as customers would use them."""
    threshold: float = Field(0.6, gt=0, lt=1)
    """Least cosine to the nearest example; lower takes in more."""


class ClusterSettings(Settings):
    """Which mentions become themes, how fine the themes are, and how sure we want to be."""

    scope: Literal["pain", "delight", "all"] = "pain"
    """What is clustered: mentions that state a pain, mentions of praise, or all."""
    n_themes: int | None = Field(None, ge=2)
    """Reading budget: about so many themes; null: as many as the data support, by stability."""
    min_mentions: int = Field(5, ge=2)
    """Fewest mentions that make a theme."""
    min_texts: int = Field(3, ge=1)
    """Fewest distinct texts that make a theme."""
    seeds: tuple[SeedTheme, ...] = ()
    """Themes that are there from the start; the others are found among the mentions that these leave."""
    together: tuple[ThemePair, ...] = ()
    """Pairs of texts whose themes are one: ["parcel late", "courier never came"]."""
    apart: tuple[ThemePair, ...] = ()
    """Pairs of texts that must not share a theme; the theme that holds both is divided between them."""
    merge_above: float = Field(0.75, gt=0, le=1)
    """Cosine of two themes' centroids, the corpus mean taken out, from which they are one theme."""
    split_above: float = Field(0.2, gt=0, le=1)
    """A theme with more than this share of the mentions in themes may be a catch-all: it is divided where it
    is neither stable nor coherent and has parts."""
    neighbours: int = Field(30, ge=5, le=200)
    """Nearest mentions that each mention is compared with."""
    dimensions: int = Field(100, ge=2)
    """Principal components that are kept of the vectors."""
    runs: int = Field(4, ge=2)
    """Perturbed runs at each level tried, up to three times as many for fewer than 10,000 texts; more make stabilities
    finer and take longer."""
    consensus_runs: int = Field(40, ge=3)
    """Further runs about the chosen level, which vote on the themes."""
    max_fit: int = Field(20_000, ge=1000)
    """Distinct texts that themes are learnt from; of more, a sample by content, and the rest is assigned."""
    assign_neighbours: int = Field(15, ge=1)
    """Nearest learnt mentions that vote on the theme of a mention."""
    core_probability: float = Field(0.7, gt=0, le=1)
    """Share of consensus runs from which a mention counts as core of its theme."""
    stable: float = Field(0.5, ge=0, le=1)
    """Stability from which a theme counts as stable."""
    refit: Literal["auto", "always", "never"] = "auto"
    """On a later night: assign new mentions to the known themes and fit anew when needed (auto), fit anew every night
    (always), or only when nothing is known (never)."""
    refit_every: int = Field(30, ge=0)
    """Runs after which themes are fitted anew whatever was measured; 0: no schedule."""
    refit_growth: float = Field(0.25, gt=0)
    """Fit anew when mentions since the last fit, or texts that are gone, exceed this share of what was fitted."""
    refit_drift: float = Field(0.1, gt=0, le=1)
    """Fit anew when by so much more of the new mentions than is usual fit no theme, or lie further from the known."""
