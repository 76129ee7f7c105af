from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.errors import Locked, ReconcilerError
from reconciler.paths import STATE_VARIABLE, private_dir


@contextmanager
def held(state: Path) -> Iterator[None]:
    """Hold the lock that lets one process write; the system frees it when the process ends, however it ends.

    Raises:
        Locked: another process holds it.
        ReconcilerError: the state directory cannot be used.
    """
    path = private_dir(state) / "lock"
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ReconcilerError(
            f"cannot open the lock {path}: {error.strerror}",
            hint=f"make it writable, or name another directory in {STATE_VARIABLE}",
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            raise Locked(
                f"another tactician is applying (process {owner or 'unknown'})",
                hint="wait until it has finished, then try again",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
