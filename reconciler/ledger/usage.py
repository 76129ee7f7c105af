"""What OpenClaw used: one row for each request to a model, and the questions that are asked of them.

A row is known by its time and a digest of the message it stands for, so a message is counted once however often
and from whichever copy of it it is imported. Runs of jobs count only where no transcript tells of their session.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

from reconciler.ledger.moments import from_ms, to_ms


class Mark:
    """What is known of a request: bits of a plain number, because a home holds a million of them."""

    FAILED: Final = 1
    INFERRED: Final = 2  # no message tells of it, only the change to another model within the turn
    ESTIMATED: Final = 4  # the host recorded no tokens
    OPENS: Final = 8  # the first answer to a message of a person, a job or a heartbeat
    UNPRICED: Final = 16  # tokens without a price: their cost is unknown, not zero


class Row(NamedTuple):
    """Requests at one moment, nearly always one: *at* in ms since 1970, tokens without overlap (`input` excludes the cached ones)."""

    at: int
    key: int
    dimension: int
    marks: int
    requests: int
    input: int
    output: int
    cache_read: int
    cache_write: int
    nanodollars: int


class Dimension(NamedTuple):
    """Who used what; an empty text is "none" or "not known"."""

    provider: str
    model: str
    agent: str
    job: str
    kind: str  # chat, cron or heartbeat


class Source(NamedTuple):
    """How far a file was read: *position* is where the next reading begins.

    *stamp* tells whether anything changed, *head* and *tail* whether what was read still stands there, and
    *carry* what the lines before *position* mean for those after it.
    """

    stamp: str
    position: int
    head: str
    tail: str
    carry: str


class Run(NamedTuple):
    """One finished run of a job; *reported* is 1 where the host told its tokens."""

    job: str
    run_at: int
    agent: str
    session: str
    status: str
    reason: str | None
    provider: str
    model: str
    duration_ms: int
    input: int
    output: int
    cache_read: int
    cache_write: int
    reported: int


By = Literal["provider", "model", "agent", "job", "kind", "hour"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A sum of requests. *requests* is a lower bound where attempts failed: the host does not record each.

    *messages* are turns that were answered; *estimated* are requests whose tokens the host did not record, and
    *estimated_tokens* is their part of *tokens*; *unpriced* are requests whose cost nobody told.
    """

    requests: int = 0
    messages: int = 0
    failed: int = 0
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    nanodollars: int = 0
    estimated: int = 0
    estimated_tokens: int = 0
    unpriced: int = 0

    @property
    def tokens(self) -> int:
        return self.input + self.output + self.cache_read + self.cache_write


class Span(NamedTuple):
    """When something was first used in ms since 1970, and the most input tokens of one request, cached ones included."""

    first: int
    largest: int


_ALL = f"""
    SELECT at, marks, requests, input, output, cache_read, cache_write, nanodollars, provider, model, agent, job, kind
    FROM usage JOIN usage_dimensions ON id = dimension WHERE at >= :begin AND at < :end
    UNION ALL
    SELECT run_at,
        CASE WHEN status = 'ok' THEN {Mark.OPENS} ELSE {Mark.FAILED} END
        + CASE WHEN reported OR status <> 'ok' THEN 0 ELSE {Mark.ESTIMATED} END
        + CASE WHEN reported THEN {Mark.UNPRICED} ELSE 0 END,
        1, input, output, cache_read, cache_write, 0, provider, model, agent, job, 'cron'
    FROM usage_runs WHERE run_at >= :begin AND run_at < :end AND provider <> ''
        AND session NOT IN (SELECT session FROM usage_sessions)
"""  # noqa: S608 -- numbers of our own
_SUMS = f"""
    sum(requests), sum(requests * ((marks & {Mark.OPENS}) <> 0)), sum(requests * ((marks & {Mark.FAILED}) <> 0)),
    sum(input), sum(output), sum(cache_read), sum(cache_write), sum(nanodollars),
    sum(requests * ((marks & {Mark.ESTIMATED}) <> 0)),
    sum((input + output + cache_read + cache_write) * ((marks & {Mark.ESTIMATED}) <> 0)),
    sum(requests * ((marks & {Mark.UNPRICED}) <> 0))
"""
_HOUR_MS = 3_600_000
_KEYS: Mapping[By, str] = {"hour": f"CAST(at / {_HOUR_MS} * {_HOUR_MS} AS TEXT)"}


def add(ledger: sqlite3.Connection, dimensions: Sequence[Dimension], rows: Iterable[Row]) -> int:
    """Add rows whose `dimension` counts from 0 in *dimensions*; return how many were new.

    For the caller to put into one transaction with the position up to which it read.
    """
    ids = [_dimension(ledger, dimension) for dimension in dimensions]
    before = ledger.total_changes
    ledger.executemany(
        "INSERT OR IGNORE INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(row[0], row[1], ids[row[2]], *row[3:]) for row in rows],
    )
    return ledger.total_changes - before


def add_sessions(
    ledger: sqlite3.Connection, sessions: Iterable[str], *, told_by: Literal["transcript", "summary"]
) -> None:
    """Note sessions that are counted already, so that their runs are not counted beside them."""
    ledger.executemany(
        "INSERT OR IGNORE INTO usage_sessions VALUES (?, ?)", [(one, told_by) for one in sessions]
    )


def sessions_told(ledger: sqlite3.Connection, *, by: Literal["transcript", "summary"]) -> frozenset[str]:
    """Return the sessions that are counted from their transcript, or from the host's summary of them."""
    rows = ledger.execute("SELECT session FROM usage_sessions WHERE told_by = ?", (by,))
    return frozenset(session for (session,) in rows)


