"""What the owner said of a quota that nobody else can tell."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from reconciler.ledger.moments import from_ms, to_ms
from reconciler.names import DEFAULT_ACCOUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """At *at* so much was used, as a fraction of the limit or in the provider's own unit; a reset is nothing used."""

    at: datetime
    kind: Literal["set", "reset"]
    used_fraction: Decimal | None = None
    used: Decimal | None = None
    window: str = ""


def set_usage(
    ledger: sqlite3.Connection,
    provider: str,
    at: datetime,
    *,
    used_fraction: Decimal | None = None,
    used: Decimal | None = None,
    account: str = DEFAULT_ACCOUNT,
    window: str = "",
) -> None:
    """Note what the owner read elsewhere; a second word at the same moment replaces the first.

    An empty *window* is the one that the policy's schedule describes.
    """
    point = Point(at=at, kind="set", used_fraction=used_fraction, used=used, window=window)
    _keep(ledger, provider, account, point)


def reset(
    ledger: sqlite3.Connection,
    provider: str,
    at: datetime,
    *,
    account: str = DEFAULT_ACCOUNT,
    window: str = "",
) -> None:
    """Note that the quota started anew."""
    _keep(ledger, provider, account, Point(at=at, kind="reset", window=window))


def points(ledger: sqlite3.Connection, provider: str, *, account: str = DEFAULT_ACCOUNT) -> tuple[Point, ...]:
    """Return everything the owner said of an account, oldest first."""
    rows = ledger.execute(
        "SELECT window, at, kind, used_fraction, used FROM owner_points "
        "WHERE provider = ? AND account = ? ORDER BY at",
        (provider, account),
    )
    return tuple(
        Point(
            window=window,
            at=from_ms(at),
            kind=kind,
            used_fraction=None if fraction is None else Decimal(fraction),
            used=None if used is None else Decimal(used),
        )
        for window, at, kind, fraction, used in rows
    )


def _keep(ledger: sqlite3.Connection, provider: str, account: str, point: Point) -> None:
    numbers = (None if number is None else str(number) for number in (point.used_fraction, point.used))
    ledger.execute(
        "INSERT OR REPLACE INTO owner_points VALUES (?, ?, ?, ?, ?, ?, ?)",
        (provider, account, point.window, to_ms(point.at), point.kind, *numbers),
    )
