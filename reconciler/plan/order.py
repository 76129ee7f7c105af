from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.assign.decide import Assignment
from reconciler.assign.settle import Settlement
from reconciler.assign.subject import Subject, subjects
from reconciler.assign.wanted import Decision, Wanted
from reconciler.catalog.model import Catalog
from reconciler.facts.model import Facts, HostFacts
from reconciler.openclaw.slot import Document, Slot, SlotKind
from reconciler.plan.patch import Operation, after_of, operations
from reconciler.policy.model import Policy


def decide_in_order(policy: Policy, facts: Facts, catalog: Catalog) -> Wanted:
    """Decide every slot, each by what it will inherit, and say what becomes of the quotas."""
    return settle_in_order(policy, facts, catalog)[0]


def settle_in_order(policy: Policy, facts: Facts, catalog: Catalog) -> tuple[Wanted, Settlement]:
    """Decide the defaults, then the agents, then the jobs, each by what it will inherit.

    A slot that inherits gets another model when a slot above it does. Judged by the model that it
    has today it could be left on one that cannot do its work, and would be planned anew after the apply.
    """
    run = Assignment(policy, facts, catalog)
    host = facts.host
    live = later = subjects(host)
    settlement = Settlement(run, policy, facts, catalog, live)
    decided: dict[int, Decision] = {}
    joint: tuple[Decision, ...] = ()
    for _, positions in sorted(_levels(live).items()):
        if settlement.joint and not joint:
            joint = settlement.together(later, live, decided)
        made = [
            _said(joint[at] if joint else run.decide(later[at]), now=live[at], then=later[at])
            for at in positions
        ]
        decided |= dict(zip(positions, made, strict=True))
        if patch := list(_config_patch(host, made)):
            host = _patched(host, patch)
            later, joint = subjects(host), ()
    wanted = run.wanted(tuple(decided[at] for at in range(len(live))))
    return replace(wanted, effects=settlement.effects, ways_out=settlement.ways_out), settlement


def _levels(slots: Iterable[Subject]) -> dict[int, list[int]]:
    """Return the positions of the slots by level."""
    found: dict[int, list[int]] = {}
    for position, subject in enumerate(slots):
        found.setdefault(_level(subject.slot), []).append(position)
    return found


def _said(decision: Decision, *, now: Subject, then: Subject) -> Decision:
    """Take what was decided by what the slot will inherit *then*, and say it of the slot as it is *now*."""
    if now is then:
        return decision
    if decision.outcome == "change" and decision.ruling and not decision.ruling.pin:
        decision = replace(decision, reason=_inheriting(now.slot, then.slot) + decision.reason)
    return replace(decision, subject=now)


def _inheriting(now: Slot, then: Slot) -> str:
    """Name the model that the slot would run on once those above it are changed, where it is another."""
    if then.effective is None or (now.effective and now.effective.primary == then.effective.primary):
        return ""
    return f"will inherit {then.effective.primary} from {then.source}: "


def _level(slot: Slot) -> int:
    """Number the slots so that each stands behind those that it may inherit from."""
    match slot.kind:
        case SlotKind.DEFAULTS:
            return 0
        case SlotKind.AGENT:
            return 2
        case SlotKind.JOB:
            return 4
        case _:
            return 3 if slot.address.startswith("agent/") else 1


def _config_patch(host: HostFacts, decisions: Iterable[Decision]) -> Iterator[Operation]:
    for decision in decisions:
        place = decision.subject.slot.place
        if decision.choice and place and place.document is Document.CONFIG:
            yield from operations(host.config, place, after_of(decision))


def _patched(host: HostFacts, patch: list[Operation]) -> HostFacts:
    import jsonpatch

    return host.model_copy(update={"config": jsonpatch.apply_patch(host.config, patch)})
