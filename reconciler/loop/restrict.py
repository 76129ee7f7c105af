"""Which of the wanted changes auto mode may make now. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from reconciler.assign.subject import subjects
from reconciler.facts.model import Facts, HeldSlot
from reconciler.ledger.reconciliation import LeftAlone
from reconciler.plan.make import make_plan
from reconciler.plan.model import Plan
from reconciler.policy.model import Policy


class Restricted(NamedTuple):
    """All that the policy wants, the part of it that may be written now, and why not the rest."""

    wanted: Plan
    plan: Plan
    left_alone: tuple[LeftAlone, ...]


def restricted(policy: Policy, facts: Facts, *, managed: Collection[str], budget: int) -> Restricted:
    """Plan the changes of *managed* slots that can be undone and have cooled down, at most *budget* of them.

    The other slots are taken for held while it is planned, so that what is decided together counts with them as
    they are.
    """
    wanted = make_plan(policy, facts)
    if not wanted.changes:
        return Restricted(wanted, wanted, ())
    kept = _reserved(policy, facts, managed)
    plan = make_plan(policy, _holding(facts, kept), safe_only=True)
    while len(plan.slots) > budget:
        late = plan.slots[budget:]
        kept |= {change.address: "as many slots were changed as may be in 24 hours" for change in late}
        plan = make_plan(policy, _holding(facts, kept), safe_only=True)
    return Restricted(wanted, plan, _left_alone(wanted, plan, kept))


def _reserved(policy: Policy, facts: Facts, managed: Collection[str]) -> dict[str, str]:
    """Return the slots that auto mode leaves alone, and why."""
    reasons: dict[str, str] = {}
    for subject in subjects(facts.host):
        address = subject.slot.address
        ready = _cool_at(policy, facts, address)
        if address not in managed:
            reasons[address] = "not managed yet: apply a plan that names it"
        elif ready and ready > facts.taken_at:
            reasons[address] = f"changed lately, cools down until {ready:%Y-%m-%d %H:%M} UTC"
    return reasons


def _cool_at(policy: Policy, facts: Facts, address: str) -> datetime | None:
    moved = facts.moved.get(address)
    return moved and moved + timedelta(hours=policy.safety.cool_down_hours)


def _holding(facts: Facts, reserved: Mapping[str, str]) -> Facts:
    held = (HeldSlot(address=address, reason=reason) for address, reason in sorted(reserved.items()))
    return facts.model_copy(update={"holds": (*facts.holds, *held)})


def _left_alone(wanted: Plan, plan: Plan, reserved: Mapping[str, str]) -> tuple[LeftAlone, ...]:
    made = {change.address for change in plan.changes}
    return tuple(
        LeftAlone(address=change.address, reason=reserved.get(change.address) or _otherwise(change.safe))
        for change in wanted.slots
        if change.address not in made
    )


def _otherwise(safe: bool) -> str:  # noqa: FBT001  the one thing that it depends on
    if safe:
        return "of no use as long as the others stay"
    return "this host cannot put the old state back exactly"
