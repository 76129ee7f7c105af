"""What is still open of a problem while it is solved, and how answers to it compare. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from reconciler.solve import tally
from reconciler.solve.problem import Problem


Chosen = tuple[int, ...]
Level = Sequence[Mapping[int, int]]
"""What each kept option of each slot adds to a level of the objective."""
Key = tuple[Fraction, tuple[int, ...], int, tuple[int, ...], Chosen]


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

    def best(self, level: Level | None, answers: Iterable[Chosen]) -> Chosen:
        """Return the best of these at a level, or at the overflow where none is given; of equals by all of the cost."""

        def key(chosen: Chosen) -> Key:
            over = max(self.over(chosen), self.spill or Fraction())
            reached = tuple(max(limit, total(own, chosen)) for own, limit in self.limits)
            value = total(level, chosen) if level else 0
            return over, reached, value, tally.cost(self.problem, chosen), chosen

        return min(answers, key=key)

    def meets(self, chosen: Chosen) -> bool:
        """Tell whether an answer keeps to what may overflow and to the limits."""
        spills = self.spill is not None and self.over(chosen) > self.spill
        return not spills and all(total(level, chosen) <= limit for level, limit in self.limits)

    def within(self, level: Level, limit: int) -> Core:
        """Return the core in which a level may not exceed the limit."""
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


def of_cost(core: Core, number: int) -> Level:
    """Return a level of the problem's cost."""
    return [
        {index: slot.options[index].cost[number] for index in kept}
        for slot, kept in zip(core.problem.slots, core.kept, strict=True)
    ]


def total(level: Level, chosen: Chosen) -> int:
    """Return the sum of a level."""
    return sum(own[option] for own, option in zip(level, chosen, strict=True))
