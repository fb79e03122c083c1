"""Settings of the segment stage."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from voicemine.settings import Settings


class SegmentSettings(Settings):
    """How items are cut into mentions."""

    effort: ClassVar[frozenset[str]] = frozenset({"processes"})

    unit: Literal["mention", "sentence", "item"] = "mention"
    """mention: clauses that can be judged alone; sentence: whole sentences; item: items stay whole."""
    min_words: int = Field(default=2, ge=1, le=20)
    """A fragment with fewer words joins its neighbour. A coordinated clause needs at least three."""
    max_words: int = Field(default=45, ge=10, le=400)
    """A longer mention is cut at its best inner boundary: a clause, else a comma, else between two words."""
    split_contrast: bool = True
    """Cut where a clause stands against the one before ("the room was great | but check-in took an hour")."""
    split_lists: bool = True
    """Cut bullets, numbered and semicolon lists, and full clauses that are coordinated or run together."""
    rule_words: int = Field(default=7, ge=0, le=20)
    """A text of at most this many words, without inner marks or a joining word, stays whole, unread by the model."""
    processes: int = Field(default=2, ge=1, le=64)
    """Processes that share the work on large inputs, where the system can fork. The result does not depend on it."""
    pipeline: str = "spacy_en_ewt"
    """The shipped spaCy pipeline, a folder, or an installed package such as en_core_web_sm."""

    @model_validator(mode="after")
    def _lengths_fit(self) -> Self:
        if self.max_words < 2 * self.min_words:
            raise ValueError("max_words must be at least twice min_words")
        return self
