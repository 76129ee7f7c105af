"""What the numbers that HiGHS answers mean for a core. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from reconciler.solve.certificate import Prices
from reconciler.solve.core import Chosen
from reconciler.solve.highs import Found
from reconciler.solve.program import Program, Row


_TAKEN: Final = 1 - 1e-6
_DOUBT: Final = Fraction(1, 10**9)
"""Share by which bounds that come from floating-point numbers are taken back."""


def prices(relaxed: Program, found: Found) -> Prices:
    """Return the duals in the units of the problem; those of the wrong sign are rounding."""
    duals = iter(found.duals)

    def price(row: Row) -> Fraction:
        dual = max(0.0, -next(duals))
        return Fraction(dual) * (1 << relaxed.scale) / (1 << row.scale)

    windows = {window: price(row) for window, row in relaxed.windows.items()}
    limits = {number: price(row) for number, row in relaxed.limits.items()}
    return Prices(windows, limits, price(relaxed.spill) if relaxed.spill else Fraction())


def rounded(of: Program, values: Sequence[float], best: Chosen) -> Chosen:
    """Return the answer in which each open slot takes the option of which it has most."""
    chosen = list(best)
    for columns in of.slots:
        slot, option = of.columns[max(columns, key=lambda column: values[column])]
        chosen[slot] = option
    return tuple(chosen)


def bound(wanted: Program, found: Found) -> Fraction:
    """Return the bound in the level's units, taken back by what floating-point numbers may err."""
    if found.bound is None:
        return Fraction(-1)
    return (Fraction(found.bound) - abs(Fraction(found.bound)) * _DOUBT) * (1 << wanted.scale) + wanted.offset


def parted(of: Program, values: Sequence[float]) -> list[int]:
    """Return the slots of which the linear program takes parts of several options."""
    return [of.columns[own.start][0] for own in of.slots if max(values[own.start : own.stop]) < _TAKEN]
