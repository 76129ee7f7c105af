"""The policy with which a plan moves every slot off a provider and leaves all others as they are. Pure."""

from __future__ import annotations

from dataclasses import replace

from reconciler.errors import UsageError
from reconciler.facts.model import Facts
from reconciler.plan.make import owners_catalog
from reconciler.plan.order import decide_in_order
from reconciler.policy.model import Bar, Policy
from reconciler.text import printable
from reconciler.whatif.assume import barred, using
from reconciler.whatif.nearest import meant


def shifted(policy: Policy, facts: Facts, away: str, to: str | None = None) -> Policy:
    """Return the policy that keeps every slot off the provider *away*, so that a plan of it is the shift.

    With *to* the slots go to that provider where it would do, and elsewhere where it would not.

    Raises:
        UsageError: there is nothing of such a provider here, or nobody could go to the other one.
    """
    _check(policy, facts, away, to)
    concerned = using(facts, away, fallbacks=False)
    bar = Bar(away, f"shifted away from {away} by you", concerned, others_stay=True, to=to)
    if to is None:
        return barred(policy, f"shift from {away}", bar)
    name = f"shift from {away} to {to}"
    first = barred(policy, name, bar)
    tried = decide_in_order(first, facts, owners_catalog(policy))
    unfit = frozenset(
        decision.subject.slot.address
        for decision in tried.decisions
        if decision.outcome == "stuck" and decision.subject.slot.address in concerned
    )
    return barred(policy, name, replace(bar, elsewhere=unfit)) if unfit else first


def _check(policy: Policy, facts: Facts, away: str, to: str | None) -> None:
    if away == to:
        raise UsageError(f"{printable(away)} is where they are", hint="name another provider with --to")
    if away not in policy.providers and not using(facts, away):
        raise UsageError(
            f"no slot is on a provider {printable(away)!r}", hint=meant(away, policy.providers, "providers")
        )
    if to is not None and to not in policy.providers:
        others = [name for name in policy.providers if name != away]
        raise UsageError(
            f"the policy has no provider {printable(to)!r}", hint=meant(to, others, "other providers")
        )
