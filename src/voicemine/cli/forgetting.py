"""`voicemine forget`: a customer asks to be forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voicemine.cli.inspect import OutOption
from voicemine.cli.main import app


@app.command()
def forget(
    out: OutOption,
    item_ids: Annotated[list[str] | None, typer.Argument(metavar="[ITEM_ID]...", help="Ids as in the table items, or "
                                                         "- to read them from standard input, one a line.")] = None,
    author: Annotated[list[str] | None, typer.Option("--author", help="An author_id of the table items: all of that "
                                                     "author's items, also those to come.")] = None,
    key_file: Annotated[Path | None, typer.Option("--key-file", help="The configuration's privacy.key_file, if it "
                                                  "names one.")] = None,
) -> None:
    """Remove items from all runs, the ledger and the caches, and keep them from coming back."""
    import sys

    from voicemine.forgetting import forget as erase

    ids = item_ids or []
    if ids == ["-"]:
        ids = [line.strip() for line in sys.stdin if line.strip()]
    done = erase(out, item_ids=ids, author_ids=author or [], key_file=key_file)
    typer.echo(f"{done.items} item(s) removed from {done.runs} run(s); they will be refused from now on "
               "(reason: forgotten). The next run computes everything anew.")
