"""Imports that are killed or run side by side; a process of its own, so that it may fork.

Each import writes into one ledger while its home grows; after each the ledger must open, hold no row twice and,
once an import has been left in peace, hold exactly what the home tells.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import active_children
from pathlib import Path
from types import FrameType

from reconciler.ledger import usage
from reconciler.ledger.store import opened
from reconciler.ledger.usage import Tally
from reconciler.openclaw.home import Home
from reconciler.usage import importer, pool
from tests.usage.homes import add_events, answer, home_in, question, session_file


BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
_SESSIONS = 3


class Growing:
    """A home that tells how many requests it holds; *chance* decides what is added where."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.home: Home = home_in(folder)
        self.requests = 0
        self._chance = chance

    def grow(self) -> None:
        for session in range(_SESSIONS):
            lines = [line for _ in range(self._chance.randint(1, 8)) for line in self._turn()]
            path = session_file(self.home.state_dir, f"{session}.jsonl")
            with path.open("ab") as file:
                file.write(b"".join(line + b"\n" for line in lines))
            if self._chance.random() < 0.1:
                path.rename(f"{path}.reset.{self.requests}")
        add_events(self.home.state_dir, "coder", "modern", [line for _ in range(4) for line in self._turn()])

    def _turn(self) -> tuple[bytes, bytes]:
        self.requests += 1
        return question("[cron:1234 Diary] Go on."), answer(self.requests)


def import_all(home: Home, state: Path) -> None:
    with opened(state, create=True) as ledger:
        assert ledger
        importer.refresh(home, ledger, END)


def import_killed(home: Home, state: Path, after: int) -> None:
    """Import, and die as if by `kill -9` after so many calls of Python or steps of SQLite."""
    left = after

    def tick() -> int:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    def profile(_frame: FrameType, _event: str, _argument: object) -> None:
        tick()

    sys.setprofile(profile)
    with opened(state, create=True) as ledger:
        assert ledger
        ledger.set_progress_handler(tick, 10)
        importer.refresh(home, ledger, END)


def forked(work: Callable[[], None]) -> int:
    """Run *work* in a process of its own and return its id."""
    process = os.fork()
    if process:
        return process
    work()
    os._exit(0)


def ended(process: int) -> int:
    """Wait for a process and return its exit code, negative for a signal."""
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)


def check(state: Path, requests: int) -> None:
    """Assert that the ledger is whole and holds *requests*, each once."""
    with opened(state, create=False) as ledger:
        assert ledger
        assert ("ok",) == ledger.execute("PRAGMA integrity_check").fetchone()
        found = usage.total(ledger, BEGIN, END)
    tokens = sum(1115 + number for number in range(1, requests + 1))
    assert (requests, requests, tokens) == (found.requests, found.messages, found.tokens), found
    assert Tally() != found


def kill_many(folder: Path, times: int, seed: int) -> int:
    """Import *times* times, each killed at a random point, and check what follows; return how many were killed."""
    chance, killed = random.Random(seed), 0
    growing, state = Growing(folder / "openclaw", chance), folder / "state"
    for _ in range(times):
        growing.grow()
        after = round(10 ** chance.uniform(1, 3.5))
        code = ended(forked(lambda: import_killed(growing.home, state, after)))  # noqa: B023 -- runs at once
        assert code in {0, -signal.SIGKILL}, code
        killed += code != 0
        if chance.random() < 0.5:
            import_all(growing.home, state)
            check(state, growing.requests)
    import_all(growing.home, state)
    check(state, growing.requests)
    return killed


def race_many(folder: Path, times: int, seed: int) -> None:
    """Import the same growing home by two processes at once, from before there is a ledger."""
    chance = random.Random(seed)
    growing = Growing(folder / "openclaw", chance)
    for number in range(times):
        state = folder / f"state-{number // 4}"
        growing.grow()
        both = [forked(lambda: import_all(growing.home, state)) for _ in range(2)]  # noqa: B023 -- runs at once
        assert [0, 0] == [ended(process) for process in both]
        check(state, growing.requests)


def wait_to_be_killed(folder: Path) -> None:
    """Begin an import with readers in other processes, name them, and stay."""
    growing = Growing(folder / "openclaw", random.Random(7))
    growing.grow()
    pool.WORTH_A_POOL, pool.AT_ONCE = 1, 100

    def stay(_done: int, _of: int) -> None:
        print(*(process.pid for process in active_children()), flush=True)  # noqa: T201 -- for the test that started it
        signal.pause()

    with opened(folder / "state", create=True) as ledger:
        assert ledger
        importer.refresh(growing.home, ledger, END, stay)


if __name__ == "__main__":
    where, what, how_often = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if what == "kill":
        print(kill_many(where, how_often, seed=7))  # noqa: T201 -- for the test that started it
    elif what == "wait":
        wait_to_be_killed(where)
    else:
        race_many(where, how_often, seed=7)
