"""Settings of the name stage."""

from __future__ import annotations

from pydantic import Field

from voicemine.settings import Settings


class LanguageModelSettings(Settings):
    """An OpenAI-compatible endpoint that suggests names. Quotes are sent to it, redacted."""

    endpoint: str = Field(min_length=8)
    """Base URL up to and including the version, e.g. `http://localhost:8080/v1`; https unless on this machine."""
    model: str = Field(min_length=1)
    """Model name that the endpoint knows."""
    api_key_env: str | None = None
    """Environment variable that holds the key; null for an endpoint without one."""
    timeout_seconds: float = Field(default=20.0, gt=0)
    """Seconds to wait for one name."""


class NameSettings(Settings):
    """How themes are named, described and quoted."""

    max_words: int = Field(default=6, ge=2, le=10)
    """Longest name, in words."""
    parse_per_theme: int = Field(default=120, ge=5)
    """Mentions parsed for each theme, the most central first."""
    parse_total: int = Field(default=5000, ge=50)
    """Mentions parsed in all; large runs get fewer for each theme, but never fewer than 25."""
    candidates_per_theme: int = Field(default=60, ge=5)
    """Candidate names of each theme that are compared by meaning."""
    llm: LanguageModelSettings | None = None
    """Ask a language model for names as well; null: offline names only."""
    keywords: int = Field(default=10, ge=1)
    """Keywords of each theme."""
    typical_quotes: int = Field(default=4, ge=1)
    """Quotes from the middle of each theme."""
    extreme_quotes: int = Field(default=2, ge=0)
    """Quotes with the strongest feeling."""
    counter_quotes: int = Field(default=1, ge=0)
    """Quotes from the theme's edge, which show where it ends."""
    quote_min_words: int = Field(default=5, ge=1)
    """Mentions with fewer words are quoted only when there is nothing longer."""
    quote_max_words: int = Field(default=60, ge=10)
    """Mentions with more words are quoted only when there is nothing shorter."""
