"""Entry point: the commands, and how an error becomes one line and an exit code."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from voicemine.errors import UsageError, VoicemineError

app = typer.Typer(
    name="voicemine", no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Mine customer feedback into named pain-point themes, linked to journey stages and touchpoints.",
)


class State:
    """Flags that hold for every command."""

    debug = False


@app.callback()
def common(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Log warnings only.")] = False,
) -> None:
    from voicemine.cli.output import set_up_logging

    State.debug = debug
    set_up_logging(quiet=quiet, debug=debug)


ConfigOption = Annotated[Path | None, typer.Option("--config", help="Configuration file (YAML).")]
SetOption = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override one key.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command()
def run(
    input: Annotated[list[str] | None, typer.Option("--input", "-i", help="File, glob, folder, or - .")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Out folder.")] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    text_column: Annotated[list[str] | None, typer.Option(help="Column with the customer's words.")] = None,
    id_column: Annotated[str | None, typer.Option(help="Column with a unique id.")] = None,
    time_column: Annotated[str | None, typer.Option(help="Column with the time of writing.")] = None,
    score_column: Annotated[str | None, typer.Option(help="Column with a score.")] = None,
    author_column: Annotated[str | None, typer.Option(help="Column that tells who wrote it.")] = None,
    source: Annotated[str | None, typer.Option(help="Name of the source in the tables.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Compute everything anew.")] = False,
    force_publish: Annotated[bool, typer.Option("--force-publish", help="Make the run current whatever the publish "
                                                "gate says.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Mine feedback: files in, theme tables and a report out."""
    from voicemine import config as configuration
    from voicemine.cli.output import reporter, summary
    from voicemine.runner import execute, sources_from

    columns = {"text_columns": text_column, "id_column": id_column, "time_column": time_column,
               "score_column": score_column, "author_column": author_column, "name": source}
    flags = [f"--{k.replace('_', '-')}" for k, v in columns.items() if v]
    extra = {}
    if input:
        known = configuration.load(config, overrides=set_ or ()).config.sources if config else ()
        # Paths on the command line are the caller's, not the file's.
        extra["sources"] = sources_from([p if p == "-" else str(Path(p).absolute()) for p in input], columns, known)
    elif flags:
        raise UsageError(f"{flags[0]} goes with --input; in a configuration file, set it under sources")
    loaded = configuration.load(config, overrides=set_ or (), extra=extra)
    outcome = execute(loaded, out=out, stdin=sys.stdin.buffer, reporter=reporter(), force=force,
                      force_publish=force_publish)
    shown = outcome.folder.parent / "current"
    if as_json:
        typer.echo(json.dumps(dict(outcome.manifest), indent=1, ensure_ascii=False))
    else:
        summary(outcome.manifest, str(shown), is_new=outcome.is_new)


def main() -> None:
    """Run the command line. Exit codes: 0 done, 2 usage, 3 input, 4 stage, 5 locked, 6 gate refused."""
    # Importing them registers the other commands.
    from voicemine.cli import commands, forgetting, inspect, theme_edits, training, tuning  # noqa: F401

    try:
        app()
    except VoicemineError as fault:
        if State.debug:
            raise
        _say(str(fault))
        sys.exit(fault.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _say(message: str) -> None:
    typer.echo(f"voicemine: {message}", err=True)
