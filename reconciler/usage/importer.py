"""Copy what an OpenClaw host used into the ledger, before the host forgets it.

Everything is read from where the last import ended. A transaction holds rows and the position up to which they
were read, and a row is known by its message, so an import that is killed, repeated or run twice at once loses
nothing and counts nothing twice.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from reconciler.ledger import usage
from reconciler.ledger.store import transaction
from reconciler.ledger.usage import Source
from reconciler.openclaw.home import Home
from reconciler.usage.host import HostUnreadable
from reconciler.usage.pool import read_files, unread
from reconciler.usage.sessionfile import Batch, Pending, problem, stamp


Progress = Callable[[int, int], None]
"""Told after each batch how many bytes of session files of how many are read."""

_SESSION = re.compile(r"(?P<session>.+?)\.jsonl(?:\.deleted\..+|\.reset\..+)?")
_NOTHING = Source("", 0, "", "", "")


@dataclass(slots=True)
class Refreshed:
    """What an import found: new requests and runs, lines it could not read, files it could not open, named so that they may be shown."""

    requests: int = 0
    runs: int = 0
    size: int = 0
    unreadable: int = 0
    problems: list[str] = field(default_factory=list)


def refresh(
    home: Home, ledger: sqlite3.Connection, now: datetime, progress: Progress | None = None
) -> Refreshed:
    """Import what is new in the transcripts and the run history of *home*; what is there already is left alone.

    *now* is noted as the time up to which the ledger knows this host.
    """
    known, refreshed = usage.sources(ledger), Refreshed()
    agents = home.state_dir / "agents"
    pending = list(_session_files(agents, known, refreshed.problems))
    sizes = sum(unread(one) for one in pending)
    for batch in read_files(pending, sizes):
        _keep(ledger, batch, refreshed)
        refreshed.size += batch.size
        if progress:
            progress(min(refreshed.size, sizes), sizes)
    for path in sorted(agents.glob("*/agent/openclaw-agent.sqlite")):
        _import_agent(ledger, path, known, refreshed)
    _import_run_files(ledger, home.state_dir / "cron" / "runs", known, refreshed)
    _import_run_database(ledger, home.state_dir / "state" / "openclaw.sqlite", known, refreshed)
    usage.keep_source(ledger, _host_key(home), _NOTHING._replace(stamp=now.isoformat()))
    return refreshed


def refreshed_at(home: Home, ledger: sqlite3.Connection) -> datetime | None:
    """Return the time of the last complete import of *home*."""
    found = usage.sources(ledger).get(_host_key(home))
    return datetime.fromisoformat(found.stamp) if found else None


def add_runs(ledger: sqlite3.Connection, entries: Iterable[object]) -> int:
    """Add the `entries` of an answer to `cron.runs`, for a gateway on another machine; return how many were new."""
    from reconciler.usage.runs import convert_runs

    with transaction(ledger):
        return usage.add_runs(ledger, convert_runs(entries))


def _host_key(home: Home) -> str:
    return f"host {home.state_dir}"


def _session_files(agents: Path, known: Mapping[str, Source], problems: list[str]) -> Iterator[Pending]:
    """Yield the session files that changed, those of deleted and reset sessions too."""
    for agent in _entries(str(agents), problems):
        for entry in sorted(_entries(f"{agent.path}/sessions", problems), key=lambda one: one.name):
            found = _SESSION.fullmatch(entry.name)
            if not found:
                continue
            with suppress(OSError):  # gone since it was listed
                if entry.is_file(follow_symlinks=False):
                    mark, source = stamp(entry.stat(follow_symlinks=False)), known.get(entry.path)
                    if source is None or source.stamp != mark:
                        yield Pending(entry.path, agent.name, found["session"], mark, source)


def _entries(folder: str, problems: list[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        problems.append(problem(folder, error))
        return []


def _keep(ledger: sqlite3.Connection, batch: Batch, refreshed: Refreshed) -> None:
    with transaction(ledger):
        refreshed.requests += usage.add(ledger, list(batch.dimensions), batch.rows)
        usage.add_sessions(ledger, batch.sessions, told_by="transcript")
        for path, source in batch.sources.items():
            usage.keep_source(ledger, path, source)
    refreshed.unreadable += batch.unreadable
    refreshed.problems.extend(batch.problems)


def _import_agent(
    ledger: sqlite3.Connection, path: Path, known: Mapping[str, Source], refreshed: Refreshed
) -> None:
    from reconciler.usage.database import database_stamp, read_transcripts

    with _if_changed(ledger, path, known, refreshed, database_stamp) as changed:
        for batch in read_transcripts(path, path.parent.parent.name, known) if changed else ():
            _keep(ledger, batch, refreshed)
            refreshed.size += batch.size


def _import_run_database(
    ledger: sqlite3.Connection, path: Path, known: Mapping[str, Source], refreshed: Refreshed
) -> None:
    from reconciler.usage.database import database_stamp, read_run_history

    with _if_changed(ledger, path, known, refreshed, database_stamp) as changed:
        if changed:
            with transaction(ledger):
                refreshed.runs += usage.add_runs(ledger, read_run_history(path))


def _import_run_files(
    ledger: sqlite3.Connection, folder: Path, known: Mapping[str, Source], refreshed: Refreshed
) -> None:
    from reconciler.usage.runs import read_runs

    for path in sorted(folder.glob("*.jsonl")):
        with _if_changed(ledger, path, known, refreshed, lambda path: stamp(path.stat())) as changed:
            if changed:
                lines = path.read_bytes().splitlines()
                with transaction(ledger):
                    refreshed.runs += usage.add_runs(ledger, read_runs(lines, job=path.stem))


@contextmanager
def _if_changed(
    ledger: sqlite3.Connection,
    path: Path,
    known: Mapping[str, Source],
    refreshed: Refreshed,
    look: Callable[[Path], str],
) -> Iterator[bool]:
    """Tell whether a file changed since its last complete import; what the host made unreadable is a problem."""
    try:
        mark = look(path)
    except FileNotFoundError:
        yield False
        return
    source = known.get(str(path), _NOTHING)
    changed = source.stamp != mark
    try:
        yield changed
    except (OSError, HostUnreadable) as error:
        refreshed.problems.append(problem(path, error))
        return
    if changed:
        usage.keep_source(ledger, str(path), _NOTHING._replace(stamp=mark))
