"""The best for each slot as if it were alone: where no window breaks, nothing can be better. Pure."""

from __future__ import annotations

from reconciler.solve.problem import Problem


def alone(problem: Problem) -> tuple[int, ...]:
    """Return the index of each slot's cheapest option, the earliest of equals."""
    return tuple(
        min(range(len(slot.options)), key=lambda index, slot=slot: slot.options[index].cost)  # type: ignore[misc]
        for slot in problem.slots
    )
