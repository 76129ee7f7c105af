"""Session files of OpenClaw until 2026.7, read on from where the last reading ended."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from reconciler.ledger.usage import Dimension, Row, Source
from reconciler.text import printable
from reconciler.usage.transcript import Transcript


CHUNK = 1 << 20
"""Bytes read at once; memory holds about twice as much, and a longer line whole."""
_EDGE = 1024
_LONGEST_LINE = 64 << 20
_LONGEST_PATH = 400  # characters


@dataclass(frozen=True, slots=True)
class Pending:
    """A session file to read on from *source*; None for one never seen."""

    path: str
    agent: str
    session: str
    stamp: str
    source: Source | None


@dataclass(slots=True)
class Batch:
    """What was read at once, to be written at once: rows, and for each file how far it has been read."""

    dimensions: dict[Dimension, int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    sessions: list[str] = field(default_factory=list)
    unreadable: int = 0
    size: int = 0
    problems: list[str] = field(default_factory=list)
    rest: list[Pending] = field(default_factory=list)


def problem(path: Path | str, error: Exception) -> str:
    """Say why a file of the host could not be read; its name is of any origin and is made safe to be shown."""
    why = error.strerror if isinstance(error, OSError) else error
    return f"{printable(str(path), at_most=_LONGEST_PATH)}: {printable(str(why))}"


def stamp(status: os.stat_result) -> str:
    """Return what changes whenever a file does."""
    return f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"


def read(files: list[Pending], at_most: int) -> Batch:
    """Read session files until about *at_most* bytes are read; what is left is in the batch's `rest`."""
    batch = Batch()
    for number, file in enumerate(files):
        if batch.size >= at_most:
            batch.rest.extend(files[number:])
            break
        try:
            _read(file, batch, at_most)
        except OSError as error:
            batch.problems.append(problem(file.path, error))
    return batch


def _read(pending: Pending, batch: Batch, at_most: int) -> None:
    with Path(pending.path).open("rb", buffering=0) as file:
        before = pending.source
        if before is None or not _still_there(file, before):
            before = Source("", 0, "", "", "")
        session = Transcript(pending.agent, before.carry, batch.dimensions)
        position, done = _lines(file, before.position, session, at_most - batch.size)
        carry = session.carry()
        if done:
            _last_line(file, position, session)
        batch.size += max(1, position - before.position)
        mark = pending.stamp if done else ""
        source = Source(mark, position, *_edges(file, position), carry)
    batch.rows.extend(session.rows)
    batch.unreadable += session.unreadable
    batch.sources[pending.path] = source
    batch.sessions.append(pending.session)
    if not done:
        batch.rest.append(Pending(pending.path, pending.agent, pending.session, pending.stamp, source))


def _lines(file: BinaryIO, position: int, session: Transcript, at_most: int) -> tuple[int, bool]:
    """Feed whole lines; return where the next one begins, and whether the end of the file was seen."""
    file.seek(position)
    read, held, begin = session.read, b"", position
    while position - begin < at_most:
        chunk = file.read(CHUNK)
        if not chunk:
            return position, True
        end = chunk.rfind(b"\n") + 1
        if not end:
            held += chunk
            if len(held) > _LONGEST_LINE:
                session.unreadable += 1
                return position, True
            continue
        for line in (held + chunk[:end]).split(b"\n"):
            if line:
                read(line)
        position += len(held) + end
        held = chunk[end:]
    return position, False


def _last_line(file: BinaryIO, position: int, session: Transcript) -> None:
    """Feed a last line without its line break if it is whole; it is met again, and then known, when more follows."""
    file.seek(position)
    line = file.read(_LONGEST_LINE)
    if line.startswith(b"{") and line.rstrip().endswith(b"}"):
        unreadable = session.unreadable
        session.read(line)
        session.unreadable = unreadable


def _still_there(file: BinaryIO, source: Source) -> bool:
    """Whether what was read before still stands where it stood: a rewritten file is read anew."""
    size = os.fstat(file.fileno()).st_size
    return size >= source.position and (source.head, source.tail) == _edges(file, source.position)


def _edges(file: BinaryIO, position: int) -> tuple[str, str]:
    edge = min(_EDGE, position)
    file.seek(0)
    head = file.read(edge)
    file.seek(position - edge)
    tail = file.read(edge)
    return blake2b(head, digest_size=8).hexdigest(), blake2b(tail, digest_size=8).hexdigest()
