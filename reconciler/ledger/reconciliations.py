"""The runs of the reconcile loop, of the last three months."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Final

from pydantic import ValidationError

from reconciler.canonical import canonical
from reconciler.ledger.moments import to_ms
from reconciler.ledger.reconciliation import Reconciliation


KEPT: Final = timedelta(days=92)


def save(ledger: sqlite3.Connection, host: str, run: Reconciliation) -> None:
    """Add a run, and forget those that are older than three months."""
    row = (host, to_ms(run.at), canonical(run.dump()))
    ledger.execute("INSERT OR REPLACE INTO reconciliations VALUES (?, ?, ?)", row)
    ledger.execute("DELETE FROM reconciliations WHERE at < ?", (to_ms(run.at - KEPT),))


def latest(ledger: sqlite3.Connection, host: str, *, count: int = 1) -> tuple[Reconciliation, ...]:
    """Return the last runs on a host, newest first; those of a newer program are left out."""
    rows = ledger.execute(
        "SELECT document FROM reconciliations WHERE host = ? ORDER BY at DESC LIMIT ?", (host, count)
    )
    return tuple(found for (document,) in rows if (found := _readable(document)))


def _readable(document: str) -> Reconciliation | None:
    try:
        return Reconciliation.model_validate_json(document)
    except ValidationError:
        return None
