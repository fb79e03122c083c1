"""The Python interface: run a configuration, mine a DataFrame, read the tables."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from voicemine import config as configuration
from voicemine.artefacts.publish import find_run, read_manifest, read_table
from voicemine.errors import UsageError
from voicemine.explaining import LabelSet, as_frame, explain_item
from voicemine.report import figures
from voicemine.runner import execute

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Run:
    """A finished run. `folder` holds tables, report.html and run.json."""

    folder: Path

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """The run at a path: a run's folder, or an out folder with a current run. Raises UsageError."""
        return cls(find_run(Path(path)))

    @property
    def manifest(self) -> Mapping[str, Any]:
        """run.json: configuration, counts, costs, versions, warnings."""
        return read_manifest(self.folder)

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.folder / "report.html"

    def table(self, name: str) -> pd.DataFrame:
        """One exported table, such as `themes`. Raises UsageError for an unknown name."""
        return read_table(self.folder, name)

    def explain(self, id: str, *, label: LabelSet | None = None, config: str | Path | None = None) -> pd.DataFrame:
        """The words that drove the labels of one item or mention, strongest first.

        One row for each label set (or for `label` alone) and word: label_set, label, confidence, word, start, end
        (in the exported, redacted text) and weight, the part of the label's probability that goes without the word.
        `config`: the run's configuration file, where it names files by relative paths. Raises UsageError.
        """
        return as_frame(explain_item(self.folder, id, label=label, config=Path(config) if config else None)[1])

    def plot_journey(self) -> Figure:
        """Mood along the journey with its interval, a matplotlib figure. Raises UsageError without the extra `plot`."""
        return figures.plot_journey(self.folder)

    def plot_themes(self, *, limit: int = 20) -> Figure:
        """Reach of the first `limit` themes to fix, a matplotlib figure. Raises UsageError without the extra `plot`."""
        return figures.plot_themes(self.folder, limit=limit)

    def plot_map(self, *, labels: int = 12) -> Figure:
        """The map of statements with the `labels` largest themes named, as a matplotlib figure.

        Raises UsageError without the extra `plot`, or where the run drew no map.
        """
        return figures.plot_map(self.folder, labels=labels)


def run(config: str | Path | Mapping[str, Any], *, out: str | Path | None = None) -> Run:
    """Run a configuration: a YAML file's path, or its content as a mapping. Raises VoicemineError."""
    if isinstance(config, Mapping):
        loaded = configuration.load(None, extra=config)
    else:
        loaded = configuration.load(Path(config))
    return Run(execute(loaded, out=Path(out) if out else None).folder)


def mine(
    frame: pd.DataFrame, *, out: str | Path | None = None, source: Mapping[str, Any] | None = None, **settings: Any
) -> Run:
    """Mine the feedback in a DataFrame.

    Columns are found by name and content; `source` says what cannot be guessed, with the keys of a source in the
    configuration (`text_columns`, `id_column`, `time_column`, …). `settings` are sections of the configuration,
    such as `cluster={"scope": "all"}`. Without `out`, the run lies in a new temporary folder.
    Raises VoicemineError.
    """
    if not isinstance(frame, pd.DataFrame):
        raise UsageError("mine() takes a pandas DataFrame; use run() for files")
    # A frame comes in by the same door as a stream of JSON lines: one reader, one way of finding columns.
    lines = frame.to_json(orient="records", lines=True, date_format="iso", date_unit="us", force_ascii=False)
    stream = io.BytesIO(lines.encode("utf-8", "surrogatepass"))
    one = {"name": "dataframe", **(source or {}), "path": "-"}
    loaded = configuration.load(None, extra={**settings, "sources": [one]})
    folder = Path(out) if out else Path(tempfile.mkdtemp(prefix="voicemine-"))
    return Run(execute(loaded, out=folder, stdin=stream).folder)
