"""The commands beside `run`: reports, comparison, configuration, tables, models, themes, doctor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from voicemine.cli.main import ConfigOption, JsonOption, SetOption, app

config_app = typer.Typer(no_args_is_help=True, help="Check, show or describe the configuration.")
tables_app = typer.Typer(no_args_is_help=True, help="The exported tables.")
models_app = typer.Typer(no_args_is_help=True, help="The models that ship with voicemine.")
app.add_typer(config_app, name="config")
app.add_typer(tables_app, name="tables")
app.add_typer(models_app, name="models")

RunArgument = Annotated[Path, typer.Argument(help="A run's folder, or an out folder.")]


@app.command()
def report(
    run: RunArgument,
    format: Annotated[Literal["html", "md", "pdf", "json"], typer.Option(help="What to write.")] = "html",
) -> None:
    """Draw the report of a run again from its exported tables."""
    from voicemine.artefacts.publish import find_run
    from voicemine.report import draw

    typer.echo(str(draw(find_run(run), format=format)))


@app.command()
def evaluate(
    run: RunArgument,
    gold: Annotated[Path, typer.Option(help="Labelled items: JSONL or CSV with an id and label columns.")],
    as_json: JsonOption = False,
) -> None:
    """Measure a run's labels against labelled items."""
    from voicemine.artefacts.publish import read_table
    from voicemine.cli.output import results, table
    from voicemine.evaluation.labels import evaluate_labels, read_gold

    scores = evaluate_labels(read_table(run, "items"), read_gold(gold))
    if as_json:
        typer.echo(json.dumps([s.as_dict() for s in scores], indent=1))
        return
    results.print(table("", ("label set", "items", "accuracy", "lenient", "macro-F1", "ECE"),
                        [(s.name, s.n, s.accuracy, s.lenient, s.macro_f1, s.ece) for s in scores]))


@app.command()
def compare(
    run_a: RunArgument, run_b: RunArgument, as_json: JsonOption = False,
) -> None:
    """Tell what moved between two runs."""
    from voicemine.cli.output import results, table
    from voicemine.evaluation.compare import compare_runs

    found = compare_runs(run_a, run_b)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=1, ensure_ascii=False))
        return
    results.print(table("configuration", ("key", "A", "B"), found.settings))
    results.print(table("figures", ("figure", "A", "B"), found.figures))
    results.print(table("labels of the items in both", ("label set", "items", "same", "kappa"), found.labels))
    results.print(table("themes", ("theme", "in A", "in B", "what happened"), found.themes))


@config_app.command("check")
def config_check(
    config: Annotated[Path, typer.Argument(help="Configuration file.")], set_: SetOption = None,
) -> None:
    """Check a configuration and the taxonomies that it names; tell every problem at once."""
    from voicemine.config import load

    load(config, overrides=set_ or ())
    typer.echo(f"{config}: valid")


@config_app.command("show")
def config_show(
    config: ConfigOption = None, set_: SetOption = None,
    comments: Annotated[bool, typer.Option(help="With the meaning of each key.")] = True,
) -> None:
    """Print the whole configuration, defaults filled in."""
    from voicemine.config import load, render

    typer.echo(render(load(config, overrides=set_ or ()).config, comments=comments), nl=False)


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON schema of the configuration."""
    from voicemine.config import Config

    typer.echo(json.dumps(Config.model_json_schema(), indent=1))


@tables_app.command("describe")
def tables_describe(
    name: Annotated[str | None, typer.Argument(help="One table; default: all.")] = None,
    format: Annotated[Literal["text", "json", "markdown"], typer.Option(help="How to print it.")] = "text",
) -> None:
    """Print the data dictionary: every exported table, column, type and meaning."""
    from voicemine.dictionary import as_json, as_markdown, as_text

    writer = {"text": as_text, "json": as_json, "markdown": as_markdown}[format]
    typer.echo(writer(name))


@models_app.command("list")
def models_list() -> None:
    """List the shipped models."""
    from voicemine.backends.model_card import read_card
    from voicemine.cli.output import results, table
    from voicemine.doctor import shipped_models

    rows = []
    for name, folder in shipped_models():
        card = read_card(folder)
        size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / (1 << 20)
        rows.append((name, card["version"], f"{size:.1f} MiB", card["licence"]))
    results.print(table("", ("model", "version", "size", "licence"), rows))


@models_app.command("verify")
def models_verify() -> None:
    """Check the files of every shipped model against the hashes on its card."""
    from voicemine.backends.minilm import minilm_folder
    from voicemine.backends.model_card import verify_card
    from voicemine.doctor import shipped_models

    minilm_folder()
    typer.echo("encoder all-MiniLM-L6-v2: verified")
    for name, folder in shipped_models():
        verify_card(folder)
        typer.echo(f"{name}: verified")


@app.command()
def doctor(
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Out folder to check for writing.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what is installed, which models verify, what is writable, and how fast this machine encodes."""
    from voicemine.cli.output import results, table
    from voicemine.doctor import examine

    checks = examine(out or Path.cwd())
    if as_json:
        typer.echo(json.dumps([c.as_dict() for c in checks], indent=1))
    else:
        results.print(table("", ("check", "state", "detail"), [(c.name, c.state, c.detail) for c in checks]))
    if any(c.state == "FAIL" for c in checks):
        raise typer.Exit(4)
