"""Why a problem cannot be met: which windows are short, who competes for them, and what would help. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from reconciler.solve.alone import alone
from reconciler.solve.problem import Problem, Slot, Solution
from reconciler.solve.solve import solve


_WAYS: Final = 3


@dataclass(frozen=True, slots=True)
class Competitor:
    """A slot that wants a short window, and its load there; *stuck* where each of its options loads a short one.

    *lost* tells that it would have taken the window but was put elsewhere.
    """

    slot: str
    load: int
    stuck: bool
    lost: bool


@dataclass(frozen=True, slots=True)
class Shortage:
    """A window that is over its capacity by so much, and who competes for it, the largest loads first."""

    window: str
    over: int
    competitors: tuple[Competitor, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A way to relax a problem: what it is called, what it costs the user, and the problem that it makes."""

    label: str
    price: Decimal
    problem: Problem


@dataclass(frozen=True, slots=True)
class Way:
    """A change that lets everything fit, the answer that it leads to, and the slots that stand otherwise in it."""

    change: Change
    solution: Solution
    moved: tuple[str, ...]


def shortages(problem: Problem, solution: Solution) -> tuple[Shortage, ...]:
    """Return the windows that a solution is over, in their order; none where it meets the problem."""
    short = {number for number, over in enumerate(solution.overflow) if over}
    return tuple(
        Shortage(
            problem.windows[number].name,
            solution.overflow[number],
            tuple(
                sorted(_competitors(problem, solution, number, short), key=lambda one: (-one.load, one.slot))
            ),
        )
        for number in sorted(short)
    )


def ways_out(problem: Problem, solution: Solution, changes: Iterable[Change]) -> tuple[Way, ...]:
    """Return the cheapest three changes that let everything fit, cheapest first; none where all fits already.

    Of equal prices the earlier change is the cheaper one.
    """
    found: list[Way] = []
    if not any(solution.overflow):
        return ()
    for change in sorted(changes, key=lambda one: one.price):
        relaxed = solve(change.problem)
        if not any(relaxed.overflow):
            found.append(Way(change, relaxed, _moved(problem, solution, change.problem, relaxed)))
        if len(found) == _WAYS:
            break
    return tuple(found)


def _competitors(problem: Problem, solution: Solution, window: int, short: set[int]) -> Iterator[Competitor]:
    rows = zip(problem.slots, solution.chosen, alone(problem), strict=True)
    for slot, chosen, wanted in rows:
        now, alone_there = _load(slot, chosen, window), _load(slot, wanted, window)
        if now or alone_there:
            stuck = all(any(_load(slot, option, one) for one in short) for option in range(len(slot.options)))
            yield Competitor(slot.name, now or alone_there, stuck, lost=not now)


def _load(slot: Slot, option: int, window: int) -> int:
    return dict(slot.options[option].loads).get(window, 0)


def _moved(problem: Problem, solution: Solution, other: Problem, relaxed: Solution) -> tuple[str, ...]:
    before = _names(problem, solution)
    return tuple(slot for slot, option in _names(other, relaxed).items() if before.get(slot) != option)


def _names(problem: Problem, solution: Solution) -> dict[str, str]:
    return {
        slot.name: slot.options[option].name
        for slot, option in zip(problem.slots, solution.chosen, strict=True)
    }
