from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.context import state


if TYPE_CHECKING:
    from reconciler.ledger.reconciliation import Reconciliation


def last_run(host: str) -> Reconciliation | None:
    """Return the last run of the reconcile loop on a host; None where there was none."""
    return next(iter(last_runs(host, 1)), None)


def last_runs(host: str, count: int) -> tuple[Reconciliation, ...]:
    """Return the last runs of the reconcile loop on a host, newest first."""
    from reconciler.ledger.reconciliations import latest
    from reconciler.ledger.store import opened

    with opened(state(), create=False) as ledger:
        return latest(ledger, host, count=count) if ledger else ()
