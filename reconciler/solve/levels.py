"""Level after level of the objective: bound, answer, and what of the core can still be part of a best answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import ceil

from reconciler.solve import highs
from reconciler.solve.certificate import ONE, Certificate, Prices, certify
from reconciler.solve.core import Chosen, Core, Level, total
from reconciler.solve.polish import polished
from reconciler.solve.problem import Effort
from reconciler.solve.program import Program, Row, program


_WHOLE = 0.99
"""Answers are integers: what is better by less than 1 is not there."""
_DOUBT = Fraction(1, 10**9)
"""Share by which bounds that come from floating-point numbers are taken back."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A level that was worked on: the core that is left, the best answer, and what is proven of it."""

    core: Core
    best: Chosen
    bound: Fraction
    proven: bool
    prices: Mapping[int, Fraction]


def settle(core: Core, level: Level | None, best: Chosen, effort: Effort) -> Settled:
    """Improve on the best known answer at a level, or at the overflow where none is given."""
    certificate = certify(core, level, Prices({}, {}, Fraction()))
    if certificate.bound >= _value(core, level, best):
        return Settled(_narrowed(core, certificate, certificate.bound), best, certificate.bound, True, {})
    relaxed = program(core, level)
    found = highs.relax(relaxed)
    prices = _prices(relaxed, found) if found else Prices({}, {}, Fraction())
    certificate = certify(core, level, prices)
    rounded = _rounded(relaxed, found.values, best) if found else certificate.cheapest()
    best = core.best((best, polished(core, rounded)))
    bound = _lifted(certificate.bound, level)
    core = _narrowed(core, certificate, _value(core, level, best))
    while bound < _value(core, level, best):
        slots = _contested(core, certificate, effort.options)
        whole = len(slots) == len(core.open_slots())
        part = core.only(slots, best)
        before = _value(core, level, best)
        best, proven = _searched(part, level, best, effort)
        if whole:
            bound = max(bound, proven)
        core = _narrowed(core, certificate, _value(core, level, best))
        if whole or _value(core, level, best) == before:
            break
    return Settled(core, best, bound, bound >= _value(core, level, best), prices.windows)


def _searched(core: Core, level: Level | None, best: Chosen, effort: Effort) -> tuple[Chosen, Fraction]:
    """Return the better of the answer and what an integer program finds, and its bound."""
    wanted = program(core, level)
    gap = _WHOLE / (1 << wanted.scale) if level else 0.0
    found = highs.integral(wanted, best, nodes=effort.nodes, gap=gap)
    if not found:
        return best, Fraction(-1)
    answer = _rounded(wanted, found.values, best)
    better = core.best((best, polished(core, answer)))
    if found.finished and core.meets(answer):
        return better, _value(core, level, answer)
    return better, _lifted(_bound(wanted, found), level)


def _bound(wanted: Program, found: highs.Found) -> Fraction:
    """Return the bound in the level's units, taken back by what floating-point numbers may err."""
    if found.bound is None:
        return Fraction(-1)
    return (Fraction(found.bound) - abs(Fraction(found.bound)) * _DOUBT) * (1 << wanted.scale) + wanted.offset


def _contested(core: Core, certificate: Certificate, most: int) -> list[int]:
    """Return the open slots whose second best is nearest to their best, of no more options in all than *most*."""
    near = sorted(core.open_slots(), key=lambda slot: (sorted(certificate.excess[slot].values())[1], slot))
    counts = accumulate(len(core.kept[slot]) for slot in near)
    return [slot for slot, count in zip(near, counts, strict=True) if count <= most]


def _narrowed(core: Core, certificate: Certificate, value: Fraction) -> Core:
    return core.without(certificate.excess, (value - certificate.bound) * ONE)


def _value(core: Core, level: Level | None, chosen: Chosen) -> Fraction:
    return Fraction(total(level, chosen)) if level else core.over(chosen)


def _lifted(bound: Fraction, level: Level | None) -> Fraction:
    """Return the bound; of a level, whose values are integers, the next one."""
    return Fraction(ceil(bound)) if level else bound


def _prices(relaxed: Program, found: highs.Found) -> Prices:
    """Return the duals in the units of the problem; those of the wrong sign are rounding."""
    duals = iter(found.duals)

    def price(row: Row) -> Fraction:
        dual = max(0.0, -next(duals))
        return Fraction(dual) * (1 << relaxed.scale) / (1 << row.scale)

    windows = {window: price(row) for window, row in relaxed.windows.items()}
    limits = {number: price(row) for number, row in relaxed.limits.items()}
    return Prices(windows, limits, price(relaxed.spill) if relaxed.spill else Fraction())


def _rounded(of: Program, values: Sequence[float], best: Chosen) -> Chosen:
    """Return the answer in which each open slot takes the option of which it has most."""
    chosen = list(best)
    for columns in of.slots:
        slot, option = of.columns[max(columns, key=lambda column: values[column])]
        chosen[slot] = option
    return tuple(chosen)
