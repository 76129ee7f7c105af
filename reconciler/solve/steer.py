"""Makes whole answers of rounded ones: what moves is what costs least against the prices of the windows. Pure.

Rounding leaves some windows over and others with room. Slots of many sizes are as good here as there at the prices
that the linear program found; moving those costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.solve import tally
from reconciler.solve.certificate import ONE, Certificate
from reconciler.solve.core import Chosen, Core, Level, total


_ROUNDS = 8
Loads = Sequence[tuple[int, int]]


def steered(core: Core, level: Level | None, certificate: Certificate, chosen: Chosen) -> Chosen:
    """Return the choice after slots were moved until nothing is over, then until what is left is used."""
    steering = _Steering(core, certificate, chosen)
    for _ in range(_ROUNDS):
        if not steering.relieve():
            break
    if level:
        for _ in range(_ROUNDS):
            if not steering.fill(level):
                break
    return tuple(steering.chosen)


class _Steering:
    """What is left of windows and of the core's limits, which are as good as windows here."""

    def __init__(self, core: Core, certificate: Certificate, chosen: Chosen) -> None:
        self.chosen = list(chosen)
        self._core = core
        self._excess = certificate.excess
        self._slots = core.open_slots()
        windows, first = core.problem.windows, len(core.problem.windows)
        loads = tally.used(core.problem, chosen)
        self._left = {window: windows[window].capacity - loads[window] for window in core.windows}
        self._unit = {window: core.units[window] for window in core.windows}
        for number, (level, limit) in enumerate(core.limits, first):
            self._left[number] = limit - total(level, chosen)
            self._unit[number] = max(1, abs(limit))
        self._loads = {
            (slot, option): self._all(slot, option) for slot in self._slots for option in core.kept[slot]
        }

    def relieve(self) -> bool:
        """Move slots away from what is over, those first that lose least for what they relieve; tell if any moved."""
        if all(left >= 0 for left in self._left.values()):
            return False
        moves = sorted(self._away())
        return any([self._moved(slot, option) for *_, slot, option in moves])  # noqa: C419 - all of them

    def fill(self, level: Level) -> bool:
        """Move slots to what is cheaper and fits, those first that gain most for what they take; tell if any moved."""
        moves = sorted(self._cheaper(level))
        return any([self._fitted(level, slot, option) for *_, slot, option in moves])  # noqa: C419 - all of them

    def _all(self, slot: int, option: int) -> Loads:
        problem = self._core.problem
        own = [load for load in problem.slots[slot].options[option].loads if load[0] in self._left]
        limits = enumerate(self._core.limits, len(problem.windows))
        return [
            *own,
            *((number, amount) for number, (level, _) in limits if (amount := level[slot][option])),
        ]

    def _away(self) -> Iterator[tuple[float, float, int, int]]:
        over = {number for number, left in self._left.items() if left < 0}
        for slot in self._slots:
            now = self.chosen[slot]
            if not any(number in over for number, _ in self._loads[slot, now]):
                continue
            for option in self._core.kept[slot]:
                relief = self._relief(slot, option) if option != now else 0.0
                if relief > 0:
                    loss = (self._excess[slot][option] - self._excess[slot][now]) / ONE
                    yield round(loss / relief, 6), -relief, slot, option

    def _cheaper(self, level: Level) -> Iterator[tuple[float, float, int, int]]:
        for slot in self._slots:
            now = self.chosen[slot]
            for option in self._core.kept[slot]:
                gain = level[slot][now] - level[slot][option]
                if gain > 0 and self._fits(slot, option):
                    loss = (self._excess[slot][option] - self._excess[slot][now]) / ONE
                    yield round(loss / gain, 6), -gain, slot, option

    def _moved(self, slot: int, option: int) -> bool:
        if self._relief(slot, option) <= 0:
            return False
        self._move(slot, option)
        return True

    def _fitted(self, level: Level, slot: int, option: int) -> bool:
        if level[slot][self.chosen[slot]] <= level[slot][option] or not self._fits(slot, option):
            return False
        self._move(slot, option)
        return True

    def _change(self, slot: int, option: int) -> dict[int, int]:
        """Return what a move would take of each window and limit, less than 0 where it gives."""
        change = {number: -amount for number, amount in self._loads[slot, self.chosen[slot]]}
        for number, amount in self._loads[slot, option]:
            change[number] = change.get(number, 0) + amount
        return change

    def _relief(self, slot: int, option: int) -> float:
        """Return by how much a move would make less of what is over, in shares."""
        return sum(
            (max(0, -self._left[number]) - max(0, taken - self._left[number])) / self._unit[number]
            for number, taken in self._change(slot, option).items()
        )

    def _fits(self, slot: int, option: int) -> bool:
        return all(
            taken <= max(0, self._left[number]) for number, taken in self._change(slot, option).items()
        )

    def _move(self, slot: int, option: int) -> None:
        for number, taken in self._change(slot, option).items():
            self._left[number] -= taken
        self.chosen[slot] = option
