"""What is still open of a problem while it is solved, and how answers to it compare. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from reconciler.solve import tally
from reconciler.solve.problem import Problem


Level = Callable[[int, int], int]
"""What an option of a slot, both by index, adds to a level of the objective."""
Chosen = tuple[int, ...]
Key = tuple[Fraction, tuple[int, ...], Chosen]


def of_cost(problem: Problem, number: int) -> Level:
    """Return a level of the problem's cost."""
    return lambda slot, option: problem.slots[slot].options[option].cost[number]


@dataclass(frozen=True, slots=True)
class Core:
    """The options of each slot that are *kept*, and the *windows* that are looked at.

    *limits* are levels that may not exceed what was reached on them. *spill* is how much may overflow, in shares of
    the windows' *units*; None while this itself is being minimised.
    """

    problem: Problem
    units: tuple[int, ...]
    kept: tuple[tuple[int, ...], ...]
    windows: tuple[int, ...]
    limits: tuple[tuple[Level, int], ...] = ()
    spill: Fraction | None = None

    def watching(self, windows: Iterable[int]) -> Core:
        """Return the core that looks at these windows."""
        return replace(self, windows=tuple(sorted(windows)))

    def open_slots(self) -> list[int]:
        """Return the slots of which more than one option is kept."""
        return [number for number, kept in enumerate(self.kept) if len(kept) > 1]

    def over(self, chosen: Chosen) -> Fraction:
        """Return how much the windows that are looked at overflow, in shares of their units."""
        over = tally.overflow(self.problem, chosen)
        return tally.shares(
            (over[window] for window in self.windows), (self.units[window] for window in self.windows)
        )

    def key(self, chosen: Chosen) -> Key:
        """Return what orders answers, the least is the best; within the limits of its first levels all are alike."""
        over = max(self.over(chosen), self.spill or Fraction())
        cost = list(tally.cost(self.problem, chosen))
        for number, (_, limit) in enumerate(self.limits[: len(cost)]):
            cost[number] = max(cost[number], limit)
        return over, tuple(cost), chosen

    def best(self, answers: Iterable[Chosen]) -> Chosen:
        """Return the best of these."""
        return min(answers, key=self.key)

    def meets(self, chosen: Chosen) -> bool:
        """Tell whether an answer keeps to what may overflow and to the limits."""
        spills = self.spill is not None and self.over(chosen) > self.spill
        return not spills and all(total(level, chosen) <= limit for level, limit in self.limits)

    def within(self, level: Level, limit: int) -> Core:
        """Return the core in which the level may not exceed the limit."""
        return replace(self, limits=(*self.limits, (level, limit)))

    def without(self, excess: Sequence[Mapping[int, int]], gap: Fraction) -> Core:
        """Return the core without the options whose excess over their slot's best is more than the gap."""
        kept = tuple(
            tuple(index for index in own if over[index] <= gap)
            for own, over in zip(self.kept, excess, strict=True)
        )
        return replace(self, kept=kept)

    def only(self, slots: Iterable[int], chosen: Chosen) -> Core:
        """Return the core in which only these slots are open and the others stand as chosen."""
        still = set(slots)
        kept = tuple(own if number in still else (chosen[number],) for number, own in enumerate(self.kept))
        return replace(self, kept=kept)


def total(level: Level, chosen: Chosen) -> int:
    """Return the sum of a level."""
    return sum(level(slot, option) for slot, option in enumerate(chosen))
