"""How the command line speaks: results on stdout, everything else on stderr, progress that suits the place."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from voicemine.measure import Cost
from voicemine.reporter import Reporter

errors = Console(stderr=True, highlight=False, soft_wrap=True)
results = Console(highlight=False, soft_wrap=True)

_PERIOD = 15.0  # seconds between two lines of progress in a log


def set_up_logging(*, quiet: bool, debug: bool) -> None:
    """Log to stderr: coloured on a terminal, one plain line with time and level in a file."""
    level = logging.DEBUG if debug else logging.WARNING if quiet else logging.INFO
    if sys.stderr.isatty():
        handler: logging.Handler = RichHandler(console=errors, show_path=debug, show_time=False, rich_tracebacks=debug)
        handler.setFormatter(logging.Formatter("%(message)s"))
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S"))
    ours = logging.getLogger("voicemine")
    ours.handlers[:] = [handler]
    ours.setLevel(level)
    ours.propagate = False


class LogReporter(Reporter):
    """Plain lines: one when a stage starts, one when it ends, and a share now and then between them."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._stage = ""

    def stage(self, name: str, about: str) -> None:
        self._stage, self._last = name, time.monotonic()
        super().stage(name, about)

    def progress(self, done: int, total: int) -> None:
        if total and time.monotonic() - self._last >= _PERIOD:
            self._last = time.monotonic()
            logging.getLogger("voicemine").info("%s: %d of %d (%d %%)", self._stage, done, total, 100 * done // total)


class BarReporter(Reporter):
    """A live bar on a terminal."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._task: Any = None
        self._stage = ""

    def stage(self, name: str, about: str) -> None:
        self._close()
        self._stage = name
        self._bar = Progress(TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(),
                             TimeElapsedColumn(), TimeRemainingColumn(), console=errors, transient=True)
        self._bar.start()
        self._task = self._bar.add_task(name, total=None)

    def progress(self, done: int, total: int) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total)

    def done(self, name: str, cost: Cost | None) -> None:
        self._close()
        super().done(name, cost)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def reporter() -> Reporter:
    """The reporter that suits where stderr goes."""
    return BarReporter() if sys.stderr.isatty() else LogReporter()


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A table for the terminal; cell text is never read as markup."""
    from rich.text import Text

    drawn = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in columns:
        drawn.add_column(name, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text("" if v is None else f"{v:.3g}" if isinstance(v, float) else str(v)) for v in row))
    return drawn


def _fit(record: Mapping[str, Any]) -> str:
    """How the themes came about, where they were not simply fitted for the first time."""
    how = str(record.get("counts", {}).get("cluster", {}).get("fit", ""))
    return "" if how.endswith("no themes were known") else how


def summary(record: Mapping[str, Any], folder: str, *, is_new: bool) -> None:
    """One screen on what a run found."""
    rows, themes = record["rows"], record["themes"]
    state = "complete" if is_new else "nothing new: the run is up to date"
    results.print(f"run {record['run_id']}: {state}", markup=False)
    rejected = ", ".join(f"{n} {reason}" for reason, n in rows["rejected"].items()) or "none"
    skipped = ", ".join(f"{n} {reason}" for reason, n in rows["skipped"].items()) or "none"
    kept = f", {rows['kept']} items kept from earlier nights" if rows.get("kept") else ""
    results.print(f"rows in {rows['in']}{kept}; items {rows['items']}, mined {rows['mined']}; not mined: {skipped}; "
                  f"rejected: {rejected}", markup=False)
    results.print(f"mentions {record['tables']['mentions']}, of these pains {themes['pain_mentions']}; "
                  f"themes {themes['count']}" + (f" ({fit})" if (fit := _fit(record)) else ""), markup=False)
    for theme in themes["first"]:
        results.print(f"  {theme['n_items']:>6}  {theme['name']}  [{theme['status']}]", markup=False)
    for alert in record["alerts"]:
        new = "new" if alert["is_new"] else f"since {alert['since'][:10]}"
        results.print(f"alert ({new}): {alert['name']}: {alert['n_mentions']} items in the period from "
                      f"{alert['period_start'][:10]}, {alert['expected']:.1f} expected", markup=False)
    for warning in record["warnings"]:
        errors.print(f"warning: {warning}", markup=False)
    results.print(f"tables: {folder}/tables   report: {folder}/report.html", markup=False)
