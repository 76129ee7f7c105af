"""Which windows passed a threshold and were told of, so that nobody is told twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from reconciler.ledger.moments import from_ms, to_ms
from reconciler.ledger.store import transaction


Level = Literal["warning", "critical"]


class Which(NamedTuple):
    """One window of one account."""

    provider: str
    account: str
    window: str


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm that was told; *resets_at* is the end of the window by its newest reading since."""

    which: Which
    level: Level
    raised_at: datetime
    resets_at: datetime | None = None


def standing(ledger: sqlite3.Connection) -> tuple[Raised, ...]:
    """Return every alarm that was told and is not rearmed."""
    rows = ledger.execute(
        "SELECT provider, account, window, level, raised_at, resets_at FROM alarms "
        "ORDER BY provider, account, window"
    )
    return tuple(
        Raised(
            Which(provider, account, window),
            level,
            from_ms(raised_at),
            None if resets_at is None else from_ms(resets_at),
        )
        for provider, account, window, level, raised_at, resets_at in rows
    )


def keep(ledger: sqlite3.Connection, raised: Iterable[Raised]) -> None:
    """Remember these alarms instead of all before."""
    with transaction(ledger):
        ledger.execute("DELETE FROM alarms")
        ledger.executemany("INSERT INTO alarms VALUES (?, ?, ?, ?, ?, ?)", [_row(one) for one in raised])


def _row(one: Raised) -> tuple[str, str, str, str, int, int | None]:
    resets_at = None if one.resets_at is None else to_ms(one.resets_at)
    return (*one.which, one.level, to_ms(one.raised_at), resets_at)
