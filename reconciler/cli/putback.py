"""Put slots back without a person: what fared badly, and what nobody confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reconciler.cli import context
from reconciler.cli.context import live_host, log_action, log_record, state
from reconciler.cli.quota import open_ledger
from reconciler.cli.talk import tell
from reconciler.errors import Locked, ReconcilerError
from reconciler.ledger.holds import Hold, put
from reconciler.ledger.reconciliation import Intervention
from reconciler.ledger.records import Records
from reconciler.ledger.usage import Run as JobRun
from reconciler.ledger.usage import runs


if TYPE_CHECKING:
    from reconciler.ledger.record import Record, Trigger
    from reconciler.policy.model import Policy


def unconfirmed(host: str) -> tuple[Record, ...]:
    """Return the applies on a host that still wait for their confirmation."""
    from reconciler.loop.confirm import pending

    return tuple(record for record in Records(state()).all() if record.host.id == host and pending(record))


def settle_unconfirmed(policy: Policy, host: str) -> Iterator[Intervention]:
    """Confirm the applies whose jobs have run well since, and undo those whose time is up, as was agreed to.

    In manual mode nothing is undone, only told.
    """
    from reconciler.loop.confirm import verdict

    for record in unconfirmed(host):
        moment = context.now()
        match verdict(record, _runs(record.created_at, moment), moment):
            case "proven":
                confirm(record, by="runs")
                tell(f"apply {record.id} is confirmed: the next run of every job that it changed succeeded")
            case "due" if policy.mode == "manual":
                tell(f"warning: nobody confirmed apply {record.id}; in manual mode it is not undone")
            case "due":
                reason = f"nobody confirmed apply {record.id}"
                tell(f"{reason}, so it is undone")
                yield from put_back(record, reason, "unconfirmed")


def confirm(record: Record, *, by: str) -> None:
    """Note that an apply stays; *by* is `runs` or `person`."""
    from reconciler.audit.events import of_confirm

    log_action(of_confirm(record, by=by))
    Records(state()).save(record.model_copy(update={"confirmed_at": context.now()}))


def settle_watched(policy: Policy, host: str) -> Iterator[Intervention]:
    """Move changed jobs back that fare badly; outside auto mode only tell of them."""
    from reconciler.loop.watch import LONGEST, watched

    moment = context.now()
    records = Records(state())
    told = _runs(moment - 2 * LONGEST, moment)
    for found in watched(records.all(), told, policy.safety, host=host, now=moment):
        if found.state != "badly":
            continue
        record = records.find(found.record)
        if policy.mode == "auto":
            yield from put_back(record, f"fared badly: {found.why}", "watch", only=found.address)
        else:
            tell(
                f"warning: {found.address} fares badly: {found.why}; undo it with: tactician rollback {record.id}"
            )


def put_back(
    record: Record, reason: str, trigger: Trigger, *, only: str | None = None
) -> Iterator[Intervention]:
    """Undo a record, or *only* one slot of it, and put what was undone on hold; trouble is told."""
    addresses = (only,) if only else record.addresses
    undone, problem = None, ""
    if only and record.addresses != (only,):
        problem = f"; it was applied together with others: tactician rollback {record.id}"
    else:
        try:
            undone = _undo(record, trigger)
        except Locked as error:
            tell(f"warning: {error.problem}")
            return
        except ReconcilerError as error:
            problem = f"; it could not be put back: {error.problem}"
    for address in addresses:
        hold(record.host.id, Hold(address, reason, context.now()))
        yield Intervention(address=address, reason=f"{reason}{problem}", record=undone.id if undone else None)


def _undo(record: Record, trigger: Trigger) -> Record:
    from reconciler.apply.lock import held
    from reconciler.apply.rollback import rollback
    from reconciler.apply.run import Run

    records = Records(state())
    with held(state()), live_host() as host:
        run = Run(host, records.save, tell, log_record)
        return rollback(record, run, now=context.now(), trigger=trigger)


def hold(host: str, wanted: Hold) -> None:
    """Log a hold and set it."""
    from reconciler.audit.events import of_hold

    log_action(of_hold(host, [wanted.address], reason=wanted.reason, until=wanted.until))
    with open_ledger() as ledger:
        put(ledger, host, wanted)


def lift_hold(host: str, address: str) -> None:
    """Log that a hold is lifted, and lift it."""
    from reconciler.audit.events import of_resume
    from reconciler.ledger.holds import lift

    log_action(of_resume(host, [address]))
    with open_ledger() as ledger:
        lift(ledger, host, address)


def _runs(begin: datetime, now: datetime) -> tuple[JobRun, ...]:
    with open_ledger() as ledger:
        return runs(ledger, begin, now + timedelta(days=1))