def jobs_of_sessions(ledger: sqlite3.Connection) -> dict[str, str]:
    """Return the job that each session of the run history belongs to."""
    return dict(ledger.execute("SELECT session, job FROM usage_runs WHERE session <> ''").fetchall())


def add_runs(ledger: sqlite3.Connection, runs: Iterable[Run]) -> int:
    """Add finished runs of jobs; return how many were new."""
    before = ledger.total_changes
    marks = ", ".join("?" * len(Run._fields))
    ledger.executemany(f"INSERT OR IGNORE INTO usage_runs VALUES ({marks})", list(runs))  # noqa: S608 -- question marks
    return ledger.total_changes - before


def sources(ledger: sqlite3.Connection) -> dict[str, Source]:
    """Return how far every known file was read, by its path."""
    rows = ledger.execute("SELECT path, stamp, position, head, tail, carry FROM usage_sources")
    return {path: Source(*rest) for path, *rest in rows}


def imported(ledger: sqlite3.Connection) -> bool:
    """Tell whether the usage of any host was ever read."""
    return ledger.execute("SELECT 1 FROM usage_sources LIMIT 1").fetchone() is not None


def keep_source(ledger: sqlite3.Connection, path: str, source: Source) -> None:
    ledger.execute("INSERT OR REPLACE INTO usage_sources VALUES (?, ?, ?, ?, ?, ?)", (path, *source))


def total(
    ledger: sqlite3.Connection,
    begin: datetime,
    end: datetime,
    *,
    provider: str | None = None,
    model: str | None = None,
) -> Tally:
    """Return what was used from *begin* until before *end*, of everything or of one provider or model."""
    found = grouped(ledger, begin, end, by=(), provider=provider, model=model)
    return found.get((), Tally())


def grouped(
    ledger: sqlite3.Connection,
    begin: datetime,
    end: datetime,
    *,
    by: Sequence[By],
    provider: str | None = None,
    model: str | None = None,
) -> dict[tuple[str, ...], Tally]:
    """Return the sums for each combination of *by*, whose values are the key; an hour is its first ms since 1970."""
    keys = [_KEYS.get(key, key) for key in by]
    wanted = " AND ".join(
        [
            "1",
            *("provider = :provider" for _ in [provider] if provider),
            *("model = :model" for _ in [model] if model),
        ]
    )
    group = f"GROUP BY {', '.join(keys)} ORDER BY {', '.join(keys)}" if keys else "HAVING count(*) > 0"
    rows = ledger.execute(
        f"SELECT {', '.join([*keys, _SUMS])} FROM ({_ALL}) WHERE {wanted} {group}",  # noqa: S608 -- our own column names
        {"begin": to_ms(begin), "end": to_ms(end), "provider": provider, "model": model},
    )
    return {tuple(row[: len(keys)]): _tally(row[len(keys) :]) for row in rows}


def moments(
    ledger: sqlite3.Connection, provider: str, begin: datetime, end: datetime
) -> tuple[datetime, ...]:
    """Return when a provider was asked from *begin* until before *end*, oldest first."""
    rows = ledger.execute(
        f"SELECT DISTINCT at FROM ({_ALL}) WHERE provider = :provider ORDER BY at",  # noqa: S608 -- as above
        {"begin": to_ms(begin), "end": to_ms(end), "provider": provider},
    )
    return tuple(from_ms(at) for (at,) in rows)


def spans(ledger: sqlite3.Connection, begin: datetime, end: datetime) -> dict[tuple[str, str, str], Span]:
    """Return the span of each job, agent and kind; a run of which no transcript tells is no single request."""
    rows = ledger.execute(
        f"SELECT job, agent, kind, min(at), 0 FROM ({_ALL}) GROUP BY job, agent, kind",  # noqa: S608 -- as above
        {"begin": to_ms(begin), "end": to_ms(end)},
    )
    found = {(job, agent, kind): Span(first, largest) for job, agent, kind, first, largest in rows}
    told = ledger.execute(
        "SELECT job, agent, kind, max(input + cache_read + cache_write) FROM usage "
        "JOIN usage_dimensions ON id = dimension WHERE at >= ? AND at < ? AND (marks & ?) = 0 "
        "GROUP BY job, agent, kind",
        (to_ms(begin), to_ms(end), Mark.ESTIMATED | Mark.INFERRED),
    )
    for job, agent, kind, largest in told:
        found[job, agent, kind] = found[job, agent, kind]._replace(largest=largest)
    return found


def runs(ledger: sqlite3.Connection, begin: datetime, end: datetime) -> tuple[Run, ...]:
    """Return the runs that began from *begin* until before *end*, oldest first."""
    rows = ledger.execute(
        f"SELECT {', '.join(Run._fields)} FROM usage_runs WHERE run_at >= ? AND run_at < ? ORDER BY run_at, job",  # noqa: S608 -- as above
        (to_ms(begin), to_ms(end)),
    )
    return tuple(Run(*row) for row in rows)


def _dimension(ledger: sqlite3.Connection, wanted: Dimension) -> int:
    ledger.execute(
        "INSERT OR IGNORE INTO usage_dimensions (provider, model, agent, job, kind) VALUES (?, ?, ?, ?, ?)",
        wanted,
    )
    row = ledger.execute(
        "SELECT id FROM usage_dimensions WHERE (provider, model, agent, job, kind) = (?, ?, ?, ?, ?)", wanted
    ).fetchone()
    return int(row[0])


def _tally(sums: Sequence[int]) -> Tally:
    names = (
        *("requests", "messages", "failed", "input", "output", "cache_read", "cache_write"),
        *("nanodollars", "estimated", "estimated_tokens", "unpriced"),
    )
    return Tally(**dict(zip(names, sums, strict=True)))
