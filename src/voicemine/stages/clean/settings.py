"""Settings of the clean stage."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from voicemine.settings import Settings


class CleanSettings(Settings):
    """How raw items are repaired, redacted, and told apart."""

    effort: ClassVar[frozenset[str]] = frozenset({"processes"})

    html: bool = True
    """Strip HTML tags and resolve entities."""
    mail: bool = True
    """Strip quoted replies, forwarded blocks, signatures, legal footers and opening greetings."""
    redact: bool = True
    """Replace personal data with typed placeholders. Turn off only for data that holds none."""
    redact_names: bool = True
    """Replace person names too."""
    redactor: Literal["rules", "rules+presidio"] = "rules"
    """What finds personal data: the built-in rules, or these and Microsoft Presidio (optional install)."""
    phone_regions: tuple[str, ...] = ("US", "GB", "IN", "CA", "AU", "DE", "FR", "ES", "IT", "NL", "BR")
    """Regions whose national phone formats are looked for, most likely first (ISO 3166 alpha-2)."""
    languages: tuple[str, ...] = ("en",)
    """Languages that the models serve (ISO 639-1). Items in others are kept and counted, not mined."""
    mine_undetermined: bool = True
    """Mine items that are too short for their language to be told. Longer ones whose words are mostly no English are
    left out all the same, unless `languages` holds "*"."""
    language_confidence: float = Field(default=0.7, ge=0.0, le=1.0)
    """Below this an item's language is `und`."""
    spam: Literal["mark", "reject"] = "mark"
    """Keep spam as items that are not mined, or refuse it."""
    templates: bool = True
    """Find boilerplate that repeats across items in the corpus itself and strip it."""
    template_min_items: int = Field(default=20, ge=2)
    """A line counts as boilerplate from this many items on …"""
    template_min_share: float = Field(default=0.002, ge=0.0, le=1.0)
    """… and from this share of the items that have several lines."""
    near_duplicates: bool = True
    """Group near duplicates as well as exact ones."""
    near_threshold: float = Field(default=0.8, gt=0.0, le=1.0)
    """Jaccard similarity of word triples and pairs from which two texts count as the same."""
    near_min_words: int = Field(default=8, ge=1)
    """Texts with fewer words are compared for exact repetition only."""
    id_prefix: bool = False
    """Put the source's name before each id, so that equal ids of two sources do not collide."""
    processes: Annotated[int, Field(ge=1, le=64)] | Literal["auto"] = "auto"
    """Worker processes for the item-level work. auto: one for each processor, four at most, from 5,000 distinct texts
    on, and one below. The result does not depend on it."""
