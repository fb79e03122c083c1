"""The journey's stages and the touchpoints: files that users edit, read into frozen models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from voicemine.errors import ConfigError
from voicemine.settings import Settings

UNCLEAR = "unclear"
NO_TOUCHPOINT = "none"

_LABEL = r"^[a-z][a-z0-9_]*$"


class Stage(Settings):
    """One stage of the journey."""

    label: str = Field(pattern=_LABEL)
    """Name in the tables: lower case, digits and underscores."""
    classic: Literal["awareness", "consideration", "purchase", "retention", "advocacy"]
    """The classic stage that it rolls up to."""
    definition: str = Field(min_length=10)
    """What the customer is doing: this is read by the zero-shot recogniser."""
    examples: tuple[str, ...] = ()
    """Texts that belong here."""
    learnt_as: tuple[str, ...] | None = None
    """Labels of the shipped model that this stage stands for; default: its own name."""


class Touchpoint(Settings):
    """One touchpoint."""

    label: str = Field(pattern=_LABEL)
    """Name in the tables."""
    channel: Literal["online", "offline", "either"]
    """Where it is."""
    definition: str = Field(min_length=5)
    """What it covers."""
    phrases: tuple[str, ...] = ()
    """Words that point to it."""
    learnt_as: tuple[str, ...] | None = None
    """Labels of the shipped model that it stands for; default: its own name."""


class _JourneyFile(Settings):
    version: Literal[1]
    stages: tuple[Stage, ...] = Field(min_length=2)


class _TouchpointFile(Settings):
    version: Literal[1]
    touchpoints: tuple[Touchpoint, ...] = Field(min_length=1)


class Taxonomy(Settings):
    """Stages and touchpoints together, labels unique."""

    stages: tuple[Stage, ...]
    """Stages in the order of the journey."""
    touchpoints: tuple[Touchpoint, ...]
    """Touchpoints in the order of the file."""

    @model_validator(mode="after")
    def _unique(self) -> Taxonomy:
        for kind, entries, kept in (("stage", self.stages, UNCLEAR), ("touchpoint", self.touchpoints, NO_TOUCHPOINT)):
            labels = [e.label for e in entries]
            for label in labels:
                if labels.count(label) > 1:
                    raise ValueError(f"{kind} '{label}' is listed twice")
            if kept in labels or UNCLEAR in labels:
                raise ValueError(f"{kind} '{kept if kept in labels else UNCLEAR}' is built in; remove its entry")
        return self

    @property
    def stage_labels(self) -> tuple[str, ...]:
        """Every stage label that a table may hold, `unclear` last."""
        return (*(s.label for s in self.stages), UNCLEAR)

    @property
    def touchpoint_labels(self) -> tuple[str, ...]:
        """Every touchpoint label that a table may hold, `none` and `unclear` last."""
        return (*(t.label for t in self.touchpoints), NO_TOUCHPOINT, UNCLEAR)

    def classic(self, stage: str) -> str | None:
        """The classic stage of a stage; None for `unclear`."""
        return next((s.classic for s in self.stages if s.label == stage), None)

    def channel(self, touchpoint: str) -> str | None:
        """online, offline or either; None for `none` and `unclear`."""
        return next((t.channel for t in self.touchpoints if t.label == touchpoint), None)


class UniqueKeyLoader(yaml.SafeLoader):
    """YAML's safe loader, which also refuses a key that stands twice in one mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)  # type: ignore[no-untyped-call]
            if isinstance(key, str) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key}' stands twice", key_node.start_mark)
            if isinstance(key, str):
                seen.add(key)
        return super().construct_mapping(node, deep)


def parse_yaml(text: str) -> Any:
    """The value that a YAML text states. Raises yaml.YAMLError, and ValueError for an impossible date."""
    # UniqueKeyLoader derives from SafeLoader: no Python object can be built from the text.
    return yaml.load(text, Loader=UniqueKeyLoader)  # noqa: S506


def load_yaml(path: Path) -> Any:
    """Read a YAML file safely. Raises ConfigError naming file, line and fault."""
    try:
        return parse_yaml(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError([f"cannot read {path}: {fault}"]) from fault
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise ConfigError([f"{where}: {getattr(fault, 'problem', None) or fault}"]) from fault
    except ValueError as fault:  # what looks like a date and is none
        raise ConfigError([f"{path}: a value looks like a date but is none: {fault}; quote it"]) from fault


def load_taxonomy(journey: Path, touchpoints: Path) -> Taxonomy:
    """Read both taxonomy files. Raises ConfigError with every problem found, each with its file and place."""
    problems: list[str] = []
    found: dict[str, Any] = {}
    for path, model in ((journey, _JourneyFile), (touchpoints, _TouchpointFile)):
        try:
            content = load_yaml(path)
            found[path.as_posix()] = model.model_validate_json(json.dumps(content, default=str))
        except ConfigError as fault:
            problems += fault.problems
        except ValidationError as fault:
            problems += [f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in fault.errors()]
    if problems:
        raise ConfigError(problems)
    try:
        return Taxonomy(stages=found[journey.as_posix()].stages, touchpoints=found[touchpoints.as_posix()].touchpoints)
    except ValidationError as fault:
        raise ConfigError([f"taxonomy: {e['msg']}" for e in fault.errors()]) from fault
