from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.solve import tally
from reconciler.solve.greedy import greedy
from reconciler.solve.problem import Effort, Option, Problem, Slot, Window
from reconciler.solve.solve import solve
from tests.solve.instances import brute_force, drawn, key


ROOT = Path(__file__).parents[2]
problems = st.integers(0, 10**9).map(lambda seed: drawn(random.Random(seed)))


def option(name: str, cost: int, *loads: tuple[int, int]) -> Option:
    return Option(name, name, (cost,), loads)


def contest(slots: int, capacity: int) -> Problem:
    """Slots that want the one good window, of which each takes 10, or cost 5."""
    each = (option("good", 0, (0, 10)), option("dear", 5))
    return Problem(tuple(Slot(f"s{number}", each) for number in range(slots)), (Window("week", capacity),))


def test_no_answer_is_worse_than_brute_force() -> None:
    for seed in range(2000):
        problem = drawn(random.Random(seed))
        solution = solve(problem)

        assert brute_force(problem) == key(problem, solution.chosen), seed
        assert solution.proven, seed
        assert tuple(map(Decimal, solution.cost)) == solution.bound, seed


def test_a_small_effort_gives_an_answer_too() -> None:
    """With one open option at a time, everything takes the way of large problems."""
    for seed in range(300):
        problem = drawn(random.Random(seed))
        solution = solve(problem, effort=Effort(options=1, nodes=1, ties=0))
        best = brute_force(problem)

        assert best <= key(problem, solution.chosen)
        if not best[0]:
            assert solution.bound[0] <= best[1][0], seed


@given(problems)
@settings(max_examples=150, deadline=None)
def test_the_answer_is_what_it_says(problem: Problem) -> None:
    solution = solve(problem)

    options = [slot.options[index] for slot, index in zip(problem.slots, solution.chosen, strict=True)]
    loads = [
        sum(amount for one in options for at, amount in one.loads if at == number)
        for number in range(len(problem.windows))
    ]
    over = tuple(max(0, load - window.capacity) for load, window in zip(loads, problem.windows, strict=True))
    assert over == solution.overflow
    assert tuple(map(sum, zip(*(one.cost for one in options), strict=True))) == solution.cost
    assert all(
        (saved is None) == (worth == 0) for saved, worth in zip(solution.saves, solution.worth, strict=True)
    )


@given(problems, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_slots_changes_no_cost(problem: Problem, chance: random.Random) -> None:
    slots = list(problem.slots)
    chance.shuffle(slots)

    other = replace(problem, slots=tuple(slots))

    assert key(problem, solve(problem).chosen)[:2] == key(other, solve(other).chosen)[:2]


@given(problems, st.integers(2, 1000), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_the_unit_of_a_window_changes_nothing(problem: Problem, factor: int, at: int) -> None:
    at %= len(problem.windows)

    def scaled(own: Option) -> Option:
        return replace(own, loads=tuple((w, amount * (factor if w == at else 1)) for w, amount in own.loads))

    windows = list(problem.windows)
    windows[at] = replace(windows[at], capacity=windows[at].capacity * factor)
    slots = tuple(replace(slot, options=tuple(map(scaled, slot.options))) for slot in problem.slots)

    assert solve(problem).chosen == solve(Problem(slots, tuple(windows))).chosen


@given(problems)
@settings(max_examples=100, deadline=None)
def test_lazy_windows_count_as_much_as_others(problem: Problem) -> None:
    eager = replace(problem, windows=tuple(replace(window, lazy=False) for window in problem.windows))
    lazy = replace(problem, windows=tuple(replace(window, lazy=True) for window in problem.windows))

    assert solve(eager).chosen == solve(lazy).chosen


def test_of_equal_slots_the_earlier_get_the_earlier_option() -> None:
    assert (0, 0, 1, 1) == solve(contest(4, 20)).chosen


def test_what_one_more_unit_is_worth_is_told() -> None:
    solution = solve(contest(4, 20))

    assert ((Decimal("0.5"),), (0,)) == (solution.worth, solution.saves)


def test_a_problem_that_cannot_be_met_is_answered_with_the_least_overflow() -> None:
    each = (option("a", 0, (0, 10)), option("b", 9, (1, 10)))
    problem = Problem(
        tuple(Slot(f"s{number}", each) for number in range(4)), (Window("small", 10), Window("large", 25))
    )

    solution = solve(problem)

    assert ((0, 5), True) == (solution.overflow, solution.proven)


def test_money_is_left_on_the_table_by_the_greedy() -> None:
    """It gives the window to the first, though the second would pay most elsewhere."""
    problem = Problem(
        (
            Slot("first", (option("free", 0, (0, 10)), option("paid", 1))),
            Slot("second", (option("free", 0, (0, 10)), option("paid", 100))),
        ),
        (Window("week", 10),),
    )

    assert (100,) == tally.cost(problem, greedy(problem))
    assert (1,) == solve(problem).cost


def test_nothing_to_assign_is_an_answer() -> None:
    assert () == solve(Problem((), (Window("week", 10),))).chosen


@pytest.mark.parametrize(
    ("capacity", "loaded"), [pytest.param(40, "False", id="all fits"), pytest.param(20, "True", id="some")]
)
def test_highs_is_loaded_only_where_windows_bind(
    run: Callable[[str], str], capacity: int, loaded: str
) -> None:
    said = run(
        f"from tests.solve.test_solve import *; solve(contest(4, {capacity})); print('highspy' in sys.modules)"
    )

    assert loaded == said.strip()


def test_the_answer_does_not_depend_on_the_process(run: Callable[[str], str]) -> None:
    code = (
        "from tests.solve.test_solve import *\n"
        "print([solve(drawn(random.Random(seed))).chosen for seed in range(50)])"
    )

    assert f"{[solve(drawn(random.Random(seed))).chosen for seed in range(50)]}" == run(code).strip()


@pytest.fixture
def run() -> Callable[[str], str]:
    """Run code in a fresh process with another seed of hashes; return what it prints."""

    def runs(code: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": "4711", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout

    return runs
