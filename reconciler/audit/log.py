from __future__ import annotations

import errno
import fcntl
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from reconciler.audit.chain import continued
from reconciler.errors import ReconcilerError
from reconciler.jsontypes import JsonObject
from reconciler.paths import STATE_VARIABLE, private_dir


FILE = "audit.jsonl"
_APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_PRIVATE = 0o600


class AuditLog:
    """The log of one state directory: lines are appended, never changed."""

    def __init__(self, state: Path) -> None:
        self.path = state / FILE

    def append(self, event: JsonObject, at: datetime) -> None:
        """Add a line with the time and the user; it is on the disk when this returns.

        Other processes wait meanwhile, for the time that one line takes.

        Raises:
            ReconcilerError: it cannot be written.
        """
        private_dir(self.path.parent)
        stamp = {"at": at.isoformat(timespec="milliseconds"), "who": _user()}
        with _explained(self.path), _locked(self.path) as descriptor:
            log = _content(descriptor)
            _write(descriptor, continued({**event, **stamp}, log, stamp))
            os.fsync(descriptor)
            if not log:
                _sync_directory(self.path.parent)

    def read(self) -> bytes:
        """Return the whole log, empty where there is none yet.

        Raises:
            ReconcilerError: it cannot be read.
        """
        with _explained(self.path):
            try:
                return self.path.read_bytes()
            except FileNotFoundError:
                return b""


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    descriptor = os.open(path, _APPEND, _PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _content(descriptor: int) -> bytes:
    with os.fdopen(os.dup(descriptor), "rb") as stream:
        return stream.read()


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _user() -> str:
    """Return the name of who runs this, by the system's word: variables such as USER can say anything."""
    user = os.geteuid()
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReconcilerError(
            f"cannot use the audit log {path}: {error.strerror}", hint=_hint(error)
        ) from error


def _hint(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return "free some space; a line that was begun is mended by the next one"
    return f"make it a file that you can write, or name another directory in {STATE_VARIABLE}"
