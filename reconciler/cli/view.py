from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Exit


if TYPE_CHECKING:
    from reconciler.plan.model import Plan


def print_plan(plan: Plan, *, json: bool, verbose: bool) -> str:
    """Return the plan as JSON, or as a person reads it."""
    if json:
        from reconciler.plan.verify import write_plan

        return write_plan(plan)
    from reconciler.render.text import plan_text

    return plan_text(plan, verbose=verbose)


def verdict(plan: Plan, *, detailed: bool) -> Exit:
    """Return the exit code that says what the plan is: refused, with changes, or without."""
    if any(belt.tripped for belt in plan.belts):
        return Exit.REFUSED
    return Exit.CHANGES if detailed and plan.changes else Exit.OK
