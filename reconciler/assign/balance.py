"""Choose for all slots at once, so that every quota lasts until it starts anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

from reconciler.assign.loads import PARTS, Loads, Seat, Take, summed
from reconciler.assign.options import Option, weighed
from reconciler.policy.model import Policy
from reconciler.solve.problem import Option as Choice
from reconciler.solve.problem import Problem, Slot, Solution, Window


_SLACK: Final = 0.05
"""Share of a limit by which those that stay may exceed it: readings and forecasts waver by a few percent."""
_ROUNDS: Final = 4


@dataclass(frozen=True, slots=True)
class Balance:
    """The chosen option by seat, None where it has none, and of each span what is left and what the choice takes.

    *left* and *taken* are in millionths of the limit; *left* is None where nothing had to be solved.
    """

    chosen: tuple[Option | None, ...]
    taken: tuple[int, ...]
    left: tuple[int, ...]
    solution: Solution | None = None

    @property
    def over(self) -> tuple[int, ...]:
        """By how much each span is short, in millionths of the limit."""
        return tuple(max(0, taken - left) for taken, left in zip(self.taken, self.left, strict=True))


def balance(seats: Sequence[Seat], loads: Loads, policy: Policy) -> Balance:
    """Choose an option for each open seat: the first of each where all of them fit, else by solving.

    What is assigned changes how sure a quota lasts, so it is solved again until the answer is as sure as asked.
    """
    room = Room(seats, loads, policy)
    first = tuple(seat.options[0] if seat.options else None for seat in seats)
    found = room.judged(first, room.left(first))
    if not any(found.over):
        return found
    from reconciler.solve.solve import solve

    spread = room.variance(first)
    for _ in range(_ROUNDS):
        left = room.capacities(spread)
        solution = solve(room.problem(left))
        chosen = room.options(solution)
        found = room.judged(chosen, left, solution)
        wider = [max(pair) for pair in zip(spread, room.variance(chosen), strict=True)]
        if wider == spread or not any(room.judged(chosen, room.capacities(wider)).over) or any(found.over):
            break
        spread = wider
    return found


class Room:
    """What is left of each span for the seats that are open."""

    def __init__(self, seats: Sequence[Seat], loads: Loads, policy: Policy) -> None:
        self._seats, self._loads, self._policy = seats, loads, policy
        count = len(loads.spans)
        self._sure = NormalDist().inv_cdf(float(policy.quota_confidence))
        self._fixed, self._fixed_variance = summed(self._all(self._decided()), count)
        self._staying, _ = summed(self._all(self._stays()), count)
        self._asked, _ = summed(self._all(self._stays(asked=True)), count)

    def left(self, chosen: Sequence[Option | None]) -> tuple[int, ...]:
        return self.capacities(self.variance(chosen))

    def capacities(self, variance: Sequence[float]) -> tuple[int, ...]:
        """Return what is left of each span, in millionths of the limit; what stays may exceed it a little."""
        return tuple(self._capacity(number, variance[number]) for number in range(len(self._loads.spans)))

    def _capacity(self, number: int, variance: float) -> int:
        quota, span = self._loads.spans[number]
        people = max(0.0, span.people - self._asked[number])
        margin = sqrt(span.spare**2 + self._sure**2 * variance)
        left = float(self._policy.critical_threshold) * quota.limit - span.used - people
        left -= self._fixed[number] + margin
        left = max(left, min(self._staying[number], left + _SLACK * quota.limit))
        return max(0, int(left / quota.limit * PARTS))

    def variance(self, chosen: Sequence[Option | None]) -> list[float]:
        _, variances = summed(self._all(self._taken(chosen)), len(self._loads.spans))
        return [own + fixed for own, fixed in zip(variances, self._fixed_variance, strict=True)]

    def judged(
        self, chosen: tuple[Option | None, ...], left: tuple[int, ...], solution: Solution | None = None
    ) -> Balance:
        taken = [0] * len(self._loads.spans)
        for seat, option in zip(self._seats, chosen, strict=True):
            if option is not None:
                for number, amount in self._loads.parts(seat, option.candidate, stays=option.stays):
                    taken[number] += amount
        return Balance(chosen, tuple(taken), left, solution)

    def problem(self, left: Sequence[int]) -> Problem:
        windows = tuple(
            Window(f"{quota.name} {span.begin:.1f}", capacity, lazy=span.begin > 0)
            for (quota, span), capacity in zip(self._loads.spans, left, strict=True)
        )
        slots = tuple(
            Slot(seat.address, tuple(self._choice(seat, option) for option in seat.options))
            for seat in self._seats
            if seat.options
        )
        return Problem(slots, windows)

    def options(self, solution: Solution) -> tuple[Option | None, ...]:
        chosen = iter(solution.chosen)
        return tuple(seat.options[next(chosen)] if seat.options else None for seat in self._seats)

    def _choice(self, seat: Seat, option: Option) -> Choice:
        assert seat.open is not None
        task = seat.open.decision.task
        cost = weighed(option, work=seat.work.size, difficulty=task.difficulty if task else None)
        covered = [quota.name for quota in self._loads.quotas if quota.covers(option.candidate)]
        pool = " ".join((option.candidate.provider, *covered))
        return Choice(
            option.candidate.ref,
            pool,
            tuple(cost),
            self._loads.parts(seat, option.candidate, stays=option.stays),
        )

    def _decided(self) -> list[tuple[Take, ...]]:
        return [
            self._loads.takes(seat, seat.fixed, stays=seat.fixed == seat.stays)
            for seat in self._seats
            if seat.fixed is not None and not (seat.asked and seat.fixed == seat.stays)
        ]

    def _stays(self, *, asked: bool | None = None) -> list[tuple[Take, ...]]:
        return [
            self._loads.takes(seat, seat.stays, stays=True)
            for seat in self._seats
            if seat.stays is not None and seat.open and asked in {None, seat.asked}
        ]

    def _taken(self, chosen: Sequence[Option | None]) -> list[tuple[Take, ...]]:
        return [
            self._loads.takes(seat, option.candidate, stays=option.stays)
            for seat, option in zip(self._seats, chosen, strict=True)
            if option is not None
        ]

    @staticmethod
    def _all(groups: Sequence[tuple[Take, ...]]) -> list[Take]:
        return [take for group in groups for take in group]
