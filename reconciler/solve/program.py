"""A core written down as a linear program: columns, rows, and the scales that keep its numbers small."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from reconciler.solve.core import Core, Level


_BITS = 10
"""Coefficients are divided by a power of two, which is exact, until the largest has so many digits."""


@dataclass(frozen=True, slots=True)
class Row:
    """Coefficients, divided by 2 to the *scale*, whose sum is at most the *limit*."""

    entries: dict[int, float]
    limit: float
    scale: int


@dataclass(frozen=True, slots=True)
class Program:
    """A program: its *columns* are an option of an open slot each, then the overflow of a window each.

    *windows* and *limits* are the rows by window and by the number of the core's limit, *spill* the one of the
    overflow; what cannot be broken has none. *costs* are the objective divided by 2 to the *scale*, less *offset*.
    """

    columns: tuple[tuple[int, int], ...]
    slots: tuple[range, ...]
    costs: list[float]
    scale: int
    offset: int
    windows: dict[int, Row]
    limits: dict[int, Row]
    spill: Row | None

    def rows(self) -> list[Row]:
        """Return the rows in the order in which they are written."""
        return [*self.windows.values(), *self.limits.values(), *([self.spill] if self.spill else [])]


def program(core: Core, level: Level | None) -> Program:
    """Write down the search for the least of a level, or of the overflow where none is given."""
    open_slots = core.open_slots()
    columns = tuple((slot, option) for slot in open_slots for option in core.kept[slot])
    ends = [0]
    for slot in open_slots:
        ends.append(ends[-1] + len(core.kept[slot]))
    ranges = tuple(range(begin, end) for begin, end in pairwise(ends))
    windows = dict(_windows(core, columns, ranges))
    limits = {
        number: row
        for number, (own, limit) in enumerate(core.limits)
        if (row := _limit(core, own, limit, columns, ranges))
    }
    scale, offset, costs = 0, 0, [0.0] * len(columns)
    if level:
        offset, values = _relative(core, level, columns, ranges)
        scale = _scale(values)
        costs = [value / (1 << scale) for value in values]
    shares = _shares(core, windows)
    costs += [0.0] * len(shares) if level else shares
    spill = None
    if core.spill and shares:
        spill = Row(dict(enumerate(shares, len(columns))), float(core.spill), 0)
    return Program(columns, ranges, costs, scale, offset, windows, limits, spill)


def _windows(
    core: Core, columns: tuple[tuple[int, int], ...], ranges: tuple[range, ...]
) -> Iterator[tuple[int, Row]]:
    loads = _loads(core, columns)
    extra = len(columns)
    for window, left in _left(core).items():
        own = loads[window]
        if sum(max(own.get(column, 0) for column in columns) for columns in ranges) <= left:
            continue
        scale = _scale([*own.values()])
        entries = {column: amount / (1 << scale) for column, amount in own.items()}
        if core.spill != 0:
            entries[extra] = -1.0
            extra += 1
        yield window, Row(entries, left / (1 << scale), scale)


def _left(core: Core) -> dict[int, int]:
    """Return what is left of each window's capacity for the slots that are open."""
    left = {window: core.problem.windows[window].capacity for window in core.windows}
    for slot, kept in enumerate(core.kept):
        if len(kept) == 1:
            for window, amount in core.problem.slots[slot].options[kept[0]].loads:
                if window in left:
                    left[window] -= amount
    return left


def _loads(core: Core, columns: tuple[tuple[int, int], ...]) -> dict[int, dict[int, int]]:
    """Return for each window what the columns load it with."""
    loads: dict[int, dict[int, int]] = {window: {} for window in core.windows}
    for column, (slot, option) in enumerate(columns):
        for window, amount in core.problem.slots[slot].options[option].loads:
            if amount and window in loads:
                loads[window][column] = amount
    return loads


def _limit(
    core: Core, level: Level, limit: int, columns: tuple[tuple[int, int], ...], ranges: tuple[range, ...]
) -> Row | None:
    offset, values = _relative(core, level, columns, ranges)
    if sum(max(values[one.start : one.stop]) for one in ranges) <= limit - offset:
        return None
    scale = _scale(values)
    entries = {column: value / (1 << scale) for column, value in enumerate(values) if value}
    return Row(entries, (limit - offset) / (1 << scale), scale)


def _shares(core: Core, windows: dict[int, Row]) -> list[float]:
    """Return what the overflow of each row counts; none where nothing may overflow."""
    if core.spill == 0:
        return []
    return [(1 << row.scale) / core.units[window] for window, row in windows.items()]


def _relative(
    core: Core, level: Level, columns: tuple[tuple[int, int], ...], ranges: tuple[range, ...]
) -> tuple[int, list[int]]:
    """Return the least sum of a level, and what each column adds to it."""
    values = [level[slot][option] for slot, option in columns]
    offset = sum(level[slot][kept[0]] for slot, kept in enumerate(core.kept) if len(kept) == 1)
    for one in ranges:
        least = min(values[one.start : one.stop])
        offset += least
        for column in one:
            values[column] -= least
    return offset, values


def _scale(values: list[int]) -> int:
    return max(max(values, default=0).bit_length() - _BITS, 0)
