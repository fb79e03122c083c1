"""The right to be forgotten: an item or an author vanishes from an out folder and does not come back."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from voicemine.artefacts.erase import erase_items, runs_of
from voicemine.artefacts.keys import Hasher, load_hasher
from voicemine.artefacts.ledger import Ledger
from voicemine.artefacts.lock import hold
from voicemine.artefacts.publish import current_run, read_manifest
from voicemine.errors import UsageError
from voicemine.forgotten import Forgotten, author_digest, item_digest
from voicemine.report import draw

#: What is thrown away whole, since it may hold text or vectors of the forgotten; the next run makes it anew.
_CACHES = ("cache", "state/themes", "state/names", "state/vectors")


@dataclass(frozen=True)
class Erased:
    """What forgetting removed: items, and the runs that held them."""

    items: int
    runs: int


def forget(out: Path, *, item_ids: Sequence[str] = (), author_ids: Sequence[str] = (),
           key_file: Path | None = None) -> Erased:
    """Forget items by `item_id`, and all items of authors by `author_id`, both as they stand in the table `items`.

    A tombstone, which is a keyed hash, keeps a file that is read again from bringing them back. The items vanish from
    the tables and reports of all kept runs and from the ledger; every cache is emptied, so that the next run computes
    all of it anew. Ids that no run knows get a tombstone all the same. A removal that was cut short is finished by
    the next run. Raises UsageError where there is no ledger, nothing was asked, or the key is not that of the runs;
    LockedError while a run works.
    """
    if not item_ids and not author_ids:
        raise UsageError("name an item_id, or an author with --author")
    if not (out / "state" / "ledger.sqlite").is_file():
        raise UsageError(f"{out} is no out folder with a ledger; run voicemine there first")
    with hold(out):
        hasher = load_hasher(out / "state", key_file=key_file)
        current = current_run(out)
        used = read_manifest(current).get("models", {}).get("hasher") if current else None
        if used not in (None, hasher.identity):
            raise UsageError("the runs were made with another key; give the configuration's privacy.key_file "
                             "as --key-file")
        ledger = Ledger.open(out / "state" / "ledger.sqlite")
        ledger.bury(Forgotten(frozenset(item_digest(i, hasher) for i in item_ids),
                              frozenset(author_digest(a, hasher) for a in author_ids)))
        return finish(out, ledger, hasher)


def finish(out: Path, ledger: Ledger, hasher: Hasher) -> Erased:
    """Remove what has a tombstone and may still lie in the out folder. Call under the folder's lock."""
    asked = ledger.forgotten(unfinished=True)
    if not asked:
        return Erased(0, 0)
    gone: set[str] = set()
    touched = 0
    for run in runs_of(out):
        erased = erase_items(run, lambda ids, authors: asked.rows(ids, authors, hasher))
        if erased:
            gone |= erased
            touched += 1
        # Also where nothing was found: the removal may have been cut short between the tables and the report.
        _redraw(run)
    known = sorted(ledger.item_ids())
    gone |= {i for i, hit in zip(known, asked.rows(known, [None] * len(known), hasher), strict=True) if hit}
    ledger.forget_items(gone)
    for name in _CACHES:
        shutil.rmtree(out / name, ignore_errors=True)
    ledger.settle_forgotten()
    return Erased(len(gone), touched)


def _redraw(run: Path) -> None:
    """Draw the reports of a run again. A printed one is removed: it needs a browser, which may not be here."""
    draw(run)
    for form in ("md", "json"):
        if (run / f"report.{form}").is_file():
            draw(run, format=form)
    (run / "report.pdf").unlink(missing_ok=True)
