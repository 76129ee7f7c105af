from __future__ import annotations

import errno
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from reconciler.errors import ReconcilerError
from reconciler.paths import STATE_VARIABLE, private_dir


FILE = "ledger.sqlite"
_BUSY_MS, _PAUSE_MS = 5000, 10
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
    """
    CREATE TABLE readings (
        provider TEXT NOT NULL,
        account TEXT NOT NULL,
        window TEXT NOT NULL,
        taken_at INTEGER NOT NULL,
        source TEXT NOT NULL,
        state TEXT NOT NULL,
        used_fraction TEXT,
        used TEXT,
        quota_limit TEXT,
        unit TEXT,
        resets_at INTEGER,
        plan TEXT,
        PRIMARY KEY (provider, account, window, taken_at, source)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE answers (
        provider TEXT NOT NULL,
        account TEXT NOT NULL,
        good INTEGER NOT NULL,
        taken_at INTEGER NOT NULL,
        answer TEXT NOT NULL,
        PRIMARY KEY (provider, account, good)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE manners (
        provider TEXT NOT NULL,
        account TEXT NOT NULL,
        next_ask INTEGER NOT NULL,
        refusals INTEGER NOT NULL,
        PRIMARY KEY (provider, account)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE owner_points (
        provider TEXT NOT NULL,
        account TEXT NOT NULL,
        window TEXT NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('set', 'reset')),
        used_fraction TEXT,
        used TEXT,
        PRIMARY KEY (provider, account, window, at)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE usage_dimensions (
        id INTEGER PRIMARY KEY,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        agent TEXT NOT NULL,
        job TEXT NOT NULL,
        kind TEXT NOT NULL,
        UNIQUE (provider, model, agent, job, kind)
    ) STRICT;
    CREATE TABLE usage (
        at INTEGER NOT NULL,
        key INTEGER NOT NULL,
        dimension INTEGER NOT NULL,
        marks INTEGER NOT NULL,
        requests INTEGER NOT NULL,
        input INTEGER NOT NULL,
        output INTEGER NOT NULL,
        cache_read INTEGER NOT NULL,
        cache_write INTEGER NOT NULL,
        nanodollars INTEGER NOT NULL,
        PRIMARY KEY (at, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE usage_sources (
        path TEXT PRIMARY KEY,
        stamp TEXT NOT NULL,
        position INTEGER NOT NULL,
        head TEXT NOT NULL,
        tail TEXT NOT NULL,
        carry TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE usage_sessions (
        session TEXT PRIMARY KEY,
        told_by TEXT NOT NULL CHECK (told_by IN ('transcript', 'summary'))
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE usage_runs (
        job TEXT NOT NULL,
        run_at INTEGER NOT NULL,
        agent TEXT NOT NULL,
        session TEXT NOT NULL,
        status TEXT NOT NULL,
        reason TEXT,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        duration_ms INTEGER NOT NULL,
        input INTEGER NOT NULL,
        output INTEGER NOT NULL,
        cache_read INTEGER NOT NULL,
        cache_write INTEGER NOT NULL,
        reported INTEGER NOT NULL,
        PRIMARY KEY (job, run_at)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX usage_runs_by_time ON usage_runs (run_at);
    """,
    """
    CREATE TABLE holds (
        host TEXT NOT NULL,
        address TEXT NOT NULL,
        reason TEXT NOT NULL,
        set_at INTEGER NOT NULL,
        until INTEGER,
        PRIMARY KEY (host, address)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    CREATE TABLE reconciliations (
        host TEXT NOT NULL,
        at INTEGER NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (host, at)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE alarms (
        provider TEXT NOT NULL,
        account TEXT NOT NULL,
        window TEXT NOT NULL,
        level TEXT NOT NULL CHECK (level IN ('warning', 'critical')),
        raised_at INTEGER NOT NULL,
        resets_at INTEGER,
        PRIMARY KEY (provider, account, window)
    ) STRICT, WITHOUT ROWID;
    """,
)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all or nothing, after waiting for another writer to end."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


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
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous = FULL")
            _migrate(connection, path)
            yield connection
    except (sqlite3.DatabaseError, OSError) as error:
        raise ReconcilerError(f"cannot use the ledger {path}: {error}", hint=_hint(error)) from error


def _hint(error: sqlite3.DatabaseError | OSError) -> str:
    """Say what to do; only a file that is no ledger, or a damaged one, is worth parting with its records."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without what SQLite adds in detail
    kept_out = getattr(error, "errno", 0) in {errno.EACCES, errno.EPERM, errno.EROFS}
    if kept_out or code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
        return f"make the file and its directory writable, or name another directory in {STATE_VARIABLE}"
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return "another tactician is writing for long: try again when it has ended"
    if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
        return "look at the disk: it may be full or failing; the ledger is as it was"
    return "move the file away to start a new one; its records are then out of reach for rollback"


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on; SQLite does not wait for another process that is just doing so, so we do."""
    for _ in range(_BUSY_MS // _PAUSE_MS):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(_PAUSE_MS / 1000)
        else:
            return
    connection.execute("PRAGMA journal_mode = WAL")


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    if _version(connection, path) == len(_MIGRATIONS):
        return
    with transaction(connection):
        # Looked up again: another process may have migrated while this one waited for its turn.
        for number in range(_version(connection, path), len(_MIGRATIONS)):
            for statement in _MIGRATIONS[number].split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number + 1}")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the format of the ledger, a number of migrations.

    Raises:
        ReconcilerError: a newer program wrote it.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(_MIGRATIONS):
        raise ReconcilerError(
            f"the ledger {path} was written by a newer tactician (format {version})", hint="update tactician"
        )
    return int(version)
