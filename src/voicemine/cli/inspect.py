"""Commands that look closely: how one item was cleaned, why it has its labels, what a theme holds and is called."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from voicemine.cli.commands import RunArgument, models_app
from voicemine.cli.main import ConfigOption, JsonOption, SetOption, app
from voicemine.errors import UsageError

themes_app = typer.Typer(no_args_is_help=True, help="List, show and name themes.")
app.add_typer(themes_app, name="themes")

ThemeArgument = Annotated[str, typer.Argument(help="A theme_id.")]


@app.command()
def clean(
    explain: Annotated[str, typer.Option("--explain", metavar="ID", help="The item's id, as in its source.")],
    input: Annotated[list[str] | None, typer.Option("--input", "-i", help="File, glob or folder.")] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Show, step by step, what cleaning does to one item and why.

    The item is read from its source again, since raw text is not stored. What is printed first is raw.
    """
    from voicemine import config as configuration
    from voicemine.cli.output import results
    from voicemine.runner import sources_from
    from voicemine.sources.read import read_sources
    from voicemine.stages.clean.explain import explain as steps_of

    extra = {"sources": sources_from([str(Path(p).absolute()) for p in input], {}, ())} if input else {}
    loaded = configuration.load(config, overrides=set_ or (), extra=extra)
    raw = read_sources(loaded.config.sources, base=loaded.base, stdin=sys.stdin.buffer).raw
    found = raw[raw["item_id"].astype(str) == explain]
    if found.empty:
        raise UsageError(f"no item of the sources has the id '{explain}'")
    for step in steps_of({str(k): v for k, v in found.iloc[0].items()}, loaded.config.clean):
        results.print(f"[{step.step}] {step.reason}", markup=False)
        results.print(f"    {step.text}", markup=False)


@app.command()
def explain(
    id: Annotated[str, typer.Argument(metavar="ID", help="An item_id or a mention_id of the run.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="A run's folder, or an out folder.")],
    label: Annotated[
        Literal["stage", "touchpoint", "sentiment", "emotion", "pain", "intent"] | None,
        typer.Option(help="One label set; default: all.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="The run's configuration file, where it names files "
                                                "by relative paths.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Words shown for each label.")] = 8,
    as_json: JsonOption = False,
) -> None:
    """Show the words that drove the labels of one item or mention.

    A word weighs by how much the label's probability falls when the text is read without it; a negative weight
    speaks against the label.
    """
    from voicemine.cli.output import results, table
    from voicemine.explaining import explain_item

    text, found = explain_item(out, id, label=label, config=config)
    if as_json:
        typer.echo(json.dumps({"id": id, "text": text, "labels": [asdict(e) for e in found]}, indent=1,
                              ensure_ascii=False))
        return
    results.print(text, markup=False)
    for one in found:
        results.print(table(f"{one.label_set}: {one.label} ({one.confidence:.2f})", ("word", "weight", "at"),
                            [(w.text, f"{w.weight:+.3f}", w.start) for w in one.words[:limit]]))


@themes_app.command("list")
def themes_list(
    run: RunArgument,
    all_levels: Annotated[bool, typer.Option("--all", help="Sub-themes too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the themes of a run, first to fix first."""
    from voicemine.artefacts.publish import read_table
    from voicemine.cli.output import results, table

    themes = read_table(run, "themes")
    shown = themes if all_levels else themes[themes["level"] == 0]
    if as_json:
        typer.echo(shown.to_json(orient="records", date_format="iso", indent=1, force_ascii=False))
        return
    rows = [(t.priority_rank, t.theme_id, t.name, t.n_items, f"{t.share:.1%}", t.status, t.stage, t.touchpoint)
            for t in shown.sort_values(["level", "priority_rank"]).itertuples(index=False)]
    results.print(table("", ("rank", "theme_id", "name", "items", "share", "status", "stage", "touchpoint"), rows))


@themes_app.command("show")
def themes_show(run: RunArgument, theme: ThemeArgument) -> None:
    """Show one theme: its figures, quotes and history."""
    from voicemine.artefacts.publish import read_table
    from voicemine.cli.output import results, table

    themes = read_table(run, "themes")
    found = themes[themes["theme_id"] == theme]
    if found.empty:
        raise UsageError(f"the run has no theme '{theme}'; see `voicemine themes list`")
    results.print(table("", ("", ""), [(c, v) for c, v in found.iloc[0].items() if v is not None]))
    quotes = read_table(run, "theme_quotes")
    rows = quotes.loc[quotes["theme_id"] == theme, ["role", "text"]].itertuples(index=False)
    results.print(table("quotes", ("role", "text"), [tuple(r) for r in rows]))
    ledger = read_table(run, "theme_ledger")
    events = ledger.loc[ledger["theme_id"] == theme, ["run_id", "event", "other_theme_id", "note"]]
    rows = events.itertuples(index=False)
    results.print(table("history", ("run", "event", "other", "note"), [tuple(r) for r in rows]))


OutOption = Annotated[Path, typer.Option("--out", "-o", help="Out folder.")]


@themes_app.command("pin")
def themes_pin(theme: ThemeArgument, name: Annotated[str, typer.Argument(help="Its name from now on.")],
               out: OutOption) -> None:
    """Fix the name of a theme: every later run keeps it."""
    from voicemine.artefacts.ledger import Ledger
    from voicemine.artefacts.lock import hold

    if not name.strip():
        raise UsageError("a name needs at least one character")
    known_out(out)
    with hold(out):
        Ledger.open(out / "state" / "ledger.sqlite").pin(theme, name.strip())
    typer.echo(f"{theme} is called '{name.strip()}' from the next run on")


@themes_app.command("unpin")
def themes_unpin(theme: ThemeArgument, out: OutOption) -> None:
    """Let a theme be named by its content again."""
    from voicemine.artefacts.ledger import Ledger
    from voicemine.artefacts.lock import hold

    known_out(out)
    with hold(out):
        Ledger.open(out / "state" / "ledger.sqlite").unpin(theme)
    typer.echo(f"{theme} is named by its content from the next run on")


def known_out(out: Path) -> None:
    if not (out / "state" / "ledger.sqlite").is_file():
        raise UsageError(f"{out} is no out folder with a ledger; run voicemine there first")


@models_app.command("train")
def models_train(
    data: Annotated[Path, typer.Option(help="Folder that the paths of the training configuration start from.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the trained label model.")],
    config: ConfigOption = None,
    work: Annotated[Path | None, typer.Option(help="Keeps checkpoints, so that training can resume.")] = None,
) -> None:
    """Train the label model anew; `encode.labels` then names the folder."""
    from voicemine.cli.training import train

    train(data=data, out=out, config=config, work=work)
