"""Session files read by several processes where that pays, in batches that one process writes."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.usage.sessionfile import Batch, Pending, read


AT_ONCE = 8 << 20
"""Bytes of session files in one batch."""
_WORTH_A_POOL = 64 << 20  # bytes; less is read before two more interpreters have started
WORKERS = 2
"""Processes that read while one writes."""


def read_files(pending: list[Pending], sizes: int) -> Iterator[Batch]:
    """Yield what is new in the session files, which hold *sizes* bytes to read."""
    if sizes >= _WORTH_A_POOL:
        yield from _read_in_pool(pending)
        return
    while pending:
        batch = read(pending, AT_ONCE)
        yield batch
        pending = batch.rest


def _read_in_pool(pending: list[Pending]) -> Iterator[Batch]:
    """Read in other processes, while this one writes; never more than a few batches wait to be written."""
    from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
    from multiprocessing import get_context

    groups = _groups(pending)
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
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
