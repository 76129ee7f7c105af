"""Makes an answer better by moving one slot at a time, in exact integers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from reconciler.solve import tally
from reconciler.solve.core import Chosen, Core


_ROUNDS = 10


def polished(core: Core, chosen: Chosen) -> Chosen:
    """Return the choice after each slot, in turn, took the best that what the others left allows, until none moves."""
    return _Search(core, chosen).run()


class _Search:
    def __init__(self, core: Core, chosen: Chosen) -> None:
        self._core = core
        self._chosen = list(chosen)
        self._watched = set(core.windows)
        loads = tally.used(core.problem, chosen)
        windows = core.problem.windows
        self._left = [window.capacity - load for window, load in zip(windows, loads, strict=True)]

    def run(self) -> Chosen:
        slots = self._core.open_slots()
        for _ in range(_ROUNDS):
            if not sum(map(self._moved, slots)):
                break
        return tuple(self._chosen)

    def _moved(self, slot: int) -> bool:
        options = self._core.problem.slots[slot].options
        before = self._chosen[slot]
        self._shift(options[before].loads, 1)
        best = min(
            self._core.kept[slot],
            key=lambda option: (self._over(options[option].loads), options[option].cost, option),
        )
        self._shift(options[best].loads, -1)
        self._chosen[slot] = best
        return best != before

    def _shift(self, loads: Sequence[tuple[int, int]], sign: int) -> None:
        for window, amount in loads:
            self._left[window] += sign * amount

    def _over(self, loads: Sequence[tuple[int, int]]) -> Fraction | int:
        """Return by how much the overflow grows, in shares."""
        return sum(
            Fraction(amount - max(0, self._left[window]), self._core.units[window])
            for window, amount in loads
            if amount > self._left[window] and amount and window in self._watched
        )
