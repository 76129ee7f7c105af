from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from reconciler.apply.config_step import prepare
from reconciler.apply.gate import check_assumptions, check_belts
from reconciler.apply.job_step import job_changes
from reconciler.apply.run import Run
from reconciler.apply.stale import check_host, check_patches, check_unchanged
from reconciler.assign.subject import Subject, subjects
from reconciler.errors import StalePlan
from reconciler.facts.gather import facts_of
from reconciler.facts.model import HeldSlot
from reconciler.ledger.record import Record, SlotChange
from reconciler.ledger.records import Records
from reconciler.openclaw.host import Snapshot
from reconciler.plan.belts import age_belts, live_belts
from reconciler.plan.model import AddProvider, Change, ChoiceText, Plan, Setting
from reconciler.plan.settings import setting_words
from reconciler.policy.model import Policy


def apply_plan(
    plan: Plan,
    policy: Policy,
    run: Run,
    records: Records,
    *,
    now: datetime,
    lifted: Collection[str] = (),
    holds: Iterable[HeldSlot] = (),
) -> Record:
    """Write what *plan* says, if the host is still what it was made for.

    The caller has asked the gate and holds the lock; *holds* are those that stand now.

    Raises:
        StalePlan: the plan was used, or a slot of it changed.
        Refused: it rests on assumptions, is for another host, or a belt holds it back.
    """
    check_assumptions(plan)
    if used := records.of_plan(plan.digest):
        raise StalePlan(
            f"this plan was used on {used.created_at:%Y-%m-%d %H:%M} UTC",
            evidence=(f"record {used.id}, {used.status}",),
            hint="plan again: tactician plan --out FILE",
        )
    ages = age_belts(plan, now, max_age_minutes=policy.safety.max_fact_age_minutes)
    live = run.host.read()
    check_host(plan.host, live.id, live.label)
    host = facts_of(live, now=now).host
    slots = subjects(host)
    check_unchanged(plan, slots, host)
    check_patches(plan, slots, host)
    belts = {belt.name: belt for belt in (*plan.belts, *ages, *live_belts(plan, slots, host, holds))}
    check_belts(belts.values(), lifted=lifted)
    return run.carry_out(_record(plan, live, slots, now), live)


def _record(plan: Plan, live: Snapshot, slots: Iterable[Subject], now: datetime) -> Record:
    return Record(
        id=f"{now:%Y%m%dT%H%M%SZ}-{plan.id[:6]}",
        action="apply",
        created_at=now,
        status="begun",
        host=plan.host,
        plan=plan.digest,
        addresses=tuple(dict.fromkeys(change.address for change in plan.changes)),
        slots=tuple(_slot(change) for change in plan.changes),
        files=prepare(live.source, plan.patches.config),
        jobs=tuple(job_changes(live, plan, slots)),
    )


def _slot(change: Change | AddProvider | Setting) -> SlotChange:
    """Say a change in words; the entry of a provider stays out, for it may hold a key."""
    if isinstance(change, AddProvider):
        return SlotChange(address=change.address, before="none", after="added")
    if isinstance(change, Setting):
        what, before, after = setting_words(change)
        return SlotChange(address=change.address, before=f"{what} {before}", after=f"{what} {after}")
    inherited = "" if change.before.configured is not None else " (inherited)"
    before = f"{_words(change.before.effective)}{inherited}" if change.before.effective else "none"
    return SlotChange(address=change.address, before=before, after=_words(change.after))


def _words(choice: ChoiceText) -> str:
    return " + ".join((choice.primary, *(choice.fallbacks or ())))
