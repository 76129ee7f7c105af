"""What is to be assigned, and the answer: numbers alone, no word of hosts or models. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Window:
    """A limit that loads share: *capacity* in units of its own.

    *lazy* windows are looked at only once an answer breaks them: for many of which few ever bind.
    """

    name: str
    capacity: int
    lazy: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One way to serve a slot.

    *cost* has a number for each level of the objective, the first counts first. *loads* are (index of the window,
    amount of at least 0), each window at most once. Options of one *pool* load the same windows.
    """

    name: str
    pool: str
    cost: tuple[int, ...]
    loads: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """What gets exactly one of its *options*, never empty; the earlier of two equal ones is better."""

    name: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Slots that share windows; every option has a cost of the same number of levels."""

    slots: tuple[Slot, ...]
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much may be spent, counted in work and never in time, so that equal inputs get equal answers.

    *options* is the most that are open at once in an integer program, *nodes* how many branches it may look at.
    Problems with more options take all levels at once, and answers that are *near* a level's bound, as a share of it,
    count as equal there. *ties* is how many integer programs may be spent on the order of equal answers; where they
    would not do, none is.
    """

    options: int = 600
    nodes: int = 500
    ties: int = 6
    near: Fraction = Fraction(1, 10_000)


@dataclass(frozen=True, slots=True)
class Solution:
    """What was found.

    *chosen* is the index of each slot's option, *overflow* how much each window is over its capacity, all 0 where
    the problem can be met. *cost* sums each level. *bound* is what no answer can stay below: of each level, given
    what was reached on the ones before. *proven* tells that nothing is better. *worth* is what one more unit of a
    window's capacity would save of the level of cost that *saves* names, the first that it changes: the dual of the
    linear program, 0 and None where the window does not bind.
    """

    chosen: tuple[int, ...]
    cost: tuple[int, ...]
    bound: tuple[Decimal, ...]
    proven: bool
    overflow: tuple[int, ...]
    worth: tuple[Decimal, ...]
    saves: tuple[int | None, ...]
