"""The base of every settings model: strict, frozen, and closed to unknown keys."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Settings of one part. Each stage keeps its own subclass beside its code.

    Strict: a string is not taken for a number (an int is taken for a float). Frozen: nobody changes
    settings on the way. Closed: an unknown key is an error. Lists in YAML fill tuple fields.
    """

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", validate_default=True, use_attribute_docstrings=True
    )

    #: Fields that say how the work is shared out, never what comes of it.
    effort: ClassVar[frozenset[str]] = frozenset()

    def shaping(self) -> dict[str, Any]:
        """What the result depends on, as JSON values: all fields but those of `effort`."""
        return self.model_dump(mode="json", exclude=set(self.effort))
