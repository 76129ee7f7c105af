"""Slots that are to be left alone for a while, by the owner's word or after a rollback."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from reconciler.ledger.moments import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class Hold:
    """Leave the slot at *address* alone until *until*, or until it is lifted."""

    address: str
    reason: str
    set_at: datetime
    until: datetime | None = None


def put(ledger: sqlite3.Connection, host: str, hold: Hold) -> None:
    """Set a hold; it takes the place of one that the slot had."""
    until = None if hold.until is None else to_ms(hold.until)
    row = (host, hold.address, hold.reason, to_ms(hold.set_at), until)
    ledger.execute("INSERT OR REPLACE INTO holds VALUES (?, ?, ?, ?, ?)", row)


def lift(ledger: sqlite3.Connection, host: str, address: str) -> bool:
    """Lift the hold of a slot; tell whether there was one."""
    gone = ledger.execute("DELETE FROM holds WHERE host = ? AND address = ?", (host, address))
    return gone.rowcount > 0


def standing(ledger: sqlite3.Connection, host: str, now: datetime) -> tuple[Hold, ...]:
    """Return the holds that count at *now*, by address."""
    rows = ledger.execute(
        "SELECT address, reason, set_at, until FROM holds "
        "WHERE host = ? AND (until IS NULL OR until > ?) ORDER BY address",
        (host, to_ms(now)),
    )
    return tuple(
        Hold(address, reason, from_ms(set_at), None if until is None else from_ms(until))
        for address, reason, set_at, until in rows
    )
