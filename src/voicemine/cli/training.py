"""`voicemine models train`, with a progress bar, and `voicemine models adapt`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from voicemine.cli.commands import models_app
from voicemine.cli.main import JsonOption


def train(*, data: Path, out: Path, config: Path | None, work: Path | None) -> None:
    """Train, draw the progress on stderr, print the report of scores on stdout."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    from voicemine.cli.output import errors
    from voicemine.resources import config_file
    from voicemine.training.settings import read_settings
    from voicemine.training.workflow import train_labels

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


@models_app.command("adapt")
def models_adapt(
    file: Annotated[Path, typer.Argument(help="Labelled texts: JSON lines or CSV with `text` and the set's column.")],
    label_set: Annotated[str, typer.Option("--set", help="Label set to adapt, such as stage or touchpoint.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the adapted label model.")],
    base: Annotated[Path | None, typer.Option(help="Label model to start from; default: the shipped one.")] = None,
    seed: Annotated[int, typer.Option(help="Decides which examples are held out together.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Teach the labels your own classes from a few labelled texts each (8 or more)."""
    from voicemine.cli.output import results, table
    from voicemine.resources import model_dir
    from voicemine.training.own_model import adapt_file
    from voicemine.training.own_rows import OPEN

    found = adapt_file(file, label_set, base=base or model_dir("labels"), out=out, seed=seed)
    rows = list(zip(found.labels, found.is_new, found.counts, found.recall, strict=True))
    systems = (("adapted", found.ours), ("frozen embedding + LR", found.frozen))
    if as_json:
        typer.echo(json.dumps({
            "labels": [{"label": name, "new": new, "examples": n, "recall": r} for name, new, n, r in rows],
            "ridge": found.ridge,
            "cross_validated": {name: {"accuracy": s.accuracy, "macro_f1": s.macro_f1, "ece": s.ece}
                                for name, s in systems},
        }, indent=1, ensure_ascii=False))
        return
    results.print(table(f"{label_set}, cross-validated on the examples", ("label", "", "examples", "recall"),
                        [(name, "new" if new else "", n, r) for name, new, n, r in rows]))
    results.print(table("", ("system", "accuracy", "macro-F1", "ECE"),
                        [(name, s.accuracy, s.macro_f1, s.ece) for name, s in systems]))
    results.print(f"the model is in {out}; use it with encode.labels: {out}", markup=False)
    if label_set in OPEN:
        results.print(f"the {label_set} taxonomy file of the run must list: "
                      + ", ".join(label for label in found.labels if label not in ("none", "unclear")), markup=False)
