from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.context import live_host, load_policy, log_action, log_record, now, state
from reconciler.cli.execute import check_complete
from reconciler.cli.options import Policies, Yes
from reconciler.cli.talk import agreed, out, tell
from reconciler.errors import ReconcilerError


if TYPE_CHECKING:
    from reconciler.ledger.record import Record
    from reconciler.policy.document import Mode


def command(
    record: Annotated[
        str, typer.Argument(metavar="RECORD", help="Id of a record, its beginning, or `latest`.")
    ],
    policy: Policies = None,
    *,
    yes: Yes = False,
) -> None:
    """Put back what stood before an apply; places that were edited since are left as they are."""
    from reconciler.apply.gate import check_mode
    from reconciler.apply.lock import held
    from reconciler.apply.rollback import inexact, rollback
    from reconciler.apply.run import Run
    from reconciler.ledger.records import Records
    from reconciler.paths import local_zone
    from reconciler.render.record import record_text

    mode = _mode(policy)
    records = Records(state())
    done = records.to_undo(record)
    out(record_text(done))
    confirmed = mode == "auto" or (mode == "dry-run" and agreed("Undo this?", yes=yes))
    check_mode(mode, confirmed=confirmed)
    with held(state()), live_host() as host:
        undone = rollback(
            done, Run(host, records.save, tell, log_record), now=now(), zone=local_zone(os.environ) or "UTC"
        )
        _hold(host.id, undone)
    out(record_text(undone))
    for line in inexact(undone, done):
        tell(f"not exactly: {line}")
    check_complete(undone)


def _hold(host: str, undone: Record) -> None:
    """Keep what was put back from being planned anew at once."""
    from reconciler.audit.events import of_hold
    from reconciler.cli.quota import open_ledger
    from reconciler.ledger.holds import Hold, put

    if not undone.wrote:
        return
    reason = f"rolled back by {undone.id}"
    log_action(of_hold(host, undone.addresses, reason=reason))
    with open_ledger() as ledger:
        for address in undone.addresses:
            put(ledger, host, Hold(address, reason, now()))
    tell(
        f"{len(undone.addresses)} slots are on hold; plans may change one again after: tactician resume SLOT"
    )


def _mode(policy: Policies) -> Mode:
    """Return the policy's mode; a policy that cannot be read must not stand in the way of an undo."""
    try:
        return load_policy(policy).mode
    except ReconcilerError as error:
        tell(f"{error.problem}: going on as in dry-run mode")
        return "dry-run"
