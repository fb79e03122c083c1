"""The ledger: what is known of every theme, run by run, in one SQLite file.

Each commit is one transaction and keeps the whole knowledge after that run, so that it can be read as of any run
that is kept. Members and vectors are kept for the newest runs only; events and changes of place for ever. A kill at
any instant leaves the file as it was before the transaction or after it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from voicemine import tables
from voicemine.artefacts.files import make_folder
from voicemine.artefacts.ledger_schema import migrate
from voicemine.errors import StoreError, UsageError
from voicemine.forgotten import Forgotten
from voicemine.prior import FLOW_COLUMNS, MEMBER_COLUMNS, THEME_COLUMNS, Fitting, PriorThemes, Vectors

#: Runs whose members and vectors are kept, and that can thus be read as a prior.
_KEPT_RUNS = 10
_TIMES = ("first_seen", "last_seen")
_EVENT_COLUMNS = tables.TABLES["theme_ledger"].column_names


class Ledger:
    """Theme knowledge of an out folder. Use `Ledger.open`; call under the folder's lock."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def open(cls, path: Path) -> Ledger:
        """Open or create the ledger, brought to the current schema; a copy is kept before a migration.

        Raises StoreError where the file is damaged, from a newer voicemine, or cannot be written.
        """
        make_folder(path.parent)
        ledger = cls(path)
        with ledger._connected() as connection:
            migrate(connection, path)
        return ledger

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = DELETE")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("PRAGMA secure_delete = ON")
                yield connection
        except sqlite3.Error as fault:
            raise StoreError(f"the ledger {self._path} cannot be used: {fault}; restore it from a backup beside it "
                             "(ledger.sqlite.backup-*) or move it away to begin a new one") from fault

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def runs(self) -> list[str]:
        """Committed runs, oldest first."""
        with self._connected() as connection:
            return [str(r[0]) for r in connection.execute("SELECT run_id FROM runs ORDER BY number")]

    def has(self, run_id: str) -> bool:
        """Whether the run is committed."""
        return run_id in self.runs()

    def run_before(self, base: str) -> str | None:
        """The run whose knowledge a run made from `base` starts from.

        That is the newest committed one; where the newest was itself made from `base` (the same night once more),
        the one that it started from, so that a repeated night sees what it saw the first time.
        """
        with self._connected() as connection:
            row = connection.execute("SELECT run_id, base, before FROM runs ORDER BY number DESC LIMIT 1").fetchone()
        if row is None:
            return None
        return (None if row[2] is None else str(row[2])) if row[1] == base else str(row[0])

    def forget_unfinished(self, is_complete: Callable[[str], bool]) -> list[str]:
        """Take back the newest commits whose run folder is not there; returns their ids, newest first.

        Where no committed run has its folder any more (old runs were cleared away), the knowledge stays.
        """
        runs = self.runs()
        done = [is_complete(r) for r in runs]
        if not any(done):
            return []
        lost = list(reversed(runs[len(runs) - 1 - list(reversed(done)).index(True) + 1:]))
        if lost:
            with self._transaction() as connection:
                connection.executemany("DELETE FROM runs WHERE run_id = ?", [(r,) for r in lost])
        return lost

    def read_prior(self, before: str | None) -> PriorThemes:
        """The knowledge as of the run `before`; empty for None. Raises StoreError where it is not kept any more."""
        if before is None:
            return PriorThemes()
        with self._connected() as connection:
            run = connection.execute("SELECT number, has_members FROM runs WHERE run_id = ?", (before,)).fetchone()
            if run is None:
                raise StoreError(f"the ledger {self._path} does not know the run {before}")
            if not run[1]:
                raise StoreError(f"the ledger {self._path} keeps themes for the last {_KEPT_RUNS} runs only, "
                                 f"and {before} is older")
            number = int(run[0])
            themes = self._themes(connection, number)
            centroids, named = self._vectors(connection, number, themes["theme_id"].tolist())
            members = _query(connection, "SELECT theme_id, mention_id, weight FROM members WHERE number = ? "
                             "ORDER BY theme_id, mention_id", (number,), MEMBER_COLUMNS)
            events = _query(connection, "SELECT r.run_id, e.ordinal, e.theme_id, e.event, e.other_theme_id, e.weight, "
                            "e.note FROM events e JOIN runs r USING (number) WHERE number <= ? "
                            "ORDER BY number, ordinal", (number,), _EVENT_COLUMNS)
            flows = _query(connection, "SELECT r.run_id, f.theme_id, f.to_theme_id, f.share FROM flows f "
                           "JOIN runs r USING (number) WHERE number <= ? ORDER BY number, f.ordinal", (number,),
                           FLOW_COLUMNS)
        return PriorThemes(run_id=before, themes=themes, centroids=centroids, named_centroids=named, members=members,
                           events=tables.conform("theme_ledger", events.astype({"weight": "float64"})), flows=flows)

    def _themes(self, connection: sqlite3.Connection, number: int) -> pd.DataFrame:
        names = ", ".join(THEME_COLUMNS)
        themes = _query(connection, f"SELECT {names} FROM themes WHERE number = ? ORDER BY theme_id",
                        (number,), THEME_COLUMNS)
        pins = dict(connection.execute("SELECT theme_id, name FROM pins ORDER BY theme_id"))
        themes["name"] = [pins.get(t, n) for t, n in zip(themes["theme_id"], themes["name"], strict=True)]
        themes["is_pinned"] = [bool(p) or t in pins for t, p in zip(themes["theme_id"], themes["is_pinned"],
                                                                    strict=True)]
        for column in _TIMES:
            themes[column] = [pd.NaT if v is None else pd.Timestamp(v) for v in themes[column]]
        return themes

    def _vectors(self, connection: sqlite3.Connection, number: int, order: list[str]) -> tuple[Vectors, Vectors]:
        rows = {r[0]: (r[1], r[2]) for r in connection.execute(
            "SELECT theme_id, centroid, named_centroid FROM vectors WHERE number = ?", (number,))}
        both = [np.array([np.frombuffer(rows[t][side], dtype="<f4") for t in order], dtype=np.float32)
                if order else np.zeros((0, 0), dtype=np.float32) for side in (0, 1)]
        return both[0], both[1]

    def commit(
        self, run_id: str, state: PriorThemes, *, base: str, before: str | None, fitting: Fitting | None = None,
        locks: Mapping[str, str | None] | None = None, templates: Iterable[str] = (),
    ) -> None:
        """Store the knowledge after a run, in one transaction. A run committed before is replaced by itself.

        fitting: how the run came by its themes. locks: by source how it was understood (JSON), to be held to on later
        nights; None lifts the lock of a source, and a source that is not named keeps its own. templates: keys of the
        boilerplate that was stripped.
        """
        fit = fitting or Fitting("", "", "")
        with self._transaction() as connection:
            known = connection.execute("SELECT number FROM runs WHERE run_id = ?", (run_id,)).fetchone()
            if known is None:
                number = int(connection.execute("SELECT COALESCE(MAX(number), 0) + 1 FROM runs").fetchone()[0])
            else:
                number = int(known[0])
                connection.execute("DELETE FROM runs WHERE number = ?", (number,))
            connection.execute(
                "INSERT INTO runs (number, run_id, base, before, has_members, fit_inputs, fit_known, fit_model) "
                "VALUES (?, ?, ?, ?, 1, ?, ?, ?)", (number, run_id, base, before, fit.inputs, fit.known, fit.model))
            connection.executemany("INSERT INTO templates VALUES (?, ?)", [(number, t) for t in sorted(set(templates))])
            for source, settings in (locks or {}).items():
                connection.execute("DELETE FROM locks WHERE source = ?", (source,))
                if settings is not None:
                    connection.execute("INSERT INTO locks VALUES (?, ?)", (source, settings))
            marks = ", ".join("?" * (len(THEME_COLUMNS) + 1))
            connection.executemany(
                f"INSERT INTO themes (number, {', '.join(THEME_COLUMNS)}) VALUES ({marks})",
                [(number, *(_plain(v) for v in row)) for row in
                 state.themes[list(THEME_COLUMNS)].itertuples(index=False)])
            connection.executemany(
                "INSERT INTO members VALUES (?, ?, ?, ?)",
                [(number, t, m, float(w)) for t, m, w in state.members[list(MEMBER_COLUMNS)].itertuples(index=False)])
            connection.executemany(
                "INSERT INTO vectors VALUES (?, ?, ?, ?)",
                [(number, t, a.astype("<f4").tobytes(), b.astype("<f4").tobytes()) for t, a, b in
                 zip(state.themes["theme_id"], state.centroids, state.named_centroids, strict=True)])
            events = state.events[state.events["run_id"] == run_id]
            connection.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(number, *(_plain(v) for v in row)) for row in
                 events[["ordinal", "theme_id", "event", "other_theme_id", "weight", "note"]].itertuples(index=False)])
            flows = state.flows[state.flows["run_id"] == run_id]
            connection.executemany(
                "INSERT INTO flows VALUES (?, ?, ?, ?, ?)",
                [(number, n, *(_plain(v) for v in row)) for n, row in
                 enumerate(flows[["theme_id", "to_theme_id", "share"]].itertuples(index=False))])
            self._thin(connection)

    def _thin(self, connection: sqlite3.Connection) -> None:
        """Drop members, vectors and theme rows of runs older than those kept."""
        old = [(int(r[0]),) for r in connection.execute(
            "SELECT number FROM runs WHERE has_members = 1 ORDER BY number DESC LIMIT -1 OFFSET ?", (_KEPT_RUNS,))]
        for table in ("members", "vectors", "themes", "templates"):
            connection.executemany(f"DELETE FROM {table} WHERE number = ?", old)
        connection.executemany("UPDATE runs SET has_members = 0 WHERE number = ?", old)

    def fitting(self, run_id: str | None) -> Fitting | None:
        """How a committed run came by its themes; None where that is not known."""
        with self._connected() as connection:
            row = connection.execute("SELECT fit_inputs, fit_known, fit_model FROM runs WHERE run_id = ?",
                                     (run_id,)).fetchone()
        return Fitting(*map(str, row)) if row is not None and row[2] else None

    def models(self) -> set[str]:
        """Hashes of the theme models that a later run may start from."""
        with self._connected() as connection:
            rows = connection.execute("SELECT fit_known, fit_model FROM runs WHERE has_members = 1").fetchall()
        return {str(m) for row in rows for m in row if m}

    def templates(self, run_id: str | None) -> frozenset[str]:
        """Keys of the boilerplate that a committed run stripped."""
        with self._connected() as connection:
            rows = connection.execute("SELECT key FROM templates JOIN runs USING (number) WHERE run_id = ?", (run_id,))
            return frozenset(str(r[0]) for r in rows)

    def locks(self) -> dict[str, str]:
        """How each locked source was understood, as JSON, by its name."""
        with self._connected() as connection:
            return {str(s): str(j) for s, j in connection.execute("SELECT source, settings FROM locks")}

    def bury(self, digests: Forgotten) -> None:
        """Set tombstones. They count as unfinished until `settle_forgotten`."""
        rows = [*((d, "item") for d in sorted(digests.items)), *((d, "author") for d in sorted(digests.authors))]
        with self._transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO tombstones VALUES (?, ?, 0)", rows)

    def forgotten(self, *, unfinished: bool = False) -> Forgotten:
        """All tombstones, or those whose items may still lie in older runs."""
        with self._connected() as connection:
            rows = connection.execute(
                "SELECT digest, kind FROM tombstones" + (" WHERE is_done = 0" if unfinished else "")).fetchall()
        return Forgotten(frozenset(str(d) for d, k in rows if k == "item"),
                         frozenset(str(d) for d, k in rows if k == "author"))

    def settle_forgotten(self) -> None:
        """Say that nothing of what was forgotten is left in the out folder."""
        with self._transaction() as connection:
            connection.execute("UPDATE tombstones SET is_done = 1")

    def item_ids(self) -> set[str]:
        """Items of which a mention is kept in any run."""
        with self._connected() as connection:
            rows = connection.execute("SELECT DISTINCT mention_id FROM members").fetchall()
        return {str(m).rpartition("#")[0] for (m,) in rows}

    def pin(self, theme_id: str, name: str) -> None:
        """Fix the name of a theme for all later runs. Raises UsageError for an id that was never given."""
        with self._transaction() as connection:
            if connection.execute("SELECT 1 FROM events WHERE theme_id = ? LIMIT 1", (theme_id,)).fetchone() is None:
                raise UsageError(f"no theme has ever had the id {theme_id}")
            connection.execute("INSERT OR REPLACE INTO pins VALUES (?, ?)", (theme_id, name))

    def unpin(self, theme_id: str) -> None:
        """Let the theme be named by its content again."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM pins WHERE theme_id = ?", (theme_id,))

    def forget_items(self, item_ids: Iterable[str]) -> int:
        """Remove every trace of items from the members of all kept runs, and from copies of the ledger made before a
        migration, which are removed whole; returns the rows removed. What was freed is overwritten with zeros."""
        for copy in sorted(self._path.parent.glob(f"{self._path.name}.backup-*")):
            copy.unlink(missing_ok=True)
        item_ids = frozenset(item_ids)
        with self._transaction() as connection:
            found = connection.execute("SELECT DISTINCT mention_id FROM members").fetchall()
            gone = [(m,) for (m,) in found if str(m).rpartition("#")[0] in item_ids]
            return max(connection.executemany("DELETE FROM members WHERE mention_id = ?", gone).rowcount, 0)


def _query(connection: sqlite3.Connection, sql: str, values: tuple[Any, ...], columns: tuple[str, ...]) -> pd.DataFrame:
    rows = connection.execute(sql, values).fetchall()
    return pd.DataFrame({c: pd.Series([r[i] for r in rows], dtype=object) for i, c in enumerate(columns)})


def _plain(value: Any) -> Any:
    """A value as SQLite takes it."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, bool | np.bool_ | np.integer):
        return int(value)
    return float(value) if isinstance(value, np.floating) else value
