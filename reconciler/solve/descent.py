"""Down the levels of the objective: the overflow, each level of cost, then the order of equal answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from reconciler.solve.blend import blended
from reconciler.solve.core import Chosen, Core, Level, of_cost, total
from reconciler.solve.levels import ordered, settle
from reconciler.solve.outcome import Outcome
from reconciler.solve.polish import polished
from reconciler.solve.problem import Effort


_ORDERS = 1 << 20
"""Orders of equal answers that one level tells apart, few enough for floating-point numbers."""


def descend(core: Core, start: Chosen, effort: Effort) -> Outcome:
    """Return the best answer that the effort finds, not worse than the one to start from."""
    best = polished(core, start)
    proven = True
    if core.over(best):
        settled = settle(core, None, best, effort)
        core, best, proven = settled.core, settled.best, settled.proven
    core = replace(core, spill=core.over(best))
    if sum(len(core.kept[slot]) for slot in core.open_slots()) > effort.options:
        return blended(core, best, effort)
    bounds = []
    worth: dict[int, tuple[Fraction, int]] = {}
    for number in range(len(core.problem.slots[0].options[0].cost)):
        settled = settle(core, of_cost(core, number), best, effort)
        core, best = settled.core, settled.best
        bounds.append(settled.bound)
        proven &= settled.proven
        worth = {window: (price, number) for window, price in settled.prices.windows.items() if price} | worth
    if proven:
        best = _first_of_equals(core, best, effort)
    return Outcome(best, tuple(bounds), proven, worth)


def _first_of_equals(core: Core, best: Chosen, effort: Effort) -> Chosen:
    """Return of all answers that are as good the one that comes first, where the effort reaches to tell them apart."""
    parts = list(_told_apart(core))
    if len(parts) > effort.ties:
        return best
    for slots in parts:
        level = _order(core, slots)
        best, proven = ordered(core, level, best, effort)
        if not proven:
            break
        core = core.within(level, total(level, best))
    return best


def _told_apart(core: Core) -> Iterator[list[int]]:
    """Yield the open slots, in order, in as many parts as it takes for one level to tell the orders of each apart."""
    part: list[int] = []
    orders = 1
    for slot in core.open_slots():
        orders *= len(core.kept[slot])
        if orders > _ORDERS:
            yield part
            part, orders = [], len(core.kept[slot])
        part.append(slot)
    if part:
        yield part


def _order(core: Core, slots: Sequence[int]) -> Level:
    """Return a level that is less the earlier the options are, those of earlier slots counting first."""
    level = [dict.fromkeys(kept, 0) for kept in core.kept]
    weight = 1
    for slot in reversed(slots):
        level[slot] = {option: weight * place for place, option in enumerate(sorted(core.kept[slot]))}
        weight *= len(core.kept[slot])
    return level
