from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from voicemine import tables
from voicemine.artefacts import ledger_schema
from voicemine.artefacts.ledger import Ledger
from voicemine.errors import StoreError, UsageError
from voicemine.forgotten import Forgotten
from voicemine.prior import Fitting, PriorThemes


def knowledge(run_id: str, before: PriorThemes, *, themes: int = 2) -> PriorThemes:
    """What a run might leave: two themes, an event each, one change of place."""
    ids = [f"t_{n:010x}" for n in range(themes)]
    vectors = np.eye(themes, 4, dtype=np.float32)
    events = pd.DataFrame({"run_id": run_id, "ordinal": range(themes), "theme_id": ids, "event": "born",
                           "other_theme_id": None, "weight": np.nan, "note": [None, "a note"][:themes]})
    return PriorThemes(
        run_id=run_id,
        themes=pd.DataFrame({
            "theme_id": ids, "level": 0, "kind": "pain", "parent_theme_id": None, "name": [f"Name {t}" for t in ids],
            "is_pinned": False, "state": "live", "missed": 0, "status": "steady",
            "first_seen": [pd.Timestamp("2026-01-05T10:00", tz="UTC"), pd.NaT][:themes],
            "last_seen": pd.Timestamp("2026-02-05", tz="UTC")}, dtype=object),
        centroids=vectors, named_centroids=vectors[::-1],
        members=pd.DataFrame({"theme_id": ids, "mention_id": [f"{run_id}:i{n}#0" for n in range(themes)],
                              "weight": [1.0, 0.5][:themes]}),
        events=tables.conform("theme_ledger", pd.concat([before.events, events], ignore_index=True)
                              if len(before.events) else events),
        flows=pd.DataFrame({"run_id": [run_id], "theme_id": ids[:1], "to_theme_id": [None], "share": [0.25]}))


def commit(ledger: Ledger, run_id: str, *, base: str | None = None) -> PriorThemes:
    before = ledger.run_before(base or run_id)
    state = knowledge(run_id, ledger.read_prior(before))
    ledger.commit(run_id, state, base=base or run_id, before=before)
    return state


def test_what_is_committed_is_read_back(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "state" / "ledger.sqlite")
    assert ledger.run_before("x") is None and ledger.read_prior(None).is_empty
    state = commit(ledger, "r1")
    found = Ledger.open(tmp_path / "state" / "ledger.sqlite").read_prior("r1")
    assert found.run_id == "r1"
    assert found.themes.astype(str).equals(state.themes.astype(str))
    assert found.members.astype(str).equals(state.members.astype(str))
    assert np.array_equal(found.centroids, state.centroids)
    assert np.array_equal(found.named_centroids, state.named_centroids)
    assert found.events.equals(state.events)
    assert found.flows.astype(str).equals(state.flows.astype(str))


