from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from reconciler.errors import ReconcilerError
from reconciler.paths import private_dir


FILE = "ledger.sqlite"
_BUSY_MS = 5000
_MIGRATIONS: Sequence[str] = (
    """
    CREATE TABLE records (
        id TEXT PRIMARY KEY,
        host TEXT NOT NULL,
        plan TEXT NOT NULL,
        created_at TEXT NOT NULL,
        document TEXT NOT NULL
    ) STRICT;
    CREATE INDEX records_by_plan ON records (plan);
    """,
)


@contextmanager
def opened(state: Path, *, create: bool) -> Iterator[sqlite3.Connection | None]:
    """Open the ledger in *state*, brought up to date; without *create*, None where there is none yet.

    Raises:
        ReconcilerError: the file is not a ledger, is of a newer program, or cannot be opened.
    """
    path = state / FILE
    if not create and not path.exists():
        yield None
        return
    private_dir(state)
    try:
        path.touch(mode=0o600, exist_ok=True)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            _migrate(connection, path)
            yield connection
    except (sqlite3.DatabaseError, OSError) as error:
        raise ReconcilerError(
            f"cannot use the ledger {path}: {error}",
            hint="move the file away to start a new one; its records are then out of reach for rollback",
        ) from error


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(_MIGRATIONS):
        raise ReconcilerError(
            f"the ledger {path} was written by a newer tactician (format {version})", hint="update tactician"
        )
    for number in range(version, len(_MIGRATIONS)):
        connection.executescript(
            f"BEGIN IMMEDIATE; {_MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;"
        )
