"""What one run of auto mode is to do, by the policy, the facts and the records. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.assign.subject import subjects
from reconciler.facts.model import Facts
from reconciler.ledger.record import Record
from reconciler.loop.alarms import level_of
from reconciler.loop.moves import managed, moves, spent
from reconciler.loop.restrict import Restricted, restricted
from reconciler.policy.model import Policy


TO_AND_FRO = "auto mode moved it to and fro: twice back within a week"
"""The reason of the holds that auto mode sets, and alone may lift, for its own flapping."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The changes to make, and the slots whose hold for flapping is to be lifted first."""

    changes: Restricted
    lift: tuple[str, ...]


def decide(policy: Policy, facts: Facts, records: Sequence[Record]) -> Decision:
    """Choose the changes of this run; *records* are all that the ledger has."""
    host = facts.host.id
    lift = tuple(_stranded(policy, facts))
    holds = tuple(hold for hold in facts.holds if hold.address not in lift)
    left = policy.safety.max_changes_per_day - spent(moves(records, host), facts.taken_at)
    changes = restricted(
        policy,
        facts.model_copy(update={"holds": holds}),
        managed=managed(records, host),
        budget=max(0, left),
    )
    return Decision(changes, lift)


def _stranded(policy: Policy, facts: Facts) -> Iterable[str]:
    """Yield the slots that were stopped from flapping on a model whose quota has become tight since."""
    stopped = {hold.address for hold in facts.holds if hold.reason == TO_AND_FRO}
    tight = {
        each.provider
        for each in facts.readings
        if each.used_fraction is not None and level_of(policy, each, each.used_fraction)
    }
    for subject in subjects(facts.host):
        slot = subject.slot
        if slot.address in stopped and slot.effective and slot.effective.primary.provider in tight:
            yield slot.address
