"""The whole configuration: every stage's settings together, loaded strictly, overridden by dotted paths."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, Field, ValidationError

from voicemine.backends.sink import NotifySettings
from voicemine.errors import ConfigError
from voicemine.gate import GateSettings
from voicemine.report.settings import ReportSettings
from voicemine.resources import config_file
from voicemine.settings import Settings
from voicemine.sources.settings import SourceSettings
from voicemine.stages.classify.settings import ClassifySettings
from voicemine.stages.clean.settings import CleanSettings
from voicemine.stages.cluster.settings import ClusterSettings
from voicemine.stages.draw import DrawSettings
from voicemine.stages.encode import EncodeSettings
from voicemine.stages.export import ExportSettings
from voicemine.stages.link.settings import LinkSettings
from voicemine.stages.name.settings import NameSettings
from voicemine.stages.personas.settings import PersonasSettings
from voicemine.stages.segment.settings import SegmentSettings
from voicemine.stages.track.settings import TrackSettings
from voicemine.taxonomy import Taxonomy, load_taxonomy, load_yaml, parse_yaml


class RunSettings(Settings):
    """The run as a whole."""

    out: str | None = None
    """Out folder, relative to this file; `--out` overrides it."""
    seed: int = Field(0, ge=0)
    """Seed of everything random."""
    as_of: date | None = None
    """What "today" is for trends; null: the newest item's date. The clock is never asked."""
    threads: int = Field(0, ge=0)
    """Threads for the models; 0: all cores."""
    keep_stages: int = Field(2, ge=1)
    """Of how many configurations and inputs the stage results are kept for re-use."""


class PrivacySettings(Settings):
    """Secrets."""

    key_file: str | None = None
    """File with 64 hex digits that author ids are hashed with; null: a key kept in the state folder."""


class TaxonomySettings(Settings):
    """Files that define stages and touchpoints."""

    journey: str | None = None
    """Stages of the journey; null: the shipped taxonomies/journey.yaml."""
    touchpoints: str | None = None
    """Touchpoints; null: the shipped taxonomies/touchpoints.yaml."""


class Config(Settings):
    """Everything that a run is configured by."""

    version: Literal[1] = 1
    """Version of this file's format."""
    run: RunSettings = RunSettings()
    sources: tuple[SourceSettings, ...] = ()
    """Where the feedback is; `--input` replaces this list."""
    privacy: PrivacySettings = PrivacySettings()
    taxonomy: TaxonomySettings = TaxonomySettings()
    clean: CleanSettings = CleanSettings()
    segment: SegmentSettings = SegmentSettings()
    encode: EncodeSettings = EncodeSettings()
    classify: ClassifySettings = ClassifySettings()
    cluster: ClusterSettings = ClusterSettings()
    name: NameSettings = NameSettings()
    link: LinkSettings = LinkSettings()
    track: TrackSettings = TrackSettings()
    personas: PersonasSettings = PersonasSettings()
    draw: DrawSettings = DrawSettings()
    export: ExportSettings = ExportSettings()
    report: ReportSettings = ReportSettings()
    gate: GateSettings = GateSettings()
    notify: NotifySettings = NotifySettings()


@dataclass(frozen=True)
class Loaded:
    """A valid configuration, the taxonomy that it names, and the folder that its paths are relative to."""

    config: Config
    taxonomy: Taxonomy
    base: Path

    def resolve(self, path: str) -> Path:
        """A path of the configuration as an absolute path."""
        found = Path(path).expanduser()
        return found if found.is_absolute() else self.base / found


def load(path: Path | None = None, *, overrides: Sequence[str] = (), extra: Mapping[str, Any] | None = None) -> Loaded:
    """Read a configuration file (None: all defaults), apply `extra` and then `a.b=c` overrides, check everything.

    Paths in the file are relative to the file; without a file, to the working folder.
    Raises ConfigError with every problem at once: dotted path, what is wrong, and the nearest known key.
    """
    content: Any = {} if path is None else load_yaml(path)
    content = {} if content is None else content
    if not isinstance(content, dict):
        raise ConfigError([f"{path}: the file must be a mapping of sections such as `cluster:`"])
    for key, value in (extra or {}).items():
        content[key] = value
    for text in overrides:
        _override(content, text)
    base = Path.cwd() if path is None else path.resolve().parent
    _with_interventions(content, base)
    config = validate(content)
    journey, touchpoints = config.taxonomy.journey, config.taxonomy.touchpoints
    taxonomy = load_taxonomy(
        base / journey if journey else config_file("taxonomies/journey.yaml"),
        base / touchpoints if touchpoints else config_file("taxonomies/touchpoints.yaml"),
    )
    return Loaded(config, taxonomy, base)


