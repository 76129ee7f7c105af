"""OpenClaw's databases since 2026.6: transcripts of an agent, and the history of job runs. Opened read-only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import zstandard

from reconciler.ledger.usage import Run, Source
from reconciler.openclaw.database import read_only
from reconciler.usage.host import HostUnreadable
from reconciler.usage.runs import read_runs
from reconciler.usage.sessionfile import Batch, stamp
from reconciler.usage.transcript import Transcript


EVENTS = 2000
"""Events read before they are written."""
_LONGEST_EVENT = 4 << 20  # bytes, by the host's own schema


def database_stamp(path: Path) -> str:
    """Return what changes whenever the database does; raises OSError where there is none."""
    log = path.with_name(f"{path.name}-wal")
    return f"{stamp(path.stat())} {stamp(log.stat()) if log.exists() else ''}"


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with read_only(path) as database:
            yield database
    except sqlite3.Error as error:
        raise HostUnreadable(str(error)) from error


def read_transcripts(path: Path, agent: str, known: Mapping[str, Source]) -> Iterator[Batch]:
    """Yield what is new in the transcripts of one agent, at most `EVENTS` events at a time.

    Raises:
        HostUnreadable: it is no such database, or it cannot be read now.
    """
    with _reading(path) as database:
        if not _has(database, "transcript_events"):
            return
        listed = "SELECT session_id, max(seq) FROM transcript_events GROUP BY session_id"
        for session, last in database.execute(listed).fetchall():
            name = f"{path}#{session}"
            source = _still_there(database, session, known.get(name))
            while source.position <= last:
                batch, source = _events(database, agent, session, source)
                batch.sources[name] = source
                yield batch


def newest_events(path: Path, at_most: int) -> Iterator[bytes]:
    """Yield the events that were written last, the newest first.

    Raises:
        HostUnreadable: as for the transcripts.
    """
    with _reading(path) as database:
        if not _has(database, "transcript_events"):
            return
        rows = database.execute(
            "SELECT event_json, event_zstd FROM transcript_events ORDER BY rowid DESC LIMIT ?", (at_most,)
        )
        for text, packed in rows:
            line = _unpacked(packed) if text is None else text.encode()
            if line is not None:
                yield line


def read_run_history(path: Path) -> Iterator[Run]:
    """Yield every run in the host's own database, from either of the two places it has kept them in.

    Raises:
        HostUnreadable: as for the transcripts.
    """
    with _reading(path) as database:
        if _has(database, "task_runs"):
            yield from _task_runs(database)
        if _has(database, "cron_run_logs"):
            yield from read_runs(
                entry for (entry,) in database.execute("SELECT entry_json FROM cron_run_logs")
            )


def _task_runs(database: sqlite3.Connection) -> Iterator[Run]:
    rows = database.execute(
        "SELECT source_id, agent_id, ended_at, detail_json FROM task_runs "
        "WHERE runtime = 'cron' AND detail_json LIKE '{%\"cron-run\"%'"
    )
    for job, agent, ended, detail in rows:
        for run in read_runs([f'{{"ts":{ended or 0},{detail[1:]}'], job=job or ""):
            yield run._replace(agent=run.agent or agent or "")


def _still_there(database: sqlite3.Connection, session: str, source: Source | None) -> Source:
    """Return where to read on; from the beginning where the last event read is no longer the same."""
    if source is not None:
        row = database.execute(
            "SELECT event_json, event_zstd FROM transcript_events WHERE session_id = ? AND seq = ?",
            (session, source.position - 1),
        ).fetchone()
        if row is not None and _digest(*row) == source.tail:
            return source
    return Source("", -(2**63), "", "", "")


def _events(database: sqlite3.Connection, agent: str, session: str, source: Source) -> tuple[Batch, Source]:
    batch = Batch(sessions=[session])
    transcript = Transcript(agent, source.carry, batch.dimensions)
    rows = database.execute(
        "SELECT seq, event_json, event_zstd FROM transcript_events WHERE session_id = ? AND seq >= ? "
        "ORDER BY seq LIMIT ?",
        (session, source.position, EVENTS),
    ).fetchall()
    for _, text, packed in rows:
        line = _unpacked(packed) if text is None else text.encode()
        if line is None:
            transcript.unreadable += 1
        else:
            batch.size += len(line)
            transcript.read(line)
    batch.rows, batch.unreadable = transcript.rows, transcript.unreadable
    seq, *last = rows[-1]
    return batch, Source("", seq + 1, "", _digest(*last), transcript.carry())


def _unpacked(packed: bytes) -> bytes | None:
    try:
        return zstandard.ZstdDecompressor().decompress(packed, max_output_size=_LONGEST_EVENT)
    except zstandard.ZstdError:
        return None


def _digest(text: str | None, packed: bytes | None) -> str:
    return blake2b(packed or (text or "").encode(), digest_size=8).hexdigest()


def _has(database: sqlite3.Connection, table: str) -> bool:
    return bool(database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone())
