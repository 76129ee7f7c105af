"""Session files read by several processes where that pays, in batches that one process writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reconciler.errors import ReconcilerError
from reconciler.usage.sessionfile import Batch, Pending, read


if TYPE_CHECKING:
    from concurrent.futures import Executor, Future


AT_ONCE = 8 << 20
"""Bytes of session files in one batch."""
WORTH_A_POOL = 64 << 20
"""Bytes; less is read before two more interpreters have started."""
WORKERS = 2
"""Processes that read while one writes."""


def read_files(pending: list[Pending], sizes: int) -> Iterator[Batch]:
    """Yield what is new in the session files, which hold *sizes* bytes to read."""
    if sizes >= WORTH_A_POOL:
        yield from _read_in_pool(pending)
        return
    while pending:
        batch = read(pending, AT_ONCE)
        yield batch
        pending = batch.rest


def _read_in_pool(pending: list[Pending]) -> Iterator[Batch]:
    """Read in other processes, while this one writes.

    Raises:
        ReconcilerError: the system killed a reader, most often for want of memory.
    """
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    context = get_context("spawn")
    try:
        with ProcessPoolExecutor(WORKERS, mp_context=context, initializer=_end_with_parent) as pool:
            yield from _read_by(pool, _groups(pending))
    except BrokenProcessPool:
        raise ReconcilerError(
            "a process that was reading transcripts has been killed",
            hint="try again; what was read so far is kept",
        ) from None


def _read_by(pool: Executor, groups: Iterator[list[Pending]]) -> Iterator[Batch]:
    """Keep every reader busy, and never more than a few batches waiting to be written."""
    from concurrent.futures import FIRST_COMPLETED, wait

    running: set[Future[Batch]] = set()
    waiting: list[list[Pending]] = []
    while True:
        while len(running) <= WORKERS and (group := waiting.pop() if waiting else next(groups, None)):
            running.add(pool.submit(read, group, AT_ONCE))
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for one in done:
            batch = one.result()
            if batch.rest:
                waiting.append(batch.rest)
            yield batch


def _end_with_parent() -> None:
    """Keep a reader from outliving a writer that was killed: nothing would ever wake it."""
    import os
    import threading
    from multiprocessing import parent_process

    parent = parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _groups(pending: list[Pending]) -> Iterator[list[Pending]]:
    group: list[Pending] = []
    size = 0
    for one in pending:
        group.append(one)
        size += unread(one)
        if size >= AT_ONCE:
            yield group
            group, size = [], 0
    if group:
        yield group


def unread(pending: Pending) -> int:
    """Return the bytes that are left to read."""
    size = int(pending.stamp.split(":")[2])
    return max(0, size - (pending.source.position if pending.source else 0))