def validate(content: Mapping[str, Any]) -> Config:
    """Check a configuration given as plain data. Raises ConfigError with every problem at once."""
    try:
        # By way of JSON: strict mode then takes a list for a tuple and text for a date, but no text for a number.
        return Config.model_validate_json(json.dumps(content, default=str))
    except ValidationError as fault:
        raise ConfigError([_problem(e["loc"], e["type"], e["msg"], e.get("input")) for e in fault.errors()]) from fault


def _with_interventions(content: dict[str, Any], base: Path) -> None:
    """Put the list in, where `track.interventions` names a file with one; the file's path starts at `base`.

    The file is a list of interventions, or a mapping with that list under `interventions`. Raises ConfigError.
    """
    track = content.get("track")
    if not isinstance(track, dict) or not isinstance(track.get("interventions"), str):
        return
    named = track["interventions"]
    path = base / Path(named).expanduser()
    found = load_yaml(path)
    if isinstance(found, dict) and list(found) == ["interventions"]:
        found = found["interventions"]
    if not isinstance(found, list):
        raise ConfigError([f"track.interventions: {path} must be a list, each with date, what, and themes or "
                           "touchpoint"])
    content["track"] = {**track, "interventions": found}


def _override(content: dict[str, Any], text: str) -> None:
    path, equals, value = text.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise ConfigError([f"--set {text}: write it as section.key=value"])
    place: Any = content
    for depth, key in enumerate(keys):
        last = depth == len(keys) - 1
        if isinstance(place, list):
            if not key.isdigit() or int(key) >= len(place):
                raise ConfigError([f"--set {path}: '{key}' is no position in a list of {len(place)}"])
            if last:
                place[int(key)] = _scalar(value, text)
            else:
                place = place[int(key)]
        elif isinstance(place, dict):
            if last:
                place[key] = _scalar(value, text)
            else:
                place[key] = {} if place.get(key) is None else place[key]
                place = place[key]
        else:
            raise ConfigError([f"--set {path}: '{'.'.join(keys[:depth])}' is a value and has no keys"])


def _scalar(value: str, text: str) -> Any:
    try:
        return parse_yaml(value)
    except yaml.YAMLError as fault:
        raise ConfigError([f"--set {text}: the value is not valid YAML; quote it"]) from fault


def _models(kind: Any) -> Iterable[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from _models(part)


def keys(model: type[BaseModel] = Config, prefix: str = "") -> list[str]:
    """Every dotted key that a configuration may hold; items of a list stand as `0`."""
    found = []
    for name, field in model.model_fields.items():
        found.append(prefix + name)
        inner = list(_models(field.annotation))
        step = "0." if inner and field.annotation not in inner else ""
        for part in inner:
            found += keys(part, f"{prefix}{name}.{step}")
    return list(dict.fromkeys(found))


def nearest(path: str) -> str | None:
    """The known dotted key that is nearest to a wrong one: among its siblings first, then anywhere."""
    known = keys()
    parent, _, last = path.rpartition(".")
    siblings = {k.rpartition(".")[2]: k for k in known if k.rpartition(".")[0] == parent}
    for pool in (siblings, {k.rpartition(".")[2]: k for k in reversed(known)}):
        close = difflib.get_close_matches(last, pool, n=1, cutoff=0.6)
        if close:
            return pool[close[0]]
    return None


def _problem(place: tuple[int | str, ...], kind: str, message: str, given: Any) -> str:
    path = ".".join(str(p) for p in place)
    if kind == "extra_forbidden":
        guess = nearest(".".join("0" if isinstance(p, int) else p for p in place))
        return f"{path}: unknown key" + (f"; did you mean {guess}?" if guess else "; see `voicemine config schema`")
    shown = f" (given: {str(given)[:60]!r})" if not isinstance(given, dict | list) else ""
    return f"{path or 'configuration'}: {message[0].lower()}{message[1:]}{shown}"


def render(config: Config, *, comments: bool = True) -> str:
    """The configuration as YAML, whole, each key with its meaning as a comment."""
    return "\n".join(_lines(config, "", comments)) + "\n"


def _lines(model: BaseModel, indent: str, comments: bool) -> Iterable[str]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        about = field.description
        if isinstance(value, BaseModel):
            head = (type(value).__doc__ or "").strip().splitlines()[0]
            if comments:
                if not indent:
                    yield ""
                yield f"{indent}# {head}"
            yield f"{indent}{name}:"
            yield from _lines(value, indent + "  ", comments)
            continue
        if comments and about:
            yield from (f"{indent}# {line.strip()}" for line in about.splitlines() if line.strip())
        plain = json.loads(type(model).model_validate(model).model_dump_json(include={name}))[name]
        text = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=110).rstrip()
        text = text.removesuffix("\n...").removesuffix("...").rstrip()
        if isinstance(plain, list | dict) and plain:
            yield f"{indent}{name}:"
            yield from (f"{indent}  {line}" for line in text.splitlines())
        else:
            yield f"{indent}{name}: {text}"
