"""`voicemine models train`, with a progress bar."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from voicemine.cli.output import errors
from voicemine.resources import config_file
from voicemine.training.settings import read_settings
from voicemine.training.workflow import train_labels


def train(*, data: Path, out: Path, config: Path | None, work: Path | None) -> None:
    """Train, draw the progress on stderr, print the report of scores on stdout."""
    settings = read_settings(config or config_file("train.yaml"))
    tasks: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors) as bar:

        def say(phase: str, kind: str, value: float) -> None:
            if phase not in tasks:
                tasks[phase] = bar.add_task(phase, total=None)
            if kind == "total":
                bar.update(tasks[phase], total=value)
            elif kind == "step":
                bar.advance(tasks[phase], value if phase == "encode" else 1)
            else:
                bar.console.print(f"{phase}: held-out score {value:.4f}")

        done = train_labels(settings, roots=(data,), out=out, work=work, say=say)
    typer.echo(done.markdown)
    errors.print(f"{done.seconds / 60:.1f} minutes; the model is in {out}", markup=False)
