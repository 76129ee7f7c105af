from __future__ import annotations

from reconciler.assign.candidate import Candidate
from reconciler.assign.ruling import Ruling
from reconciler.openclaw.choices import Shape, Slot
from reconciler.policy.model import Policy


def fallbacks_for(
    slot: Slot, primary: str, good: tuple[Candidate, ...], ruling: Ruling, policy: Policy
) -> tuple[str, ...]:
    """Choose what is tried after *primary*, in order.

    The owner's own list is kept, less what the rules forbid; an empty list that he wrote means
    strict and stays empty. Only where he wrote none are the next best taken, as the policy's
    `fallbacks` says.
    """
    if not takes_fallbacks(slot) or slot.strict:
        return ()
    had = [str(ref) for ref in slot.effective.fallbacks] if slot.effective else []
    kept = tuple(ref for ref in had if ref != primary and ruling.objection(ref, fallback=True) is None)
    return kept or tuple(_next_best(primary, good, policy))


def takes_fallbacks(slot: Slot) -> bool:
    """Tell whether the slot has a place for fallbacks of its own."""
    return slot.place is not None and slot.place.shape is not Shape.TEXT


def _next_best(primary: str, good: tuple[Candidate, ...], policy: Policy) -> list[str]:
    chosen: list[str] = []
    providers = {primary.partition("/")[0]}
    for candidate in good:
        if len(chosen) == policy.fallbacks.count:
            break
        if candidate.ref == primary or (
            policy.fallbacks.distinct_providers and candidate.provider in providers
        ):
            continue
        chosen.append(candidate.ref)
        providers.add(candidate.provider)
    return chosen
