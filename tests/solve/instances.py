"""Small problems, drawn from a seed, and their answer by looking at all of them."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

from reconciler.solve.problem import Option, Problem, Slot, Window


Key = tuple[Fraction, tuple[int, ...], tuple[int, ...]]


def drawn(chance: random.Random) -> Problem:
    """Draw a problem of up to five slots; about one in six cannot be met."""
    windows = chance.randint(1, 4)
    levels = chance.randint(1, 3)
    most = chance.choice((3, 10, 1000))
    slots = tuple(
        Slot(
            f"s{number}",
            tuple(_option(chance, index, windows, levels, most) for index in range(chance.randint(1, 4))),
        )
        for number in range(chance.randint(1, 5))
    )
    tight = chance.choice((0.2, 0.5, 1.0))
    return Problem(
        slots,
        tuple(
            Window(
                f"w{number}", chance.randint(0, int(most * len(slots) * tight)), lazy=chance.random() < 0.5
            )
            for number in range(windows)
        ),
    )


def _option(chance: random.Random, index: int, windows: int, levels: int, most: int) -> Option:
    loaded = sorted(chance.sample(range(windows), chance.randint(0, windows)))
    return Option(
        f"o{index}",
        f"p{index % 2}",
        tuple(chance.randint(0, chance.choice((2, most))) for _ in range(levels)),
        tuple((window, chance.randint(0, most)) for window in loaded),
    )


def key(problem: Problem, chosen: tuple[int, ...]) -> Key:
    """Return what orders answers, worked out apart from the solver."""
    options = [slot.options[index] for slot, index in zip(problem.slots, chosen, strict=True)]
    cost = tuple(map(sum, zip(*(option.cost for option in options), strict=True)))
    over = Fraction()
    for number, window in enumerate(problem.windows):
        load = sum(amount for option in options for at, amount in option.loads if at == number)
        if load > window.capacity:
            over += Fraction(load - window.capacity, window.capacity or largest(problem, number))
    return over, cost, chosen


def largest(problem: Problem, number: int) -> int:
    return max(
        (
            amount
            for slot in problem.slots
            for option in slot.options
            for at, amount in option.loads
            if at == number
        ),
        default=1,
    )


def brute_force(problem: Problem) -> Key:
    """Return the key of the best of all answers."""
    return min(
        key(problem, chosen)
        for chosen in itertools.product(*(range(len(slot.options)) for slot in problem.slots))
    )
