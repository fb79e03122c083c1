"""`voicemine themes rename | merge | split | hide | unhide | edits | undo`: what people change about themes by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from voicemine.artefacts.edit_file import read_edits, write_edits
from voicemine.artefacts.ledger import Ledger
from voicemine.artefacts.lock import hold
from voicemine.cli.inspect import OutOption, ThemeArgument, known_out, themes_app, themes_pin
from voicemine.edits import Pair, ThemeEdits, Vector
from voicemine.errors import UsageError
from voicemine.prior import PriorThemes

themes_app.command("rename")(themes_pin)


@themes_app.command("merge")
def merge(theme: ThemeArgument, other: Annotated[str, typer.Argument(help="The theme that is the same matter.")],
          out: OutOption) -> None:
    """Make two themes one, from the next run on; the id of the larger stays."""
    with _Changing(out) as change:
        pair = change.centroid(theme), change.centroid(other)
        if theme == other:
            raise UsageError("a theme cannot be merged with itself; name two")
        change.add("merge", f"{theme} {other}", together=(*change.edits.together, pair))
    typer.echo(f"{theme} and {other} are one theme from the next run on")


@themes_app.command("split")
def split(theme: ThemeArgument, out: OutOption) -> None:
    """Divide a theme between its two largest sub-themes, from the next run on; the larger part keeps the id."""
    with _Changing(out) as change:
        parts = change.sub_themes(theme)
        if len(parts) < 2:
            raise UsageError(f"{theme} has no two sub-themes to be divided between; name two texts under cluster.apart "
                             "in the configuration instead")
        pair = change.centroid(parts[0]), change.centroid(parts[1])
        change.add("split", f"{theme} {parts[0]} {parts[1]}", apart=(*change.edits.apart, pair))
    typer.echo(f"{theme} is divided from the next run on")


@themes_app.command("hide")
def hide(theme: ThemeArgument, out: OutOption) -> None:
    """Leave a theme out of the report, from the next run on; the tables keep it, marked is_hidden."""
    with _Changing(out) as change:
        change.centroid(theme)
        change.add("hide", theme, hidden=change.edits.hidden | {theme})
    typer.echo(f"{theme} is hidden from the next run on")


@themes_app.command("unhide")
def unhide(theme: ThemeArgument, out: OutOption) -> None:
    """Show a hidden theme again, from the next run on."""
    with _Changing(out) as change:
        if theme not in change.edits.hidden:
            raise UsageError(f"{theme} is not hidden; see `voicemine themes edits`")
        notes = tuple(n for n in change.edits.notes if n != ("hide", theme))
        change.edits = replace(change.edits, hidden=change.edits.hidden - {theme}, notes=notes)
    typer.echo(f"{theme} is shown from the next run on")


@themes_app.command("edits")
def edits(out: OutOption) -> None:
    """List what was changed by hand, oldest first."""
    from voicemine.cli.output import results, table

    known_out(out)
    notes = read_edits(out / "state").notes
    results.print(table("", ("number", "edit", "themes"), [(i, *n) for i, n in enumerate(notes, 1)]))


@themes_app.command("undo")
def undo(number: Annotated[int, typer.Argument(help="Number in `voicemine themes edits`.")], out: OutOption) -> None:
    """Take an edit back, from the next run on."""
    with _Changing(out) as change:
        notes = change.edits.notes
        if not 1 <= number <= len(notes):
            raise UsageError(f"there is no edit {number}; see `voicemine themes edits`")
        kind, told = notes[number - 1]
        # The n-th note of a kind tells of the n-th pair of that kind.
        place = sum(k == kind for k, _ in notes[: number - 1])
        left = notes[: number - 1] + notes[number:]
        pairs = change.edits.together if kind == "merge" else change.edits.apart
        fewer = pairs[:place] + pairs[place + 1 :]
        change.edits = (
            replace(change.edits, notes=left, hidden=change.edits.hidden - {told}) if kind == "hide"
            else replace(change.edits, notes=left, together=fewer) if kind == "merge"
            else replace(change.edits, notes=left, apart=fewer))
    typer.echo(f"taken back: {kind} {told}")


class _Changing:
    """Edits of an out folder under its lock; written when nothing was raised."""

    edits: ThemeEdits

    def __init__(self, out: Path) -> None:
        known_out(out)
        self._state, self._lock = out / "state", hold(out)

    def __enter__(self) -> _Changing:
        self._lock.__enter__()
        try:
            ledger = Ledger.open(self._state / "ledger.sqlite")
            runs = ledger.runs()
            self._known: PriorThemes = ledger.read_prior(runs[-1] if runs else None)
            self.edits = read_edits(self._state)
        except BaseException:
            self._lock.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            if kind is None:
                write_edits(self._state, self.edits)
        finally:
            self._lock.__exit__(None, None, None)

    def _row(self, theme: str) -> int:
        ids = self._known.themes["theme_id"].tolist()
        if theme not in ids:
            raise UsageError(f"no theme has the id {theme}; see `voicemine themes list`")
        return ids.index(theme)

    def centroid(self, theme: str) -> Vector:
        found: Vector = self._known.centroids[self._row(theme)]
        return found

    def sub_themes(self, theme: str) -> list[str]:
        """Sub-themes that the last run found, by falling size."""
        self._row(theme)
        themes = self._known.themes
        found = themes.loc[(themes["parent_theme_id"] == theme) & (themes["state"] == "live"), "theme_id"]
        size = self._known.members.groupby("theme_id")["weight"].sum()
        return sorted(found, key=lambda t: (-float(size.get(t, 0.0)), t))

    def add(self, kind: str, told: str, *, together: tuple[Pair, ...] | None = None,
            apart: tuple[Pair, ...] | None = None, hidden: frozenset[str] | None = None) -> None:
        if (kind, told) in self.edits.notes:
            raise UsageError(f"that was done already: {kind} {told}")
        self.edits = ThemeEdits(
            together=self.edits.together if together is None else together,
            apart=self.edits.apart if apart is None else apart,
            hidden=self.edits.hidden if hidden is None else hidden, notes=(*self.edits.notes, (kind, told)))
