from __future__ import annotations

from collections.abc import Collection, Iterable

from reconciler.errors import Refused
from reconciler.plan.model import Belt, Plan
from reconciler.policy.document import Mode


def check_assumptions(plan: Plan) -> None:
    """Refuse a plan of what is not so.

    Raises:
        Refused: the plan rests on assumptions.
    """
    if plan.assumptions:
        raise Refused(
            "this plan rests on assumptions: it is for looking, and never applied",
            evidence=plan.assumptions,
            hint="plan on what is, without --set, --without and --objective: tactician plan --out FILE",
        )


def check_mode(mode: Mode, *, confirmed: bool) -> None:
    """Refuse what the mode does not allow.

    Raises:
        Refused: manual mode, or dry-run mode and nobody agreed.
    """
    if mode == "manual":
        raise Refused(
            "the policy is in manual mode: nothing is written",
            hint="change the mode: tactician mode dry-run, or tactician mode auto",
        )
    if mode == "dry-run" and not confirmed:
        raise Refused(
            "nothing was applied: the policy is in dry-run mode and nobody agreed",
            hint="answer yes at the question, or pass --yes where nobody can answer",
        )


def check_belts(belts: Iterable[Belt], *, lifted: Collection[str]) -> None:
    """Refuse when a belt is tripped that was not lifted for this once.

    Raises:
        Refused: naming every such belt, what it found and the flag that lifts it.
    """
    tripped = [belt for belt in belts if belt.tripped and belt.name not in lifted]
    if not tripped:
        return
    names = ", ".join(belt.name for belt in tripped)
    raise Refused(
        f"a safety belt refuses this plan: {names}",
        evidence=[f"{belt.name}: {belt.detail}" for belt in tripped],
        hint="look at it, then lift it once: " + " ".join(f"--lift-{belt.name}" for belt in tripped),
    )
