from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from reconciler.solve import tally
from reconciler.solve.greedy import greedy
from reconciler.solve.solve import solve
from tests.bench.instances import drawn
from tests.bench.measure import line


ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Case:
    """An instance, and what it must meet: seconds, share above the bound (0: proven optimal), MB where it counts."""

    slots: int
    models: int
    sessions: bool
    seconds: float
    gap: float | None
    megabytes: int | None = None

    @property
    def name(self) -> str:
        windows = ", 34 sessions" if self.sessions else ""
        return f"assign {self.slots:,} slots x {self.models}{windows}"


CASES = (
    Case(100, 20, sessions=False, seconds=0.3, gap=None),
    Case(10_000, 50, sessions=False, seconds=5, gap=0.01, megabytes=500),
    Case(50, 50, sessions=True, seconds=0.5, gap=0),
    Case(1_000, 50, sessions=True, seconds=20, gap=0.05),
)


@dataclass(frozen=True)
class Outcome:
    """What a child process measured: seconds, MB that it grew by with the problem, USD of ours and of the greedy."""

    seconds: float
    greedy_seconds: float
    megabytes: float
    ours: float
    greedy: float
    gap: float
    proven: bool
    over: bool
    greedy_over: bool


def bench() -> None:
    """Assign drawn instances, each in a process of its own, beside the greedy that takes slot after slot."""
    for case in CASES:
        _print(case, _child(case))


def _print(case: Case, found: Outcome) -> None:
    line(
        f"{case.name}, seconds",
        f"{found.seconds:.2f}",
        f"≤ {case.seconds}",
        met=found.seconds <= case.seconds,
    )
    if case.gap is not None:
        met = not found.over and (found.proven if case.gap == 0 else found.gap <= case.gap)
        figure = "proven" if found.proven else f"{found.gap:.3%}"
        line(
            f"{case.name}, above the bound",
            figure,
            "proven" if case.gap == 0 else f"≤ {case.gap:.0%}",
            met=met,
        )
    if case.megabytes:
        met = found.megabytes <= case.megabytes
        line(f"{case.name}, memory", f"{found.megabytes:.0f} MB", f"≤ {case.megabytes} MB", met=met)
    over = ", over a window" if found.greedy_over else ""
    line(
        f"{case.name}, USD a week: ours / greedy",
        f"{found.ours:,.2f} / {found.greedy:,.2f}",
        f"≤ greedy (in {found.greedy_seconds:.2f} s{over})",
        met=found.ours <= found.greedy,
    )


def _child(case: Case) -> Outcome:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench.assignment", json.dumps(asdict(case))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    return Outcome(**json.loads(ran.stdout))


def _measured(case: Case) -> Outcome:
    before = _megabytes()
    problem = drawn(case.slots, case.models, sessions=case.sessions)
    begin = time.perf_counter()
    ours = solve(problem)
    seconds = time.perf_counter() - begin
    grown = _megabytes() - before
    begin = time.perf_counter()
    theirs = greedy(problem)
    greedy_seconds = time.perf_counter() - begin
    bound = float(ours.bound[0])
    return Outcome(
        seconds,
        greedy_seconds,
        grown,
        ours.cost[0] / 100,
        tally.cost(problem, theirs)[0] / 100,
        ours.cost[0] / bound - 1 if bound else 0.0,
        ours.proven,
        any(ours.overflow),
        any(tally.overflow(problem, theirs)),
    )


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(asdict(_measured(Case(**json.loads(sys.argv[1]))))))
