"""What other commands do about an apply that waits for its confirmation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from reconciler.cli import context
from reconciler.cli.context import live_host, state
from reconciler.cli.talk import tell
from reconciler.errors import Refused


if TYPE_CHECKING:
    from reconciler.policy.model import Policy


def tell_unconfirmed() -> None:
    """Say which applies will be undone unless somebody confirms them."""
    from reconciler.ledger.records import Records
    from reconciler.loop.confirm import pending

    for record in filter(pending, Records(state()).all()):
        tell(
            f"apply {record.id} is undone after {record.confirm_by:%Y-%m-%d %H:%M} UTC "
            f"unless you say: tactician confirm {record.id}"
        )


def undo_unconfirmed(policy: Policy) -> None:
    """Undo the applies whose time is up, before anything else is written."""
    from reconciler.cli.putback import settle_unconfirmed

    with live_host() as host:
        host_id = host.id
    for each in settle_unconfirmed(policy, host_id):
        tell(f"{each.address}: {each.reason}")


def looked_after(text: str, policy: Policy) -> timedelta:
    """Return the time that an apply has to be confirmed in, where something will undo it afterwards.

    Raises:
        UsageError: it is no span of time.
        Refused: no timer runs, and `reconcile` did not run lately.
    """
    from reconciler.cli.runs import last_run
    from reconciler.cli.span import read_span
    from reconciler.cli.timer import this_service
    from reconciler.timer.manage import running

    within = read_span(text)
    interval = timedelta(minutes=policy.optimization_interval_minutes)
    with live_host() as host:
        run = last_run(host.id)
    lately = run is not None and context.now() - run.at < 2 * interval
    if not lately and not running(this_service()):
        raise Refused(
            "nothing would undo it: no timer runs, and nobody reconciled lately",
            hint="tactician timer install; or apply it without --confirm-within, and roll it back by hand",
        )
    minutes = policy.optimization_interval_minutes
    tell(f"the timer looks every {minutes} minutes, so it may be undone up to {minutes} minutes later")
    return within
