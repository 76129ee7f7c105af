"""The programs handed to HiGHS: one thread, one seed, limits that count work, so that it always answers alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.solve.core import Chosen
from reconciler.solve.program import Program


if TYPE_CHECKING:
    import highspy

_OPTIONS: Final[dict[str, bool | str | int | float]] = {
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "primal_feasibility_tolerance": 1e-9,
    "mip_feasibility_tolerance": 1e-9,
    "mip_rel_gap": 0.0,
}


@dataclass(frozen=True, slots=True)
class Found:
    """What HiGHS says: the value of each column and the dual of each row, both scaled as the program is.

    *bound* is what the objective cannot be below, None where nothing is known; *finished* tells that no limit
    ended the search.
    """

    values: list[float]
    duals: list[float]
    bound: float | None
    finished: bool


def relax(program: Program) -> Found | None:
    """Solve the program with parts of options; None where HiGHS does not manage."""
    import highspy

    solver = _solver(program)
    solver.setOptionValue("presolve", "off")
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    solution = solver.getSolution()
    return Found(
        list(solution.col_value), list(solution.row_dual), solver.getInfo().objective_function_value, True
    )


def integral(program: Program, start: Chosen, *, nodes: int, gap: float) -> Found | None:
    """Solve the program with whole options, from an answer to it; None where HiGHS finds nothing.

    *nodes* is how many branches may be looked at. Answers within *gap* of one another, scaled as the program is,
    count as equal.
    """
    import highspy

    solver = _solver(program, whole=True)
    solver.setOptionValue("mip_max_nodes", nodes)
    solver.setOptionValue("mip_abs_gap", gap)
    _begin(solver, program, start)
    solver.run()
    info = solver.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    finished = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    bound = info.mip_dual_bound if abs(info.mip_dual_bound) < highspy.kHighsInf else None
    return Found(list(solver.getSolution().col_value), [], bound, finished)


def _begin(solver: highspy.Highs, program: Program, start: Chosen) -> None:
    import numpy as np

    taken = [column for column, (slot, option) in enumerate(program.columns) if start[slot] == option]
    own = np.arange(len(program.columns), dtype=np.int32)
    values = np.zeros(len(own))
    values[taken] = 1.0
    solver.setSolution(len(own), own, values)


def _solver(program: Program, *, whole: bool = False) -> highspy.Highs:
    import highspy
    import numpy as np

    class Quiet(highspy.Highs):
        """Is told to be quiet before its constructor calls what prints HiGHS's banner on stdout."""

        def enableCallbacks(self) -> None:  # noqa: N802 - the name in highspy
            self.setOptionValue("output_flag", False)

    solver = Quiet()  # type: ignore[no-untyped-call]
    for name, value in _OPTIONS.items():
        solver.setOptionValue(name, value)
    columns, count = len(program.costs), len(program.columns)
    lp = highspy.HighsLp()
    lp.num_col_ = columns
    lp.col_cost_ = np.array(program.costs)
    lp.col_lower_ = np.zeros(columns)
    lp.col_upper_ = np.concatenate([np.ones(count), np.full(columns - count, highspy.kHighsInf)])
    if whole:
        kinds = highspy.HighsVarType
        lp.integrality_ = [kinds.kInteger] * count + [kinds.kContinuous] * (columns - count)
    _rows(lp, program)
    solver.passModel(lp)
    return solver


def _rows(lp: highspy.HighsLp, program: Program) -> None:
    """Write the rows: what is limited first, then that each slot gets one option."""
    import highspy
    import numpy as np

    limited = program.rows()
    starts = [0]
    indices: list[int] = []
    values: list[float] = []
    for row in limited:
        indices += row.entries.keys()
        values += row.entries.values()
        starts.append(len(indices))
    for slot in program.slots:
        indices += slot
        starts.append(len(indices))
    values += [1.0] * (len(indices) - len(values))
    ones = np.ones(len(program.slots))
    lp.num_row_ = len(starts) - 1
    lp.row_lower_ = np.concatenate([np.full(len(limited), -highspy.kHighsInf), ones])
    lp.row_upper_ = np.concatenate([np.array([row.limit for row in limited]), ones])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_ = lp.num_col_
    lp.a_matrix_.num_row_ = lp.num_row_
    lp.a_matrix_.start_ = np.array(starts, dtype=np.int32)
    lp.a_matrix_.index_ = np.array(indices, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(values)
