from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Run:
    """One finished process: wall seconds, and the peak of its resident memory in MB."""

    seconds: float
    peak_mb: float


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    ok: frozenset[int] = frozenset({0}),
    env: Mapping[str, str] | None = None,
) -> Run:
    """Run *command* to its end; its own output goes nowhere.

    Raises:
        RuntimeError: it did not end as expected, so its time means nothing.
    """
    begin = time.perf_counter()
    process = subprocess.Popen(
        list(map(str, command)), cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in ok:
        msg = f"{command} ended with {process.returncode}: {said[-2000:].decode(errors='replace')}"
        raise RuntimeError(msg)
    return Run(seconds, usage.ru_maxrss / 1024)


def pairs(ours: Callable[[], Run], theirs: Callable[[], Run], *, rounds: int) -> tuple[list[Run], list[Run]]:
    """Run the two in turn, so that both meet the same moods of the machine; the first round only warms up."""
    ours(), theirs()
    found = [(ours(), theirs()) for _ in range(rounds)]
    return [one for one, _ in found], [other for _, other in found]


def median_ratio(ours: Sequence[Run], theirs: Sequence[Run]) -> float:
    return statistics.median(one.seconds / other.seconds for one, other in zip(ours, theirs, strict=True))


def median_seconds(runs: Sequence[Run]) -> float:
    return statistics.median(run.seconds for run in runs)


def line(what: str, figure: str, bar: str, *, met: bool) -> None:
    print(f"{'ok  ' if met else 'MISS'}  {what:<58} {figure:>22}   bar: {bar}")
