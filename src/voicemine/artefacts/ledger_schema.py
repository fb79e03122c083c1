"""The ledger's schema, version by version."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from voicemine.errors import StoreError

#: SQL that leads from version n to n + 1; PRAGMA user_version holds the version. Add to the end, never change.
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, base TEXT NOT NULL, before TEXT,
        has_members INTEGER NOT NULL);
    CREATE TABLE themes (
        number INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, theme_id TEXT NOT NULL, level INTEGER NOT NULL,
        kind TEXT NOT NULL, parent_theme_id TEXT, name TEXT NOT NULL, is_pinned INTEGER NOT NULL, state TEXT NOT NULL,
        missed INTEGER NOT NULL, status TEXT NOT NULL, first_seen TEXT, last_seen TEXT,
        PRIMARY KEY (number, theme_id)) WITHOUT ROWID;
    CREATE TABLE members (
        number INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, theme_id TEXT NOT NULL, mention_id TEXT NOT NULL,
        weight REAL NOT NULL, PRIMARY KEY (number, theme_id, mention_id)) WITHOUT ROWID;
    CREATE TABLE vectors (
        number INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, theme_id TEXT NOT NULL, centroid BLOB NOT NULL,
        named_centroid BLOB NOT NULL, PRIMARY KEY (number, theme_id));
    CREATE TABLE events (
        number INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, ordinal INTEGER NOT NULL, theme_id TEXT NOT NULL,
        event TEXT NOT NULL, other_theme_id TEXT, weight REAL, note TEXT, PRIMARY KEY (number, ordinal));
    CREATE TABLE flows (
        number INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, ordinal INTEGER NOT NULL, theme_id TEXT NOT NULL,
        to_theme_id TEXT, share REAL NOT NULL, PRIMARY KEY (number, ordinal));
    CREATE TABLE pins (theme_id TEXT PRIMARY KEY, name TEXT NOT NULL);
    CREATE INDEX events_by_theme ON events (theme_id);
    """,
    """
    ALTER TABLE runs ADD COLUMN fit_inputs TEXT NOT NULL DEFAULT '';
    ALTER TABLE runs ADD COLUMN fit_known TEXT NOT NULL DEFAULT '';
    ALTER TABLE runs ADD COLUMN fit_model TEXT NOT NULL DEFAULT '';
    CREATE TABLE locks (source TEXT PRIMARY KEY, settings TEXT NOT NULL);
    CREATE TABLE templates (
        number INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, key TEXT NOT NULL,
        PRIMARY KEY (number, key)) WITHOUT ROWID;
    CREATE TABLE tombstones (digest TEXT PRIMARY KEY, kind TEXT NOT NULL, is_done INTEGER NOT NULL);
    """,
)
CURRENT = len(MIGRATIONS)


def migrate(connection: sqlite3.Connection, path: Path, *, steps: tuple[str, ...] = MIGRATIONS) -> int:
    """Bring an open ledger to the newest schema, all in one transaction; returns the version it had.

    A ledger that holds something is copied to `<name>.backup-v<version>` first. Raises StoreError for a file of a
    newer voicemine.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(steps):
        raise StoreError(f"the ledger {path} has version {version}, this voicemine knows {len(steps)}; "
                         "update voicemine")
    if version == len(steps):
        return version
    if version > 0:
        with closing(sqlite3.connect(path.with_name(f"{path.name}.backup-v{version}"))) as copy:
            connection.backup(copy)
    script = "".join(steps[version:])
    # One script with its own transaction: a kill leaves the old version or the new one.
    connection.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {len(steps)}; COMMIT;")
    return version
