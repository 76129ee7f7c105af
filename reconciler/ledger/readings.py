"""What providers said of their quotas, and how politely they may be asked again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from reconciler.jsontypes import Json
from reconciler.ledger.moments import from_ms, to_ms
from reconciler.ledger.store import transaction
from reconciler.names import DEFAULT_ACCOUNT


GOOD = "ok"
"""The state of a reading whose numbers count; every other state says why there are none."""
_COLUMNS = "provider, account, window, taken_at, source, state, used_fraction, used, quota_limit, unit, resets_at, plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReading:
    """What was learnt about one window of one account at one time; None is unknown, never zero.

    *used_fraction* is 0 to 1 and above; *used* and *limit* are in *unit*.
    """

    provider: str
    window: str
    taken_at: datetime
    source: str
    account: str = DEFAULT_ACCOUNT
    state: str = GOOD
    used_fraction: Decimal | None = None
    used: Decimal | None = None
    limit: Decimal | None = None
    unit: str | None = None
    resets_at: datetime | None = None
    plan: str | None = None


@dataclass(frozen=True, slots=True)
class Manners:
    """When an account may be asked again, and how many refusals in a row it answered."""

    next_ask: datetime
    refusals: int


def save(ledger: sqlite3.Connection, readings: Iterable[StoredReading]) -> None:
    """Add readings; the same reading twice is one."""
    with transaction(ledger):
        ledger.executemany(
            "INSERT OR REPLACE INTO readings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_row(reading) for reading in readings],
        )


def keep_answer(
    ledger: sqlite3.Connection, reader: str, account: str, taken_at: datetime, answer: Json, *, good: bool
) -> None:
    """Keep the last normalised answer of an account, and beside it the last one that was good."""
    row = (reader, account, good, to_ms(taken_at), json.dumps(answer))
    ledger.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", row)


def last_good(ledger: sqlite3.Connection) -> tuple[StoredReading, ...]:
    """Return the newest reading with numbers of every window of every account."""
    return _found(
        ledger,
        f"SELECT {_COLUMNS}, max(taken_at) FROM readings WHERE state = ? "  # noqa: S608 -- our own column names
        "GROUP BY provider, account, window ORDER BY provider, account, window",
        (GOOD,),
    )


def since(ledger: sqlite3.Connection, begin: datetime) -> tuple[StoredReading, ...]:
    """Return every reading taken at *begin* or later, oldest first."""
    return _found(
        ledger,
        f"SELECT {_COLUMNS}, 0 FROM readings WHERE taken_at >= ? ORDER BY taken_at, provider, account, window",  # noqa: S608 -- as above
        (to_ms(begin),),
    )


def answers(ledger: sqlite3.Connection) -> dict[tuple[str, str, bool], Json]:
    """Return the kept answers by reader, account, and whether it is the last good one or the last of all."""
    rows = ledger.execute("SELECT provider, account, good, answer FROM answers")
    return {(reader, account, bool(good)): json.loads(answer) for reader, account, good, answer in rows}


def manners(ledger: sqlite3.Connection, provider: str, account: str) -> Manners | None:
    """Return when a reader may ask for an account again; None where it never asked."""
    row = ledger.execute(
        "SELECT next_ask, refusals FROM manners WHERE provider = ? AND account = ?", (provider, account)
    ).fetchone()
    return row and Manners(from_ms(row[0]), row[1])


def keep_manners(ledger: sqlite3.Connection, provider: str, account: str, kept: Manners) -> None:
    ledger.execute(
        "INSERT OR REPLACE INTO manners VALUES (?, ?, ?, ?)",
        (provider, account, to_ms(kept.next_ask), kept.refusals),
    )


def claim(
    ledger: sqlite3.Connection, provider: str, account: str, now: datetime, until: datetime
) -> Manners | None:
    """Take the turn to ask for an account: nobody else may before *until*, even if this process ends at once.

    Returns:
        None, or what is remembered if it may not be asked at *now*.
    """
    with transaction(ledger):
        kept = manners(ledger, provider, account)
        if kept and kept.next_ask > now:
            return kept
        keep_manners(ledger, provider, account, Manners(until, kept.refusals if kept else 0))
    return None


def _row(one: StoredReading) -> tuple[Any, ...]:
    numbers = (None if number is None else str(number) for number in (one.used_fraction, one.used, one.limit))
    resets_at = None if one.resets_at is None else to_ms(one.resets_at)
    return (
        *(one.provider, one.account, one.window, to_ms(one.taken_at), one.source, one.state),
        *(*numbers, one.unit, resets_at, one.plan),
    )


def _found(ledger: sqlite3.Connection, query: str, values: tuple[Any, ...]) -> tuple[StoredReading, ...]:
    return tuple(_reading(*row) for row in ledger.execute(query, values))


def _reading(*row: Any) -> StoredReading:
    provider, account, window, taken_at, source, state, fraction, used, limit, unit, resets_at, plan, _ = row
    return StoredReading(
        provider=provider,
        account=account,
        window=window,
        taken_at=from_ms(taken_at),
        source=source,
        state=state,
        used_fraction=_number(fraction),
        used=_number(used),
        limit=_number(limit),
        unit=unit,
        resets_at=None if resets_at is None else from_ms(resets_at),
        plan=plan,
    )


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
