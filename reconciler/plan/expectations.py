from __future__ import annotations

from collections.abc import Iterator

from reconciler.assign.wanted import Decision
from reconciler.facts.model import Facts
from reconciler.plan.make import owners_catalog
from reconciler.plan.order import decide_in_order
from reconciler.policy.model import Expectation, Policy
from reconciler.policy.problem import Problem, below, show


def unmet(policy: Policy, test: Expectation, facts: Facts) -> Iterator[Problem]:
    """Yield what a plan of *policy* on the test's recorded *facts* decides otherwise than expected."""
    wanted = decide_in_order(policy, facts, owners_catalog(policy))
    decided = {decision.subject.slot.address: decision for decision in wanted.decisions}
    for address, expected in test.expect.items():
        decision = decided.get(address)
        if decision is None:
            message, hint = f"the facts have no slot {show(address)}", "name a slot that they have"
        elif not _met(decision, expected):
            message = f"expected {expected}, found {_found(decision)}"
            hint = "change the policy, or what is expected of it"
        else:
            continue
        yield Problem(test.places.get(address, test.at), below("spec.expect", address), message, hint)


def _met(decision: Decision, expected: str) -> bool:
    """Tell whether the slot has the expected model in the end, or becomes of it what is expected."""
    match expected:
        case "unchanged":
            return decision.choice is None
        case "blocked":
            return decision.outcome == "stuck"
        case model:
            return model == (decision.choice[0] if decision.choice else _now(decision))


def _now(decision: Decision) -> str:
    effective = decision.subject.slot.effective
    return str(effective.primary) if effective else "no model"


def _found(decision: Decision) -> str:
    now = _now(decision)
    match decision.outcome:
        case "change":
            assert decision.choice is not None
            then = decision.choice[0]
            what = f"{now} with other fallbacks" if then == now else f"{now} → {then}"
        case "keep":
            what = f"{now} kept"
        case "leave":
            what = f"{now} left alone"
        case "stuck":
            what = f"{now} blocked"
    return f"{what} ({decision.reason})"
