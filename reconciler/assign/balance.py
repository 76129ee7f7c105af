"""Choose for all slots at once, so that every quota lasts until it starts anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.assign.loads import Loads, Seat
from reconciler.assign.options import Option, weighed
from reconciler.assign.room import Room
from reconciler.solve.problem import Option as Choice
from reconciler.solve.problem import Problem, Slot, Solution, Window


@dataclass(frozen=True, slots=True)
class Balance:
    """The chosen option by seat, None where it has none; of each span what was left and what the choice takes.

    *left* and *taken* are in millionths of the limit; *solution* is None where the first of each option fits.
    """

    chosen: tuple[Option | None, ...]
    taken: tuple[int, ...]
    left: tuple[int, ...]
    solution: Solution | None = None

    @property
    def over(self) -> tuple[int, ...]:
        """By how much each span is short, in millionths of the limit."""
        return tuple(max(0, taken - left) for taken, left in zip(self.taken, self.left, strict=True))


def balance(seats: Sequence[Seat], loads: Loads, room: Room) -> Balance:
    """Choose an option for each open seat: the first of each where all of them fit, else by solving."""
    first = tuple(seat.options[0] if seat.options else None for seat in seats)
    found = _judged(seats, first, room)
    if not any(found.over):
        return found
    from reconciler.solve.solve import solve

    solution = solve(problem(seats, loads, room))
    chosen = iter(solution.chosen)
    best = tuple(seat.options[next(chosen)] if seat.options else None for seat in seats)
    return _judged(seats, best, room, solution)


def problem(seats: Sequence[Seat], loads: Loads, room: Room) -> Problem:
    """Put the choice into numbers; the slots are the open seats, the windows the spans."""
    windows = tuple(
        Window(f"{quota.name} {span.begin:.1f}", capacity, lazy=span.begin > 0)
        for (quota, span), capacity in zip(loads.spans, room.left, strict=True)
    )
    slots = tuple(
        Slot(seat.address, tuple(_choice(seat, option, loads, room) for option in seat.options))
        for seat in seats
        if seat.options
    )
    return Problem(slots, windows)


def _choice(seat: Seat, option: Option, loads: Loads, room: Room) -> Choice:
    assert seat.open is not None
    task = seat.open.decision.task
    difficulty = task.difficulty if task else None
    cost = weighed(option, work=seat.work.size, runs=seat.work.a_week, difficulty=difficulty)
    covered = [quota.name for quota in loads.quotas if quota.covers(option.candidate)]
    pool = " ".join((option.candidate.provider, *covered))
    used = room.of(seat, option)
    return Choice(option.candidate.ref, pool, tuple(cost), used)


def _judged(
    seats: Sequence[Seat], chosen: tuple[Option | None, ...], room: Room, solution: Solution | None = None
) -> Balance:
    taken = [0] * len(room.left)
    for seat, option in zip(seats, chosen, strict=True):
        if option is not None:
            for number, amount in room.of(seat, option):
                taken[number] += amount
    return Balance(chosen, tuple(taken), room.left, solution)
