"""Which options can be part of a best answer at all. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.solve.problem import Option, Problem, Slot


def reduced(problem: Problem) -> tuple[tuple[int, ...], ...]:
    """Return for each slot the indexes of its options that no other one dominates, cheapest first.

    An option is dominated by one that is as cheap and loads no window more: taking that instead never harms.
    Where the options of a pool load its windows alike, one of each pool remains.
    """
    return tuple(map(_undominated, problem.slots))


def _undominated(slot: Slot) -> tuple[int, ...]:
    kept: list[int] = []
    loads: list[tuple[tuple[int, int], ...]] = []
    for index in sorted(range(len(slot.options)), key=lambda index: slot.options[index].cost):
        option = slot.options[index]
        if option.loads in loads or (loads and _dominated(option, loads)):
            continue
        kept.append(index)
        loads.append(option.loads)
    return tuple(kept)


def _dominated(option: Option, cheaper: Sequence[tuple[tuple[int, int], ...]]) -> bool:
    own = dict(option.loads)
    return any(all(amount <= own.get(window, 0) for window, amount in loads) for loads in cheaper)
