"""The host's own summary of its sessions, `sessions.usage`: all there is of a gateway on another machine.

It gives sums for a day, so what was added since the last look is taken as used at the session's last activity.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from datetime import date as date_

import msgspec

from reconciler.errors import ReconcilerError
from reconciler.ledger import usage
from reconciler.ledger.moments import to_ms
from reconciler.ledger.store import transaction
from reconciler.ledger.usage import Dimension, Mark, Row, Source
from reconciler.usage.transcript import digest_key


_DAY_MS = 86_400_000


class _Day(msgspec.Struct, rename="camel"):
    date: date_
    provider: str = ""
    model: str = ""
    tokens: int = 0
    cost: float = 0
    count: int = 0


class _Used(msgspec.Struct, rename="camel"):
    last_activity: int | None = None
    daily_model_usage: list[_Day] = []


class _Session(msgspec.Struct, rename="camel"):
    key: str = ""
    session_id: str = ""
    agent_id: str = ""
    usage: _Used | None = None


class _Cache(msgspec.Struct):
    status: str = "fresh"


class _Answer(msgspec.Struct, rename="camel"):
    sessions: list[_Session]
    cache_status: _Cache = msgspec.field(default_factory=_Cache)


def add_summaries(ledger: sqlite3.Connection, answer: object) -> int:
    """Add an answer to `sessions.usage`, asked for in UTC; return how many requests were new.

    Sessions whose transcripts were read are left out, and a session under two keys counts once.

    Raises:
        ReconcilerError: the host is still counting, so the sums are too small, or it answered something else.
    """
    try:
        told = msgspec.convert(answer, type=_Answer)
    except msgspec.ValidationError as error:
        raise ReconcilerError(
            f"the gateway's answer to sessions.usage is not understood: {error}", hint="update tactician"
        ) from None
    if told.cache_status.status != "fresh":
        raise ReconcilerError("the gateway is still counting its sessions", hint="ask again in a few seconds")
    with transaction(ledger):
        transcripts, known = usage.sessions_told(ledger, by="transcript"), usage.sources(ledger)
        sessions = {one.session_id: one for one in told.sessions if one.session_id not in transcripts}
        usage.add_sessions(ledger, sessions, told_by="summary")
        jobs = usage.jobs_of_sessions(ledger)
        found = [one for session in sessions.values() for one in _rows(ledger, session, known, jobs)]
        rows = [row._replace(dimension=number) for number, (_, row) in enumerate(found)]
        usage.add(ledger, [dimension for dimension, _ in found], rows)
    return sum(row.requests for row in rows)


def _rows(
    ledger: sqlite3.Connection, session: _Session, known: Mapping[str, Source], jobs: Mapping[str, str]
) -> Iterator[tuple[Dimension, Row]]:
    """Yield what was added to each day and model of a session since it was last looked at."""
    used = session.usage
    if used is None or used.last_activity is None:
        return
    for day in used.daily_model_usage:
        name = f"summary {session.session_id} {day.date} {day.provider}/{day.model}"
        before = known.get(name, Source("", 0, "", "", "0 0"))
        if day.count > before.position:
            now = (day.tokens, round(day.cost * 1e9))
            usage.keep_source(ledger, name, Source("", day.count, "", "", f"{now[0]} {now[1]}"))
            yield _dimension(session, day, jobs), _added(name, day, before, now, used.last_activity)


def _added(name: str, day: _Day, before: Source, now: tuple[int, int], last_activity: int) -> Row:
    """Return the difference as one row; which tokens were input is not told, nor which answers opened a turn."""
    tokens, nanodollars = (max(0, new - int(old)) for new, old in zip(now, before.carry.split(), strict=True))
    begin = to_ms(datetime.combine(day.date, time(), UTC))
    return Row(
        at=min(max(last_activity, begin), begin + _DAY_MS - 1),
        key=digest_key(name, day.count),
        dimension=0,
        marks=Mark.OPENS | (0 if nanodollars or not tokens else Mark.UNPRICED),
        requests=day.count - before.position,
        input=tokens,
        output=0,
        cache_read=0,
        cache_write=0,
        nanodollars=nanodollars,
    )


def _dimension(session: _Session, day: _Day, jobs: Mapping[str, str]) -> Dimension:
    """Say whose the session is; of a job's past runs only the run history still knows the job."""
    agent, kind, job = ([*session.key.split(":"), "", "", ""])[1:4]
    job = job if kind == "cron" else jobs.get(session.session_id, "")
    return Dimension(day.provider, day.model, session.agent_id or agent, job, "cron" if job else "chat")
