from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from reconciler.cli.context import live_host, log_record, now, state
from reconciler.cli.holds import held_slots
from reconciler.cli.talk import agreed, out, tell
from reconciler.errors import Exit, ReconcilerError, Refused


if TYPE_CHECKING:
    from reconciler.ledger.record import Record
    from reconciler.plan.model import Plan
    from reconciler.policy.model import Policy


def execute(
    plan: Plan,
    policy: Policy,
    *,
    yes: bool,
    dry_run: bool,
    lifted: Collection[str],
    show: bool,
    report: Callable[[str], None] = out,
) -> Exit:
    """Ask the gate, then apply the plan on the live host and *report* the record."""
    from reconciler.apply.apply import apply_plan
    from reconciler.apply.gate import check_assumptions, check_mode
    from reconciler.apply.lock import held
    from reconciler.apply.run import Run
    from reconciler.ledger.records import Records
    from reconciler.openclaw.recording import RecordingHost
    from reconciler.render.record import record_text
    from reconciler.render.text import plan_text

    check_assumptions(plan)
    if not plan.changes:
        report("No changes: nothing to apply.\n")
        return Exit.OK
    if show:
        tell(f"plan {plan.id} of {plan.created_at:%Y-%m-%d %H:%M} UTC")
        out(plan_text(plan))
    records = Records(state())
    if dry_run:
        with live_host() as host:
            recording = RecordingHost(host, tell=lambda line: out(f"{line}\n"))
            rehearsal = Run(recording, save=lambda _record: None, tell=lambda _line: None)
            held_now = held_slots(host.id)
            apply_plan(plan, policy, rehearsal, records, now=now(), lifted=lifted, holds=held_now)
        return Exit.OK
    confirmed = policy.mode == "auto" or (
        policy.mode == "dry-run" and agreed(f"Apply these {len(plan.changes)} changes?", yes=yes)
    )
    check_mode(policy.mode, confirmed=confirmed)
    with held(state()), live_host() as host:
        run = Run(host, records.save, tell, log_record)
        record = apply_plan(plan, policy, run, records, now=now(), lifted=lifted, holds=held_slots(host.id))
    report(record_text(record))
    check_complete(record)
    tell(f"undo it with: tactician rollback {record.id}")
    return Exit.OK


def check_complete(record: Record) -> None:
    """Say what was not written, why, and what to do next.

    Raises:
        Refused: somebody else's change stood in the way, and nothing worse happened.
        ReconcilerError: a write failed.
    """
    if record.status == "done":
        return
    conflict = set(record.outcomes) <= {"done", "pending", "skipped", "refused"}
    kind = Refused if conflict else ReconcilerError
    raise kind(
        f"{'not everything' if record.wrote else 'nothing'} was "
        f"{'written' if record.action == 'apply' else 'put back'}",
        evidence=tuple(_left_out(record)),
        hint=_next_step(record),
    )


def _left_out(record: Record) -> Iterator[str]:
    places = [(file.path, file) for file in record.files] + [(job.address, job) for job in record.jobs]
    for place, change in places:
        if change.outcome == "pending":
            yield f"{place}: not tried"
        elif change.outcome != "done":
            yield f"{place}: {change.note}"


def _next_step(record: Record) -> str:
    if record.action == "rollback":
        if set(record.outcomes) <= {"done", "skipped"}:
            return "look at these places: they stay as somebody else left them"
        return f"see to the cause, then try again: tactician rollback {record.undoes}"
    undo = f", or undo what was written: tactician rollback {record.id}"
    return "plan again: tactician plan --out FILE" + (undo if record.status == "partial" else "")
