"""A month of two recorded installations under simulated limits: what they did against what the policy would do.

`python -m tests.bench.month` prints the table of docs/simulation.md; `--every N` reconciles each N hours.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.bench.measure import line
from tests.bench.simulation.recorded import installations
from tests.bench.simulation.simulate import (
    EVERY,
    Month,
    Size,
    as_recorded,
    month_of,
    reconciled,
    recorded_size,
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


def ways(every: int) -> dict[str, Way]:
    return {
        "what they did": as_recorded,
        "the same with fallbacks": lambda month, size: as_recorded(month, size, fallbacks=True),
        "slot by slot": lambda month, size: reconciled(month, size, every=every),
    }


@dataclass(frozen=True)
class Row:
    """What came of one installation at one size under one way, by seed."""

    host: str
    size: Fraction
    way: str
    books: tuple[Books, ...]

    def cells(self) -> tuple[str, ...]:
        """Write the figures of all seeds side by side, or once where they are alike."""
        return (
            f"{self.host}, {float(self.size):.0%}",
            self.way,
            self._each(lambda each: f"{each.good / each.runs:.0%}"),
            self._each(lambda each: f"{each.below / each.runs:.0%}"),
            self._each(lambda each: f"{each.unjudged / each.runs:.0%}"),
            self._each(lambda each: f"{each.refused / each.runs:.1%}"),
            self._each(lambda each: f"{each.list_price / 10**6:.0f}"),
            self._each(lambda each: f"{each.billed / 10**6:.0f}"),
            self._each(lambda each: f"{each.exhausted_hours}"),
            self._each(lambda each: f"{each.people_waited}"),
            self._each(lambda each: f"{each.moves}"),
        )

    def _each(self, told: Callable[[Books], str]) -> str:
        return " / ".join(dict.fromkeys(map(told, self.books)))


def rows(every: int = EVERY) -> Iterator[Row]:
    for installation in installations():
        months = [month_of(installation, seed) for seed in SEEDS]
        full = [recorded_size(month) for month in months]
        for share in SIZES:
            for name, way in ways(every).items():
                books = tuple(way(month, size.part(share)) for month, size in zip(months, full, strict=True))
                yield Row(installation.name, share, name, books)


def table(found: Sequence[Row]) -> str:
    lines = [_HEAD, ("---",) * len(_HEAD), *(row.cells() for row in found)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def bench(every: int = EVERY) -> None:
    begin = time.process_time()
    print(table(list(rows(every))))
    seconds = time.process_time() - begin
    line(
        "a month of two installations, every way", f"{seconds:.0f} s", f"< {SECONDS} s", met=seconds < SECONDS
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=EVERY, help="hours between two reconciles")
    bench(parser.parse_args().every)
