"""Draw the report of a run into its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from pydantic import ValidationError

from voicemine.artefacts.files import write_bytes
from voicemine.errors import ConfigError, UsageError
from voicemine.report import page, pdf, plain
from voicemine.report.data import RunData, load
from voicemine.report.points import payload
from voicemine.report.settings import ReportSettings

Format = Literal["html", "md", "pdf", "json"]


def draw(folder: Path, *, format: Format = "html", settings: ReportSettings | None = None) -> Path:
    """Write `folder/report.<format>` from `folder/tables` and `folder/run.json`; returns its path.

    settings: by default those in the run's own configuration. Raises StoreError where the run cannot be read or the
    report not be written, and UsageError for an unknown format or, for pdf, where there is no Chromium.
    """
    if format not in get_args(Format):
        raise UsageError(f"the report cannot be written as '{format}'; choose {', '.join(get_args(Format))}")
    run = load(folder)
    settings = settings or settings_of(run)
    shown = page.view(run, settings)
    path = folder / f"report.{format}"
    if format == "md":
        content = plain.markdown(shown, settings).encode("utf-8", "replace")
    elif format == "json":
        content = plain.as_json(shown).encode("utf-8", "replace")
    else:
        content = page.render(shown, settings, payload=payload(run, settings)).encode("utf-8", "replace")
        if format == "pdf":
            content = pdf.from_html(content)
    write_bytes(path, content)
    return path


def settings_of(run: RunData) -> ReportSettings:
    """The report's settings in run.json; the defaults where it has none. Raises ConfigError."""
    given = run.manifest.get("config", {}).get("report", {})
    try:
        return ReportSettings.model_validate(given)
    except ValidationError as fault:
        raise ConfigError([f"report.{'.'.join(map(str, e['loc']))} in run.json: {e['msg']}"
                           for e in fault.errors()]) from fault
