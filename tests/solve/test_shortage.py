from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from reconciler.solve.problem import Option, Problem, Slot, Window
from reconciler.solve.shortage import Change, Competitor, Shortage, shortages, ways_out
from reconciler.solve.solve import solve


def slot(name: str, load: int, *, elsewhere: bool = False) -> Slot:
    only = Option("claude", "claude", (0,), ((0, load),))
    other = Option("paid", "paid", (1,), ((1, load),))
    return Slot(name, (only, other) if elsewhere else (only,))


SHORT = Problem(
    (slot("a", 30), slot("b", 20), slot("c", 10, elsewhere=True)),
    (Window("claude week", 35), Window("budget", 100)),
)


def with_capacity(capacity: int) -> Problem:
    return replace(SHORT, windows=(Window("claude week", capacity), SHORT.windows[1]))


def test_a_shortage_names_the_window_and_who_competes() -> None:
    assert (
        Shortage(
            "claude week",
            15,
            (
                Competitor("a", 30, stuck=True, lost=False),
                Competitor("b", 20, stuck=True, lost=False),
                Competitor("c", 10, stuck=False, lost=True),
            ),
        ),
    ) == shortages(SHORT, solve(SHORT))


def test_what_fits_is_short_of_nothing() -> None:
    enough = with_capacity(60)

    assert () == shortages(enough, solve(enough))
    assert () == ways_out(enough, solve(enough), [Change("more", Decimal(1), with_capacity(99))])


def test_the_cheapest_three_changes_that_help_are_ways_out() -> None:
    changes = [
        Change("far more", Decimal(9), with_capacity(90)),
        Change("too little", Decimal(1), with_capacity(49)),
        Change("enough", Decimal(4), with_capacity(50)),
        Change("all", Decimal(5), with_capacity(60)),
        Change("more than all", Decimal(6), with_capacity(61)),
    ]

    ways = ways_out(SHORT, solve(SHORT), changes)

    assert ["enough", "all", "more than all"] == [way.change.label for way in ways]
    assert [(), ("c",), ("c",)] == [way.moved for way in ways]
