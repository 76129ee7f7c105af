"""What a choice costs and loads, in exact integers: the judge of every answer, whoever found it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from reconciler.solve.problem import Option, Problem


def options(problem: Problem, chosen: Sequence[int]) -> Iterable[Option]:
    """Return the chosen option of each slot."""
    return (slot.options[index] for slot, index in zip(problem.slots, chosen, strict=True))


def used(problem: Problem, chosen: Sequence[int]) -> list[int]:
    """Return the load of each window."""
    total = [0] * len(problem.windows)
    for option in options(problem, chosen):
        for window, amount in option.loads:
            total[window] += amount
    return total


def overflow(problem: Problem, chosen: Sequence[int]) -> tuple[int, ...]:
    """Return how much each window is over its capacity."""
    return tuple(
        max(0, load - window.capacity)
        for load, window in zip(used(problem, chosen), problem.windows, strict=True)
    )


def cost(problem: Problem, chosen: Sequence[int]) -> tuple[int, ...]:
    """Return the sum of each level."""
    return tuple(map(sum, zip(*(option.cost for option in options(problem, chosen)), strict=True)))


def units(problem: Problem) -> tuple[int, ...]:
    """Return what overflow of each window is counted in: its capacity, or its largest load where it has none."""
    largest = [1] * len(problem.windows)
    if any(window.capacity <= 0 for window in problem.windows):
        for slot in problem.slots:
            for option in slot.options:
                for window, amount in option.loads:
                    largest[window] = max(largest[window], amount)
    return tuple(
        window.capacity if window.capacity > 0 else most
        for window, most in zip(problem.windows, largest, strict=True)
    )


def shares(over: Iterable[int], units: Iterable[int]) -> Fraction:
    """Return the sum of overflows, each as a share of its window's unit."""
    return sum(
        (Fraction(amount, unit) for amount, unit in zip(over, units, strict=True) if amount), Fraction()
    )
