"""Slot by slot, the cheapest that still fits: where a search begins, and the peer that it is measured against. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from reconciler.solve import tally
from reconciler.solve.problem import Option, Problem


def greedy(problem: Problem, kept: Sequence[Sequence[int]] | None = None) -> tuple[int, ...]:
    """Return the choice of someone who takes slots in order; where nothing fits, what overflows least.

    *kept* are the options of each slot that are looked at, all where None is given.
    """
    units = tally.units(problem)
    left = [window.capacity for window in problem.windows]
    chosen = []
    for number, slot in enumerate(problem.slots):
        open_to = kept[number] if kept is not None else range(len(slot.options))
        best = min(open_to, key=lambda index: (*_worse(slot.options[index], left, units), index))
        for window, amount in slot.options[best].loads:
            left[window] -= amount
        chosen.append(best)
    return tuple(chosen)


def _worse(
    option: Option, left: Sequence[int], units: Sequence[int]
) -> tuple[Fraction | int, tuple[int, ...]]:
    if all(amount <= left[window] for window, amount in option.loads):
        return 0, option.cost
    more = sum(
        Fraction(amount - max(0, left[window]), units[window])
        for window, amount in option.loads
        if amount > left[window]
    )
    return more, option.cost
