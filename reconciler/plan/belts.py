from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from reconciler.assign.admission import Admission
from reconciler.assign.candidate import Pool
from reconciler.assign.subject import Subject
from reconciler.assign.wanted import Decision, Wanted
from reconciler.catalog.model import Catalog
from reconciler.facts.model import Facts, HeldSlot, HostFacts
from reconciler.plan.model import AddProvider, Belt, Plan
from reconciler.plan.providers import with_providers
from reconciler.policy.model import Policy


NAMES = (
    "context-too-small",
    "empty-facts",
    "outside-allow-list",
    "over-quota",
    "plan-expired",
    "slot-on-hold",
    "stale-facts",
    "too-many-changes",
    "unknown-model",
)
_SHOWN_AT_MOST = 3
_NOISE = 0.01
"""Share of a limit that nobody calls a change."""
_SHARE_COUNTS_FROM = 10
"""With fewer slots the share says nothing: one of three is a third."""


def belts(
    policy: Policy, facts: Facts, wanted: Wanted, catalog: Catalog, added: Iterable[AddProvider] = ()
) -> tuple[Belt, ...]:
    """Return the belts that can be judged from facts, each with what it found."""
    changing = [decision for decision in wanted.decisions if decision.outcome == "change"]
    touched = [each for each in wanted.decisions if each.outcome == "change" or each.settings]
    pool, admission = Pool(policy, facts, catalog), Admission(with_providers(facts.host, added))
    return (
        _belt("context-too-small", _small(changing, pool)),
        _belt("empty-facts", _empty(facts) if touched else []),
        _belt("outside-allow-list", _forbidden(_wanted(changing), admission)),
        _belt("over-quota", list(_over(policy, wanted))),
        _belt("too-many-changes", _many(policy, wanted, len(touched))),
        _belt("unknown-model", _not_known(_wanted(changing), admission)),
    )


def age_belts(plan: Plan, now: datetime, *, max_age_minutes: int) -> tuple[Belt, ...]:
    """Return the belts that depend on the time of the apply."""
    age = now - plan.created_at
    stale = age > timedelta(minutes=max_age_minutes) or age < timedelta(minutes=-1)
    minutes = int(age.total_seconds() // 60)
    return (
        _belt(
            "plan-expired",
            [f"expired at {plan.expires_at:%Y-%m-%d %H:%M} UTC"] if now > plan.expires_at else [],
        ),
        _belt(
            "stale-facts",
            [f"facts are {minutes} minutes old, {max_age_minutes} are allowed"] if stale else [],
        ),
    )


def live_belts(
    plan: Plan, live: Iterable[Subject], host: HostFacts, holds: Iterable[HeldSlot] = ()
) -> tuple[Belt, ...]:
    """Ask again, of the host and the holds as they are now, whether the plan may be written."""
    agents = {subject.slot.address: subject.slot.agent_id for subject in live}
    admission = Admission(with_providers(host, plan.providers))
    wanted = [
        (change.address, agents[change.address], ref)
        for change in plan.slots
        for ref in (change.after.primary, *(change.after.fallbacks or ()))
    ]
    return (
        _belt("outside-allow-list", _forbidden(wanted, admission)),
        _belt("slot-on-hold", _on_hold(plan, holds)),
        _belt("unknown-model", _not_known(wanted, admission)),
    )


def _on_hold(plan: Plan, holds: Iterable[HeldSlot]) -> list[str]:
    held = {hold.address: hold.reason for hold in holds}
    touched = dict.fromkeys(change.address for change in plan.changes)
    return [f"{address}: {held[address]}" for address in touched if address in held]


def _belt(name: str, problems: list[str]) -> Belt:
    more = len(problems) - _SHOWN_AT_MOST
    shown = "; ".join(problems[:_SHOWN_AT_MOST]) + (f"; and {more} more" if more > 0 else "")
    return Belt(name=name, tripped=bool(problems), detail=shown)


def _empty(facts: Facts) -> list[str]:
    if facts.host.jobs_from == "none":
        return ["the host's jobs could not be read"]
    return []


def _over(policy: Policy, wanted: Wanted) -> Iterator[str]:
    """Tell of the quotas that the changes would use up to more than the critical share."""
    for effect in wanted.effects:
        after = effect.after.used
        if after <= policy.critical_threshold or after <= effect.before.used + _NOISE:
            continue
        moved = [
            decision.subject.slot.address
            for decision in wanted.decisions
            if decision.outcome == "change" and decision.choice and effect.quota.serves(decision.choice[0])
        ]
        yield f"{', '.join(moved)}: {effect.quota.name} would be {after:.0%} used at its reset"


def _many(policy: Policy, wanted: Wanted, changes: int) -> list[str]:
    slots = len(wanted.decisions)
    most, share = policy.safety.max_changes, policy.safety.max_changed_share
    if changes > most:
        return [f"{changes} changes, safety.maxChanges is {most}"]
    if slots >= _SHARE_COUNTS_FROM and changes > share * slots:
        return [f"{changes} of {slots} slots change, safety.maxChangedShare is {share}"]
    return []


def _wanted(changing: list[Decision]) -> list[tuple[str, str | None, str]]:
    """List address, agent and model of everything that is to be written."""
    return [
        (decision.subject.slot.address, decision.subject.slot.agent_id, ref)
        for decision in changing
        for ref in _refs(decision)
    ]


def _forbidden(wanted: Iterable[tuple[str, str | None, str]], admission: Admission) -> list[str]:
    return [
        f"{address}: {ref} is {reason}"
        for address, agent, ref in wanted
        if (reason := admission.refusal(ref, agent))
    ]


def _not_known(wanted: Iterable[tuple[str, str | None, str]], admission: Admission) -> list[str]:
    return [
        f"{address}: the host does not know {ref}: {reason}"
        for address, _, ref in wanted
        if (reason := admission.unknown(ref))
    ]


def _small(changing: list[Decision], pool: Pool) -> list[str]:
    found = []
    for decision in changing:
        assert decision.choice is not None
        window = pool.describe(decision.choice[0]).context
        if decision.need and window is not None and window < decision.need.context:
            found.append(
                f"{decision.subject.slot.address}: {decision.choice[0]} holds {window} tokens, "
                f"{decision.need.context} are needed"
            )
    return found


def _refs(decision: Decision) -> Iterator[str]:
    if decision.choice:
        yield decision.choice[0]
        yield from decision.choice[1]
