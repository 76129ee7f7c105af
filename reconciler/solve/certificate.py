"""A lower bound that is proven in exact integers, whatever the rounding of the duals that it comes from. Pure.

Any prices of the windows that are not negative give a bound: charge each slot for what it loads, let it choose what is
then cheapest, and pay back the capacities. The duals of the linear program are the prices that make it highest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from reconciler.solve.core import Core, Level


_BITS = 80
ONE = 1 << _BITS


@dataclass(frozen=True, slots=True)
class Prices:
    """What a unit of each window, of each of a core's limits and of a share of overflow costs, in the level's units."""

    windows: Mapping[int, Fraction]
    limits: Mapping[int, Fraction]
    spill: Fraction


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a level cannot be below, and for each slot how much above that every answer is that takes an option.

    The excess is in parts of which *ONE* make a unit; so is *priced*, what the loads of each slot are at most charged.
    """

    bound: Fraction
    excess: tuple[dict[int, int], ...]
    priced: tuple[int, ...]
    prices: Prices

    def near(self, slot: int) -> float:
        """Return how near a slot's second best is to its best, as a share of what its loads are priced."""
        second = sorted(self.excess[slot].values())[1]
        return second / max(self.priced[slot], 1)


def certify(core: Core, level: Level | None, prices: Prices) -> Certificate:
    """Return the bound that the prices prove for a level, or for the overflow where none is given.

    Options that are dearer than the slot's cheapest by more than the gap between bound and answer are in no better one.
    """
    spill = round(prices.spill * ONE) if level else ONE
    windows = {window: _price(core, window, price, spill) for window, price in prices.windows.items()}
    limits = [(core.limits[number][0], round(price * ONE)) for number, price in prices.limits.items()]
    excess, priced = [], []
    bound = 0
    for slot, kept in enumerate(core.kept):
        charges = _charges(core, slot, windows)
        charged = charges
        if level:
            charged = [
                charge + level[slot][option] * ONE for charge, option in zip(charges, kept, strict=True)
            ]
        for own, price in limits:
            charged = [
                charge + own[slot][option] * price for charge, option in zip(charged, kept, strict=True)
            ]
        least = min(charged)
        bound += least
        excess.append({option: charge - least for option, charge in zip(kept, charged, strict=True)})
        priced.append(max(charges))
    paid = sum(price * core.problem.windows[window].capacity for window, price in windows.items())
    paid += sum(round(price * ONE) * core.limits[number][1] for number, price in prices.limits.items())
    back = paid + (spill * core.spill if level and core.spill else 0)
    return Certificate(Fraction(bound - back) / ONE, tuple(excess), tuple(priced), prices)


def _price(core: Core, window: int, price: Fraction, spill: int) -> int:
    """Return the price in whole parts; where overflow is open, dearer than that would prove nothing."""
    own = round(price * ONE)
    return own if core.spill == 0 else min(own, spill // core.units[window])


def _charges(core: Core, slot: int, windows: Mapping[int, int]) -> list[int]:
    """Return what the loads of each kept option are charged."""
    if not windows:
        return [0] * len(core.kept[slot])
    options = core.problem.slots[slot].options
    return [
        sum([windows[window] * amount for window, amount in options[option].loads if window in windows])
        for option in core.kept[slot]
    ]
