"""All levels of cost at once, for problems too large to settle one after the other.

A level is weighed so that all it can change is a small share of the level before, within which answers count as equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil

from reconciler.solve.certificate import Prices, certify
from reconciler.solve.core import Chosen, Core, Level, of_cost, total
from reconciler.solve.levels import settle
from reconciler.solve.outcome import Outcome
from reconciler.solve.problem import Effort


_PARTS = 1 << 60
"""A unit of the first level, in parts, so that weights are integers."""


def blended(core: Core, best: Chosen, effort: Effort) -> Outcome:
    """Return an answer that is near the bound of each level, given the ones before."""
    levels = [of_cost(core, number) for number in range(len(core.problem.slots[0].options[0].cost))]
    weights = _weights(levels, best, effort.near)
    blend = [
        {
            option: sum(weight * one[option] for weight, one in zip(weights, own, strict=True))
            for option in own[0]
        }
        for own in zip(*levels, strict=True)
    ]
    settled = settle(core, blend, best, effort)
    bounds = _bounds(core, levels, weights, settled.best, settled.prices)
    proven = all(bound >= total(level, settled.best) for bound, level in zip(bounds, levels, strict=True))
    return Outcome(settled.best, bounds, proven, _worth(core, levels, weights, settled.prices))


def _weights(levels: Sequence[Level], best: Chosen, near: Fraction) -> list[int]:
    """Return what a unit of each level weighs, in parts."""
    weights = [Fraction(_PARTS)]
    for level, after in pairwise(levels):
        equal = max(near * abs(total(level, best)), Fraction(1, 2))
        weights.append(weights[-1] * equal / max(_spread(after), 1))
    return [max(1, round(weight)) for weight in weights]


def _bounds(
    core: Core, levels: Sequence[Level], weights: Sequence[int], best: Chosen, prices: Prices
) -> tuple[Fraction, ...]:
    """Return what the prices of the blend prove of each level, given what was reached on the ones before."""
    bounds = []
    for number, (level, weight) in enumerate(zip(levels, weights, strict=True)):
        own = Prices(
            {window: price / weight for window, price in prices.windows.items()},
            {before: Fraction(weights[before], weight) for before in range(number)},
            prices.spill / weight,
        )
        least = Fraction(sum(min(each.values()) for each in level))
        bounds.append(Fraction(ceil(max(least, certify(core, level, own).bound))))
        core = core.within(level, total(level, best))
    return tuple(bounds)


def _worth(
    core: Core, levels: Sequence[Level], weights: Sequence[int], prices: Prices
) -> dict[int, tuple[Fraction, int]]:
    """Return what a unit of each window saves; of a later level where all of it would hardly change the first."""
    found = {}
    for window, price in prices.windows.items():
        whole = price * core.units[window]
        number = 0
        while number + 1 < len(levels) and whole <= weights[number + 1] * _spread(levels[number + 1]):
            number += 1
        if price:
            found[window] = (price / weights[number], number)
    return found


def _spread(level: Level) -> int:
    return sum(max(own.values()) - min(own.values()) for own in level)
