from __future__ import annotations

import statistics
import time
from contextlib import ExitStack

from reconciler.servers.detect import detect
from reconciler.servers.targets import Target
from tests.bench.measure import line
from tests.servers.replay import replay, routes


OPEN = ("ollama.read", "mlx-lm", "vllm")
TARGETS = 16
ROUNDS = 15
BAR = 0.5  # seconds
CLOSED = "http://127.0.0.1:9"


def bench() -> None:
    """Look at sixteen addresses, three of them open."""
    with ExitStack() as stack:
        where = [Target(stack.enter_context(replay(routes(folder))).url) for folder in OPEN]
        where += [Target(f"{CLOSED}/{number}") for number in range(TARGETS - len(OPEN))]
        times = [_once(where) for _ in range(ROUNDS)]
    seconds = statistics.median(times)
    line("detect-local, 16 addresses, 3 open", f"{seconds:.3f} s", f"≤ {BAR} s", met=seconds <= BAR)


def _once(where: list[Target]) -> float:
    begin = time.perf_counter()
    found = detect(where)
    assert len(OPEN) == len(found.servers)
    return time.perf_counter() - begin
