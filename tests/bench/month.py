"""A month of two recorded installations under simulated limits: what they did against what the policy would do.

`python -m tests.bench.month` prints the table of docs/simulation.md. With `--every N` it reconciles each N hours,
with `--seeds N` it draws N months and prints the lowest and highest figure.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.bench.measure import line
from tests.bench.simulation.hindsight import most_good
from tests.bench.simulation.recorded import installations
from tests.bench.simulation.simulate import (
    EVERY,
    Month,
    Size,
    as_recorded,
    month_of,
    reconciled,
    recorded_size,
    slot_by_slot,
)
from tests.bench.simulation.world import Books


SEEDS = (1, 2)
SIZES = (Fraction(1), Fraction(7, 10), Fraction(4, 10))
SECONDS = 60
Way = Callable[[Month, Size], Books]
_HEAD = (
    "host, limits",
    "who chooses",
    "good enough",
    "too weak",
    "not known",
    "no quota",
    "list price, $",
    "billed, $",
    "hours exhausted",
    "people wait, h",
    "moves",
)


def ways(every: int, *, fallbacks: bool) -> dict[str, Way]:
    """Return who may choose; a host with one account has nothing to fall back to."""
    found: dict[str, Way] = {"what they did": as_recorded}
    if fallbacks:
        found["the same with fallbacks"] = lambda month, size: as_recorded(month, size, fallbacks=True)
    found["slot by slot"] = lambda month, size: reconciled(month, size, slot_by_slot, every=every)
    found["Tactician"] = lambda month, size: reconciled(month, size, every=every)
    return found


@dataclass(frozen=True)
class Row:
    """What came of one installation at one size under one way, by seed."""

    host: str
    size: Fraction
    way: str
    books: tuple[Books, ...]

    def cells(self) -> tuple[str, ...]:
        """Write the figures of all seeds, in the order of the table's head."""
        return (
            _place(self.host, self.size),
            self.way,
            self._each(lambda each: each.good / each.runs, ".0%"),
            self._each(lambda each: each.below / each.runs, ".0%"),
            self._each(lambda each: each.unjudged / each.runs, ".0%"),
            self._each(lambda each: each.refused / each.runs, ".1%"),
            self._each(lambda each: each.list_price / 10**6, ".0f"),
            self._each(lambda each: each.billed / 10**6, ".0f"),
            self._each(lambda each: each.exhausted_hours, ".0f"),
            self._each(lambda each: each.people_waited, ".0f"),
            self._each(lambda each: each.moves, ".0f"),
        )

    def _each(self, figure: Callable[[Books], float], shape: str) -> str:
        return _between([figure(each) for each in self.books], shape)


@dataclass(frozen=True)
class Bound:
    """The most that any way could have reached at one size, by seed."""

    host: str
    size: Fraction
    good: tuple[float, ...]

    def cells(self) -> tuple[str, ...]:
        """Write the bound as a row's first figure, and nothing behind it."""
        told = _between(self.good, ".0%")
        return (_place(self.host, self.size), "at best, in hindsight", told, *[""] * (len(_HEAD) - 3))


def _place(host: str, size: Fraction) -> str:
    return f"{host}, {float(size):.0%}"


def _between(figures: Sequence[float], shape: str) -> str:
    """Write two figures side by side, of more the lowest and highest; once where they are alike."""
    if len(figures) > len(SEEDS):
        return " … ".join(dict.fromkeys(format(each, shape) for each in (min(figures), max(figures))))
    return " / ".join(dict.fromkeys(format(each, shape) for each in figures))


def rows(every: int = EVERY, seeds: Sequence[int] = SEEDS) -> Iterator[Row | Bound]:
    for installation in installations():
        months = [month_of(installation, seed) for seed in seeds]
        full = [recorded_size(month) for month in months]
        for share in SIZES:
            sized = [(month, size.part(share)) for month, size in zip(months, full, strict=True)]
            for name, way in ways(every, fallbacks=bool(months[0].setup.fallbacks)).items():
                yield Row(installation.name, share, name, tuple(way(*each) for each in sized))
            yield Bound(installation.name, share, tuple(most_good(*each) for each in sized))


def table(found: Sequence[Row | Bound]) -> str:
    lines = [_HEAD, ("---",) * len(_HEAD), *(row.cells() for row in found)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def bench() -> None:
    begin = time.process_time()
    print(table(list(rows())))
    seconds = time.process_time() - begin
    line(
        "a month of two installations, every way", f"{seconds:.0f} s", f"< {SECONDS} s", met=seconds < SECONDS
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=EVERY, help="hours between two reconciles")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="months to draw")
    asked = parser.parse_args()
    if (asked.every, asked.seeds) == (EVERY, len(SEEDS)):
        bench()
    else:
        print(table(list(rows(asked.every, range(1, asked.seeds + 1)))))
