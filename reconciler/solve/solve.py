"""The best assignment of slots to options under windows that they share. Pure; HiGHS is loaded where windows bind."""

from __future__ import annotations

from decimal import Decimal

from reconciler.solve import tally
from reconciler.solve.alone import alone
from reconciler.solve.problem import Effort, Problem, Solution


def solve(problem: Problem, *, effort: Effort | None = None) -> Solution:
    """Return the best choice of an option for each slot.

    The least overflow counts first, each window's as a share of its capacity, and added up; then the levels of cost,
    one after the other; of equal answers the one whose *chosen* comes first, where the effort tells them apart. Equal
    problems get equal answers.
    """
    best = alone(problem)
    if any(tally.overflow(problem, best)):
        from reconciler.solve.windows import under_windows

        return under_windows(problem, effort or Effort())
    total = tally.cost(problem, best)
    none = len(problem.windows)
    return Solution(
        chosen=best,
        cost=total,
        bound=tuple(map(Decimal, total)),
        proven=True,
        overflow=(0,) * none,
        worth=(Decimal(0),) * none,
        saves=(None,) * none,
    )
