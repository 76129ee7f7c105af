"""Level after level of the objective: bound, answer, and what of the core can still be part of a best answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, zip_longest
from math import ceil, floor

from reconciler.solve import highs
from reconciler.solve.certificate import ONE, Certificate, Prices, certify
from reconciler.solve.core import Chosen, Core, Level, total
from reconciler.solve.problem import Effort
from reconciler.solve.steer import steered
from reconciler.solve.program import Program, Row, program


_WHOLE = 0.99
"""Answers are integers: what is better by less than 1 is not there."""
_TIE = 1e-9
_TAKEN = 1 - 1e-6
_DOUBT = Fraction(1, 10**9)
"""Share by which bounds that come from floating-point numbers are taken back."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A level that was worked on: the core that is left, the best answer, and what is proven of it.

    *limit* is what the level may not exceed from now on: what was reached, or a little more where it is not proven.
    """

    core: Core
    best: Chosen
    bound: Fraction
    limit: Fraction
    proven: bool
    prices: Mapping[int, Fraction]


def settle(core: Core, level: Level | None, best: Chosen, effort: Effort) -> Settled:
    """Improve on the best known answer at a level, or at the overflow where none is given."""
    certificate = certify(core, level, Prices({}, {}, Fraction()))
    if certificate.bound >= _value(core, level, best):
        return _settled(core, level, certificate, best, certificate.bound, effort)
    relaxed = program(core, level)
    found = highs.relax(relaxed)
    if not found:
        return _settled(core, level, certificate, best, certificate.bound, effort)
    certificate = certify(core, level, _prices(relaxed, found))
    rounded = _rounded(relaxed, found.values, best)
    best = core.best((best, rounded, steered(core, level, certificate, rounded)))
    bound = _lifted(certificate.bound, level)
    if _value(core, level, best) > bound:
        parted = _parted(relaxed, found.values)
        best, bound = _searched(core, level, certificate, parted, (best, rounded), bound, effort)
    return _settled(core, level, certificate, best, bound, effort)


def _settled(
    core: Core, level: Level | None, certificate: Certificate, best: Chosen, bound: Fraction, effort: Effort
) -> Settled:
    """Return what is left: options that are in no answer within what may be reached on this level go."""
    value = _value(core, level, best)
    limit = value
    if value > bound and level:
        limit = max(value, Fraction(floor(bound + abs(bound) * effort.near)))
    return Settled(_narrowed(core, certificate, limit), best, bound, limit, bound >= value, certificate.prices.windows)


def _searched(
    core: Core,
    level: Level | None,
    certificate: Certificate,
    parted: Sequence[int],
    known: tuple[Chosen, Chosen],
    bound: Fraction,
    effort: Effort,
) -> tuple[Chosen, Fraction]:
    """Return the best that integer programs find, and a bound."""
    best, rounded = known
    core = _narrowed(core, certificate, _value(core, level, best))
    slots = _contested(core, certificate, parted, effort.options)
    if len(slots) < len(core.open_slots()):
        if _value(core, level, best) <= bound + abs(bound) * effort.near:
            return best, bound
        best, _ = _whole(core.only(slots, rounded), level, best, effort)
        core = _narrowed(core, certificate, _value(core, level, best))
        slots = _contested(core, certificate, parted, effort.options)
        if len(slots) < len(core.open_slots()):
            return best, bound
    best, proven = _whole(core, level, best, effort)
    return best, max(bound, proven)


def _whole(core: Core, level: Level | None, best: Chosen, effort: Effort) -> tuple[Chosen, Fraction]:
    """Return the better of an answer and what an integer program finds for all of the core, and its bound."""
    wanted = program(core, level)
    gap = _WHOLE / (1 << wanted.scale) if level else 0.0
    found = highs.integral(wanted, best, nodes=effort.nodes, gap=gap)
    if not found:
        return best, Fraction(-1)
    answer = _rounded(wanted, found.values, best)
    best = core.best((best, answer))
    if found.finished and core.meets(answer):
        return best, _value(core, level, answer)
    return best, _lifted(_bound(wanted, found), level)


def _bound(wanted: Program, found: highs.Found) -> Fraction:
    """Return the bound in the level's units, taken back by what floating-point numbers may err."""
    if found.bound is None:
        return Fraction(-1)
    return (Fraction(found.bound) - abs(Fraction(found.bound)) * _DOUBT) * (1 << wanted.scale) + wanted.offset


def _parted(of: Program, values: Sequence[float]) -> list[int]:
    """Return the slots of which the linear program takes parts of several options."""
    return [of.columns[own.start][0] for own in of.slots if max(values[own.start : own.stop]) < _TAKEN]


def _contested(core: Core, certificate: Certificate, parted: Sequence[int], most: int) -> list[int]:
    """Return open slots of no more options in all than *most*: all, or the undecided ones of each size alike.

    Large slots decide much, small ones fill what they leave, so an answer near the bound needs both.
    """
    groups: dict[tuple[int, bool], list[tuple[float, int]]] = defaultdict(list)
    for slot in core.open_slots():
        near = certificate.near(slot)
        groups[certificate.priced[slot].bit_length(), near < _TIE].append((near, slot))
    turns = zip_longest(*(sorted(groups[size]) for size in sorted(groups, reverse=True)))
    slots = list(dict.fromkeys([*parted, *(one[1] for turn in turns for one in turn if one)]))
    slots = [slot for slot in slots if len(core.kept[slot]) > 1]
    counts = accumulate(len(core.kept[slot]) for slot in slots)
    return [slot for slot, count in zip(slots, counts, strict=True) if count <= most]


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
