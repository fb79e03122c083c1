"""The base of every settings model: strict, frozen, and closed to unknown keys."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Settings of one part. Each stage keeps its own subclass beside its code.

    Strict: a string is not taken for a number (an int is taken for a float). Frozen: nobody changes
    settings on the way. Closed: an unknown key is an error. Lists in YAML fill tuple fields.
    """

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", validate_default=True, use_attribute_docstrings=True
    )
