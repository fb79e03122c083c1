"""`voicemine models train`, with a progress bar, `voicemine models adapt`, and `voicemine models distil`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from voicemine.cli.commands import models_app
from voicemine.cli.main import ConfigOption, JsonOption, SetOption


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


@models_app.command("distil")
def models_distil(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Feedback to fit on: files, globs or folders.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the static model.")],
    sample: Annotated[int, typer.Option(min=1, help="Distinct mentions to fit on.")] = 20_000,
    check: Annotated[int, typer.Option(min=1, help="Other mentions, to measure on what is lost.")] = 2_000,
    dimensions: Annotated[int, typer.Option(min=2, help="Length of a vector, at most the encoder's.")] = 256,
    seed: Annotated[int, typer.Option(help="Decides which mentions are drawn.")] = 0,
    text_column: Annotated[list[str] | None, typer.Option(help="Column with the customer's words.")] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the fast tier: static embeddings and label heads that imitate the default encoder, and what they lose."""
    from dataclasses import asdict

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    from voicemine import config as configuration
    from voicemine.cli.output import errors, results, table
    from voicemine.distilling import distil
    from voicemine.runner import sources_from

    known = configuration.load(config, overrides=set_ or ()).config.sources if config else ()
    asked = sources_from([str(Path(f).absolute()) for f in files], {"text_columns": text_column}, known)
    loaded = configuration.load(config, overrides=set_ or (), extra={"sources": asked})
    tasks: dict[str, TaskID] = {}
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=errors) as bar:

        def say(phase: str, done: int, total: int) -> None:
            tasks[phase] = tasks.get(phase) or bar.add_task(phase)
            bar.update(tasks[phase], completed=done, total=total)

        made = distil(loaded, out=out, sample=sample, check=check, dimensions=dimensions, seed=seed, say=say)
    loss = made.loss
    if as_json:
        typer.echo(json.dumps({"fitted_on": made.fitted_on, "chosen": made.chosen, "check": loss.as_dict()}, indent=1))
        return
    results.print(table(f"fitted on {made.fitted_on} mentions; on {loss.texts} others", ("", "static", "full"), [
        ("of the ten nearest neighbours, the same", loss.neighbours, 1.0),
        ("rank correlation of cosines", loss.rank, 1.0),
        ("themes: AMI to the full encoder's (full: under another seed)", loss.themes["ami"], loss.themes["ami_again"]),
        ("texts a second", *(f"{loss.rates[name]:.0f}" for name in ("static", "full")))]))
    results.print(table("against the full model's labels", (
        "label set", "same label", "always the commonest", "ECE", "ECE to its probability"), [
            (name, *asdict(part).values()) for name, part in loss.labels.items()]))
    results.print(f"the model is in {out}; use it with encode.model: {out}", markup=False)
