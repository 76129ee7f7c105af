"""What would make it fit, where not all that must be done fits into the quotas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_UP, Decimal
from math import ceil
from typing import Final

from reconciler.assign.balance import Balance, problem
from reconciler.assign.candidate import Candidate
from reconciler.assign.decide import Open
from reconciler.assign.loads import Loads, Seat
from reconciler.assign.quotas import Quota
from reconciler.assign.room import PARTS, Room
from reconciler.solve.problem import Option as Choice
from reconciler.solve.problem import Problem, Slot


SHOWN: Final = 3
_MICRO: Final = 1_000_000
_CENT: Final = Decimal("0.01")
_HOURS: Final = 24
_MOST_TRIED: Final = 40
"""Slots that are tried one by one at most."""
Weaker = Callable[[Open], tuple[tuple[Candidate, Decimal], ...]]
"""What would do but for its score, and how much is missing, the least first."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """One thing that the owner could do; *cost* orders them: nothing lost, then quality, then money."""

    cost: tuple[int, int]
    text: str


def ways_out(
    seats: Sequence[Seat], loads: Loads, room: Room, found: Balance, weaker: Weaker
) -> tuple[str, ...]:
    """Return what would make it fit, the cheapest three; nothing where it does."""
    if not any(found.over):
        return ()
    ways = [*_later(seats, loads, room, found), *_lower(seats, loads, room, weaker), *_more(loads, found)]
    return tuple(way.text for way in sorted(ways, key=lambda way: (way.cost, way.text))[:SHOWN])


def _more(loads: Loads, found: Balance) -> Iterator[WayOut]:
    """Yield how much more of each short quota it takes."""
    for quota, over in short(loads, found):
        amount = over / PARTS * quota.limit
        if quota.unit == "usd":
            dollars = (Decimal(ceil(amount)) / _MICRO).quantize(_CENT, ROUND_UP)
            yield WayOut((2, int(dollars * 100)), f"raise the budget of {quota.provider} by ${dollars}")
        else:
            share = -(-over // (PARTS // 100))
            text = f"{share} % more of the {quota.window} window of {quota.provider}: a larger plan, or another login"
            yield WayOut((3, over), text)


def _lower(seats: Sequence[Seat], loads: Loads, room: Room, weaker: Weaker) -> Iterator[WayOut]:
    """Yield the slots that weaker models would have to do, where that makes all fit; the least weaker ones."""
    from reconciler.solve.solve import solve

    base = problem(seats, loads, room)
    open_seats = [seat for seat in seats if seat.options]
    added = [weaker(seat.open) if seat.open else () for seat in open_seats]
    slots = tuple(
        _widened(slot, seat, more, room)
        for slot, seat, more in zip(base.slots, open_seats, added, strict=True)
    )
    solution = solve(Problem(slots, base.windows))
    if any(solution.overflow):
        return
    lowered = [
        (seat, *more[chosen - len(seat.options)])
        for seat, more, chosen in zip(open_seats, added, solution.chosen, strict=True)
        if chosen >= len(seat.options)
    ]
    if lowered:
        missing = sum((each for _, _, each in lowered), Decimal(0))
        words = ", ".join(f"{seat.address} by {each} ({model.ref})" for seat, model, each in lowered)
        yield WayOut((1, int(missing * 1000)), f"lower the quality threshold of {words}")


def _widened(slot: Slot, seat: Seat, more: Sequence[tuple[Candidate, Decimal]], room: Room) -> Slot:
    """Return the slot with its weaker options; what is missing of quality counts before all else."""
    own = tuple(replace(option, cost=(0, *option.cost)) for option in slot.options)
    levels = len(slot.options[0].cost)
    weak = tuple(
        Choice(
            model.ref,
            f"{model.provider} below the threshold",
            (int(missing * 1000), *(0,) * levels),
            room.parts(seat, model),
        )
        for model, missing in more
    )
    return Slot(slot.name, own + weak)


def _later(seats: Sequence[Seat], loads: Loads, room: Room, found: Balance) -> Iterator[WayOut]:
    """Yield the job that would fit at another time of the day, alone; only sessions can be evaded so."""
    over = {number for number, amount in enumerate(found.over) if amount}
    if not over or not all(loads.spans[number][0].rolling for number in over):
        return
    chosen = list(zip(seats, found.chosen, strict=True))
    for seat, option in chosen[:_MOST_TRIED]:
        if option is None or seat.asked or not seat.work.hours:
            continue
        takes = dict(room.of(seat, option))
        if not takes.keys() & over:
            continue
        for hours in range(1, _HOURS):
            moved = dict(room.of(_at(seat, hours), option))
            after = [
                taken - takes.get(number, 0) + moved.get(number, 0)
                for number, taken in enumerate(found.taken)
            ]
            if all(taken <= left for taken, left in zip(after, found.left, strict=True)):
                yield WayOut((0, min(hours, _HOURS - hours)), f"run {seat.address} {hours} h later")
                break


def _at(seat: Seat, hours: int) -> Seat:
    return replace(seat, work=seat.work.moved(hours))


def short(loads: Loads, found: Balance) -> Iterator[tuple[Quota, int]]:
    """Yield the quotas that are short, by their worst span, with the parts that are missing."""
    for quota in loads.quotas:
        over = max(o for o, (its, _) in zip(found.over, loads.spans, strict=True) if its is quota)
        if over:
            yield quota, over
