"""One run of the reconcile loop: read, decide, ask the gate, write what is safe, remember and tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from reconciler.canonical import pretty
from reconciler.cli import context
from reconciler.cli.context import facts_from, live_host, load_policy, log_record, state
from reconciler.cli.holds import held_slots
from reconciler.cli.putback import hold, lift_hold, settle_unconfirmed, settle_watched
from reconciler.cli.quota import open_ledger
from reconciler.cli.runs import last_run
from reconciler.cli.talk import tell
from reconciler.errors import Locked, ReconcilerError, Refused, StalePlan
from reconciler.facts.model import Facts
from reconciler.ledger import alarms as told_alarms
from reconciler.ledger import reconciliations
from reconciler.ledger.holds import Hold
from reconciler.ledger.reconciliation import Intervention, Reconciliation
from reconciler.ledger.record import Record
from reconciler.ledger.records import Records
from reconciler.loop.alarms import crossings
from reconciler.loop.backoff import retry_at
from reconciler.loop.decide import TO_AND_FRO, decide
from reconciler.loop.moves import FLAPPING, flapping, moves, written
from reconciler.openclaw.atomic import write_private
from reconciler.plan.make import make_plan
from reconciler.plan.model import Plan
from reconciler.policy.model import Policy


PLAN, FACTS = "reconcile-plan.json", "reconcile-facts.json"


def reconcile(
    named: Sequence[Path] | None, *, fetch: bool, at_once: bool
) -> tuple[Reconciliation, Policy, Facts | None]:
    """Do one run and remember it; *at_once* disregards a back-off. The facts are None where none could be read.

    Raises:
        ReconcilerError: the policy or the ledger cannot be used; whatever else goes wrong is part of the answer.
    """
    policy = load_policy(named)
    with live_host() as host:
        last = last_run(host.id)
        host_id = host.id
    moment = context.now()
    if last and last.retry_at and last.retry_at > moment and not at_once:
        return _waiting(last, policy, moment), policy, None
    failures = last.failures if last else 0
    facts = None
    try:
        facts = facts_from(None, policy, fetch=fetch)
        settled = (*settle_unconfirmed(policy, host_id), *settle_watched(policy, host_id))
        if settled:
            facts = facts_from(None, policy, fetch=False)
        run = _run(policy, facts)
        run = run.model_copy(update={"interventions": (*settled, *run.interventions)})
    except ReconcilerError as error:
        run = Reconciliation(
            at=moment, host=host_id, mode=policy.mode, outcome="failed", problems=_told(error)
        )
    run = _counted(run, failures)
    with open_ledger() as ledger:
        reconciliations.save(ledger, host_id, run)
    return _notified(run, policy), policy, facts


def _waiting(last: Reconciliation, policy: Policy, moment: datetime) -> Reconciliation:
    return last.model_copy(
        update={
            "at": moment,
            "mode": policy.mode,
            "outcome": "waiting",
            "alarms": (),
            "interventions": (),
        }
    )


def _counted(run: Reconciliation, failures: int) -> Reconciliation:
    """Count failures in a row, and say when to try again after one."""
    if run.outcome != "failed":
        return run
    return run.model_copy(
        update={"failures": failures + 1, "retry_at": retry_at(failures + 1, run.at)},
    )


def _run(policy: Policy, facts: Facts) -> Reconciliation:
    run = Reconciliation(
        at=facts.taken_at,
        host=facts.host.id,
        mode=policy.mode,
        outcome="observed",
        problems=facts.problems,
    )
    with open_ledger() as ledger:
        found = crossings(policy, facts.readings, told_alarms.standing(ledger), facts.taken_at)
        told_alarms.keep(ledger, found.raised)
    run = run.model_copy(update={"alarms": found.alarms})
    match policy.mode:
        case "manual":
            return run.model_copy(update={"file": _keep(FACTS, pretty(facts.dump()))})
        case "dry-run":
            return _planned(run, make_plan(policy, facts))
        case _:
            return _auto(run, policy, facts)


def _planned(run: Reconciliation, plan: Plan) -> Reconciliation:
    from reconciler.plan.verify import write_plan

    run = run.model_copy(update={"wanted": len(plan.changes), "slots": plan.summary.slots})
    if not plan.changes:
        return run.model_copy(update={"outcome": "in-sync"})
    return run.model_copy(update={"outcome": "planned", "file": _keep(PLAN, write_plan(plan))})


def _keep(name: str, text: str) -> str:
    path = state() / name
    write_private(path, text.encode())
    return str(path)


def _auto(run: Reconciliation, policy: Policy, facts: Facts) -> Reconciliation:
    """Write the changes that auto mode may make now."""
    records = Records(state())
    if unfinished := records.unfinished():
        problem = f"{unfinished[0].action} {unfinished[0].id} did not finish"
        return run.model_copy(update={"outcome": "refused", "problems": (problem, *run.problems)})
    decision = decide(policy, facts, records.all())
    found = decision.changes
    for address in decision.lift:
        lift_hold(facts.host.id, address)
    run = run.model_copy(
        update={
            "wanted": len(found.wanted.changes),
            "slots": found.wanted.summary.slots,
            "left_alone": found.left_alone,
        }
    )
    if not found.plan.changes:
        return run.model_copy(update={"outcome": "held-back" if found.wanted.changes else "in-sync"})
    try:
        record = _applied(found.plan, policy)
    except (Refused, StalePlan, Locked) as error:
        return run.model_copy(update={"outcome": "refused", "problems": (*_told(error), *run.problems)})
    except ReconcilerError as error:
        return run.model_copy(update={"outcome": "failed", "problems": (*_told(error), *run.problems)})
    stopped = tuple(_stop_flapping(facts.host.id, records))
    return _with_record(run, record).model_copy(update={"interventions": stopped})


def _applied(plan: Plan, policy: Policy) -> Record:
    from reconciler.apply.apply import apply_plan
    from reconciler.apply.gate import check_mode
    from reconciler.apply.lock import held
    from reconciler.apply.run import Run

    check_mode(policy.mode, confirmed=True)
    records = Records(state())
    with held(state()), live_host() as host:
        run = Run(host, records.save, tell, log_record)
        return apply_plan(
            plan, policy, run, records, now=context.now(), holds=held_slots(host.id), trigger="auto"
        )


def _with_record(run: Reconciliation, record: Record) -> Reconciliation:
    changed = tuple(written(record))
    failed = not {"failed", "unknown"}.isdisjoint(record.outcomes)
    outcome = "applied" if record.status == "done" else "failed" if failed else "partial"
    notes = [f"{file.path}: {file.note}" for file in record.files if file.note]
    notes += [f"{job.address}: {job.note}" for job in record.jobs if job.note]
    return run.model_copy(
        update={
            "outcome": outcome,
            "record": record.id,
            "changed": changed,
            "problems": (*notes, *run.problems),
        }
    )


def _stop_flapping(host: str, records: Records) -> Iterator[Intervention]:
    """Put slots on hold that auto mode moves to and fro."""
    moment = context.now()
    on_hold = {hold.address for hold in held_slots(host)}
    for address in flapping(moves(records.all(), host), moment):
        if address not in on_hold:
            hold(host, Hold(address, TO_AND_FRO, moment, moment + FLAPPING))
            yield Intervention(address=address, reason=TO_AND_FRO)


def _told(error: ReconcilerError) -> tuple[str, ...]:
    return (error.problem, *error.evidence)


def _notified(run: Reconciliation, policy: Policy) -> Reconciliation:
    """Send the alarms and interventions of a run to the owner; what fails is told, and stops nothing."""
    if not (run.alarms or run.interventions):
        return run
    from reconciler.notify.send import send
    from reconciler.render.reconciliation import notification

    problems = tuple(send(policy.notify, notification(run)))
    return run.model_copy(update={"problems": (*run.problems, *problems)})
