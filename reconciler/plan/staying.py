"""Which slots stay on a provider that they were to be kept off, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import jsonpatch

from reconciler.assign.subject import subjects
from reconciler.assign.wanted import Decision
from reconciler.facts.model import HostFacts
from reconciler.plan.model import Finding, Patches
from reconciler.policy.model import Policy
from reconciler.text import printable


def staying(
    policy: Policy, host: HostFacts, decisions: Iterable[Decision], patches: Patches
) -> Iterator[Finding]:
    """Yield a finding for each slot that is on a barred provider even after the plan.

    What inherits its model is looked at as it will be, with the plan's *patches* in place. Of a slot that is stuck
    the plan tells already.
    """
    bars = [rule.bar for rule in policy.rules if rule.bar]
    if not bars:
        return
    after = host.model_copy(update={"config": jsonpatch.apply_patch(host.config, list(patches.config))})
    for decision, later in zip(decisions, subjects(after), strict=True):
        if decision.outcome == "stuck":
            continue
        now = later.slot.effective
        ref = decision.choice[0] if decision.choice else str(now.primary) if now else ""
        for bar in bars:
            if decision.subject.slot.address in bar.slots and ref.partition("/")[0] == bar.provider:
                yield _finding(decision, ref)


def _finding(decision: Decision, ref: str) -> Finding:
    by = f" (rule {decision.rule.name}, {decision.rule.at})" if decision.rule else ""
    return Finding(
        address=decision.subject.slot.address,
        level="warning" if decision.subject.enabled else "info",
        text=printable(f"stays on {ref}: {decision.reason}{by}", at_most=400),
    )
