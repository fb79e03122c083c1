"""Holding to how a source was understood on its first night: what was inferred then is not guessed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from voicemine.errors import InputError, StoreError
from voicemine.sources.opening import source_names
from voicemine.sources.report import SourceReport
from voicemine.sources.settings import SourceSettings

#: What is inferred and can be locked.
FIELDS = ("encoding", "delimiter", "text_columns", "title_column", "id_column", "time_column", "score_column",
          "scale_column", "author_column", "channel_column", "question_column", "speaker_column", "attribute_columns",
          "channel", "score_kind", "score_range", "date_order", "id_prefix")


def locked(sources: Sequence[SourceSettings], known: Mapping[str, str]) -> tuple[SourceSettings, ...]:
    """The settings with all that was left open filled in from an earlier night, where `lock` is set.

    known: by source name the settings as they were understood, as JSON. What a user sets goes before what was
    locked. Raises StoreError for a lock that cannot be read.
    """
    return tuple(_locked(s, known.get(name)) if s.lock else s
                 for name, s in zip(source_names(sources), sources, strict=True))


def _locked(settings: SourceSettings, known: str | None) -> SourceSettings:
    if known is None:
        return settings
    try:
        before = SourceSettings.model_validate_json(known)
    except ValidationError as fault:
        raise StoreError(f"the lock of source '{settings.name}' cannot be read; run once with lock: false") from fault
    plain = SourceSettings.model_fields
    # A field that the user set stands, even where it says what is the default.
    return settings.model_copy(update={
        f: getattr(before, f) for f in FIELDS
        if f not in settings.model_fields_set and getattr(settings, f) == plain[f].get_default()})


def locks_of(sources: Sequence[SourceSettings], reports: Sequence[SourceReport]) -> dict[str, str | None]:
    """What to remember after a night, by source: how it was understood, or None to forget that.

    A source without rows tells nothing, and keeps what is known of it.
    """
    found: dict[str, str | None] = {}
    for settings, report in zip(sources, reports, strict=True):
        if not settings.lock:
            found[report.name] = None
        elif report.columns:
            found[report.name] = report.resolved.model_dump_json(include=set(FIELDS) | {"name", "path", "connection",
                                                                                         "query", "lock"})
    return found


def conflict(fault: InputError, settings: SourceSettings, known: SourceSettings) -> InputError:
    """The error for a source that no longer fits its lock, with what was locked and the cure."""
    held = ", ".join(f"{f}={_shown(getattr(known, f))}" for f in FIELDS
                     if getattr(settings, f) != getattr(known, f) and _shown(getattr(known, f)))
    return InputError(f"{fault}. The source is locked to how an earlier night read it ({held}). Put the export right; "
                      "or, where the source has changed for good, set what changed under this source, or run once "
                      "with lock: false there to find it anew")


def _shown(value: object) -> str:
    return " + ".join(map(str, value)) if isinstance(value, tuple) else str(value or "")