def test_a_repeated_night_sees_the_same_and_changes_nothing(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite")
    commit(ledger, "r1")
    before = ledger.run_before("r2")
    seen = ledger.read_prior(before).identity
    commit(ledger, "r2")
    after = ledger.read_prior("r2").identity
    assert ledger.run_before("r2") == before == "r1"
    assert ledger.read_prior(ledger.run_before("r2")).identity == seen
    commit(ledger, "r2")
    assert ledger.runs() == ["r1", "r2"] and ledger.read_prior("r2").identity == after


def test_reading_as_of_an_earlier_run(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite")
    for run in ("r1", "r2", "r3"):
        commit(ledger, run)
    found = ledger.read_prior("r2")
    assert set(found.events["run_id"]) == {"r1", "r2"} and set(found.flows["run_id"]) == {"r1", "r2"}
    assert found.members["mention_id"].str.startswith("r2:").all()


def test_old_runs_keep_events_but_not_members(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite")
    for n in range(12):
        commit(ledger, f"r{n:02d}")
    assert len(ledger.read_prior("r11").events) == 24
    with pytest.raises(StoreError, match="last 10 runs only"):
        ledger.read_prior("r01")
    with pytest.raises(StoreError, match="does not know"):
        ledger.read_prior("r99")


def test_a_commit_without_its_run_folder_is_taken_back(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite")
    for run in ("r1", "r2", "r3", "r4"):
        commit(ledger, run)
    assert ledger.forget_unfinished(lambda run: run in ("r1", "r2")) == ["r4", "r3"]
    assert ledger.runs() == ["r1", "r2"] and ledger.run_before("r3") == "r2"
    assert len(ledger.read_prior("r2").events) == 4
    assert ledger.forget_unfinished(lambda run: False) == []
    assert ledger.runs() == ["r1", "r2"]


@pytest.mark.parametrize("table", ["runs", "themes", "members", "vectors", "events", "flows"])
def test_a_fault_within_a_commit_leaves_the_run_before(tmp_path: Path, table: str) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger.open(path)
    commit(ledger, "r1")
    seen = ledger.read_prior("r1").identity
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk'); END")
    with pytest.raises(StoreError, match="disk"):
        commit(ledger, "r2")
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER broken")
    assert ledger.runs() == ["r1"] and ledger.read_prior("r1").identity == seen
    commit(ledger, "r2")
    assert ledger.runs() == ["r1", "r2"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_killed_commit_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger.open(path)
    commit(ledger, "r1")
    seen = ledger.read_prior("r1").identity
    # The child dies with the transaction open and its pages already in the file.
    child = textwrap.dedent(f"""
        import os, signal, sqlite3
        connection = sqlite3.connect({str(path)!r}, isolation_level=None)
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO runs (number, run_id, base, has_members) VALUES (2, 'r2', 'b', 1)")
        connection.executemany("INSERT INTO members VALUES (2, 't', ?, 1.0)", [(str(n),) for n in range(20000)])
        connection.execute("UPDATE themes SET name = 'torn'")
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    done = subprocess.run([sys.executable, "-c", child], check=False, env={**os.environ}, timeout=60)
    assert done.returncode == -signal.SIGKILL
    healed = Ledger.open(path)
    assert healed.runs() == ["r1"] and healed.read_prior("r1").identity == seen


def test_a_pinned_name_holds_and_changes_the_identity(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite")
    commit(ledger, "r1")
    plain = ledger.read_prior("r1")
    ledger.pin("t_0000000000", "Parcels")
    found = ledger.read_prior("r1")
    assert found.themes["name"].tolist() == ["Parcels", "Name t_0000000001"]
    assert found.themes["is_pinned"].tolist() == [True, False]
    assert found.identity != plain.identity
    ledger.unpin("t_0000000000")
    assert ledger.read_prior("r1").identity == plain.identity
    with pytest.raises(UsageError, match="ever had the id"):
        ledger.pin("t_none", "x")


def test_a_forgotten_item_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger.open(path)
    for run in ("r1", "r2"):
        commit(ledger, run)
    assert ledger.forget_items(frozenset({"r2:i1", "r1:i0"})) == 2
    assert ledger.read_prior("r2").members["mention_id"].tolist() == ["r2:i0#0"]
    assert b"r2:i1" not in path.read_bytes()


def test_migration_backs_up_and_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger.open(path)
    state = commit(ledger, "r1")
    steps = (*ledger_schema.MIGRATIONS, "ALTER TABLE pins ADD COLUMN reason TEXT;")
    with sqlite3.connect(path, isolation_level=None) as connection:
        assert ledger_schema.migrate(connection, path, steps=steps) == ledger_schema.CURRENT
        assert connection.execute("PRAGMA user_version").fetchone() == (ledger_schema.CURRENT + 1,)
        assert connection.execute("SELECT COUNT(*) FROM events").fetchone() == (2,)
    copy = Ledger(path.with_name(f"ledger.sqlite.backup-v{ledger_schema.CURRENT}"))
    assert copy.read_prior("r1").events.equals(state.events)
    with pytest.raises(StoreError, match="update voicemine"):
        Ledger.open(path)


def test_a_ledger_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.executescript(ledger_schema.MIGRATIONS[0] + "PRAGMA user_version = 1;")
        connection.execute("INSERT INTO runs VALUES (1, 'r1', 'b', NULL, 1)")
    ledger = Ledger.open(path)
    assert ledger.runs() == ["r1"] and ledger.fitting("r1") is None and ledger.locks() == {}
    commit(ledger, "r2")
    assert ledger.runs() == ["r1", "r2"]


def test_a_run_keeps_how_it_came_by_its_themes_and_how_sources_were_read(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite")
    first, second = Fitting("a:1", "", "m1"), Fitting("a:2", "m1", "m2")
    ledger.commit("r1", knowledge("r1", PriorThemes()), base="b1", before=None, fitting=first,
                  locks={"reviews": "{}", "survey": "{}"}, templates=["k2", "k1"])
    ledger.commit("r2", knowledge("r2", PriorThemes()), base="b2", before="r1", fitting=second, locks={"reviews": None})
    assert ledger.fitting("r1") == first and ledger.fitting("r2") == second and ledger.fitting(None) is None
    assert ledger.models() == {"m1", "m2"}
    assert ledger.templates("r1") == {"k1", "k2"} and not ledger.templates("r2") and not ledger.templates(None)
    assert ledger.locks() == {"survey": "{}"}, "a lock is lifted by None; a source not named keeps its own"


def test_tombstones_are_unfinished_until_said_otherwise_and_stay(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger.sqlite")
    first, second = Forgotten(items=frozenset({"d1"})), Forgotten(authors=frozenset({"d2"}))
    ledger.bury(first)
    assert ledger.forgotten() == ledger.forgotten(unfinished=True) == first
    ledger.settle_forgotten()
    ledger.bury(second)
    assert ledger.forgotten(unfinished=True) == second
    assert ledger.forgotten() == Forgotten(frozenset({"d1"}), frozenset({"d2"}))


def test_a_failed_migration_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    commit(Ledger.open(path), "r1")
    steps = (*ledger_schema.MIGRATIONS, "ALTER TABLE pins ADD COLUMN reason TEXT; CREATE TABLE broken (;")
    with sqlite3.connect(path, isolation_level=None) as connection, pytest.raises(sqlite3.Error):
        ledger_schema.migrate(connection, path, steps=steps)
    assert Ledger.open(path).runs() == ["r1"]


def test_a_damaged_file_is_named_with_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"this is no database, and never was one" * 100)
    with pytest.raises(StoreError, match="backup"):
        Ledger.open(path)
