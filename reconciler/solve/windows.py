"""Looks at the windows that an answer breaks, and at more of them until it breaks none that was not looked at."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from reconciler.solve import tally
from reconciler.solve.alone import alone
from reconciler.solve.core import Core
from reconciler.solve.descent import descend
from reconciler.solve.greedy import greedy
from reconciler.solve.outcome import Outcome
from reconciler.solve.problem import Effort, Problem, Solution
from reconciler.solve.reduce import reduced


def under_windows(problem: Problem, effort: Effort) -> Solution:
    """Return the best choice for a problem in which the best of each slot together break a window."""
    kept = reduced(problem)
    over = tally.overflow(problem, alone(problem))
    watched = {number for number, window in enumerate(problem.windows) if over[number] or not window.lazy}
    core = Core(problem, tally.units(problem), kept, ())
    start = greedy(problem, kept)
    while True:
        outcome = descend(core.watching(watched), start, effort)
        over = tally.overflow(problem, outcome.best)
        broken = {number for number, amount in enumerate(over) if amount} - watched
        if not broken:
            return _solution(problem, outcome, over)
        watched |= broken


def _solution(problem: Problem, outcome: Outcome, over: tuple[int, ...]) -> Solution:
    worth = [outcome.worth.get(window, (Fraction(), None)) for window in range(len(problem.windows))]
    return Solution(
        chosen=outcome.best,
        cost=tally.cost(problem, outcome.best),
        bound=tuple(map(_decimal, outcome.bounds)),
        proven=outcome.proven,
        overflow=over,
        worth=tuple(_decimal(price) for price, _ in worth),
        saves=tuple(level for _, level in worth),
    )


def _decimal(value: Fraction) -> Decimal:
    """Return the value to 28 digits."""
    return Decimal(value.numerator) / Decimal(value.denominator)
