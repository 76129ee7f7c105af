"""Replace a file so that every reader sees it old or new, and never over somebody else's change."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reconciler.errors import ReconcilerError, Refused


_PRIVATE = 0o600
_PUBLIC = 0o644
_PRIVATE_DIRECTORY = 0o700
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def replace_file(
    path: Path,
    new: bytes,
    *,
    expected_sha256: str,
    validate: Callable[[Path], None] | None = None,
) -> Path:
    """Put *new* in the place of the bytes that have *expected_sha256*; return the file that was written.

    A symbolic link stays: the file it leads to is replaced, in its own directory, and returned. The new file has
    exactly the permission bits, owner and group of the old one; until it is complete nobody else can read it.
    *validate* gets the complete candidate, in the same directory, and vetoes by raising.

    OPENCLAW_CONFIG_READONLY does not stop this: it keeps OpenClaw itself from writing, so that an external manager can.

    Raises Refused where the file is another one by now, belongs to somebody else or has hard links; whatever is
    raised, the file is as it was. Between the last look and the rename lie some microseconds that no lock covers.
    """
    with _explained(path):
        target = Path(os.path.realpath(path, strict=True))
        old = _check(target, expected_sha256)
        with _candidate(target, new) as candidate:
            _keep_group(candidate, old)
            candidate.chmod(stat.S_IMODE(old.st_mode))
            if validate is not None:
                validate(candidate)
            _check(target, expected_sha256)
            candidate.replace(target)
        _sync_directory(target.parent)
    return target


def write_private(path: Path, data: bytes) -> None:
    """Write a file of our own, 0600, and create the directories that it needs, 0700."""
    with _explained(path):
        _make_directories(path.parent)
        with _candidate(path, data) as candidate:
            candidate.replace(path)
        _sync_directory(path.parent)


def write_public(path: Path, data: bytes) -> None:
    """Write a file that others may read, 0644, into a directory that is there."""
    with _explained(path):
        with _candidate(path, data) as candidate:
            candidate.chmod(_PUBLIC)
            candidate.replace(path)
        _sync_directory(path.parent)


def _check(target: Path, expected_sha256: str) -> os.stat_result:
    status = target.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"{target} is not a regular file", hint="put a regular file there")
    if status.st_nlink > 1:
        raise Refused(
            f"{target} has {status.st_nlink} hard links, and a replaced file would part from them",
            hint="make it a file of its own: copy it, and move the copy over it",
        )
    if status.st_uid != os.geteuid():
        raise Refused(
            f"{target} belongs to user {status.st_uid}, and you are user {os.geteuid()}",
            hint="run as the user that OpenClaw runs as",
        )
    if hashlib.sha256(target.read_bytes()).hexdigest() != expected_sha256:
        raise Refused(
            f"{target} was changed by somebody else meanwhile", hint="nothing was written: plan again"
        )
    return status


def _keep_group(candidate: Path, old: os.stat_result) -> None:
    if candidate.stat().st_gid != old.st_gid:
        os.chown(candidate, -1, old.st_gid)


@contextmanager
def _candidate(target: Path, data: bytes) -> Iterator[Path]:
    """Give a complete file beside *target* that is gone afterwards, if nobody has moved it away."""
    _sweep(target)
    path = target.with_name(f"{_prefix(target)}{secrets.token_hex(8)}.tmp")
    with os.fdopen(os.open(path, _CREATE, _PRIVATE), "wb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
            yield path
        finally:
            path.unlink(missing_ok=True)


def _sweep(target: Path) -> None:
    """Remove candidates that a crash left behind; the lock on a living one tells them apart."""
    for path in target.parent.glob(f"{_glob(_prefix(target))}*.tmp"):
        with suppress(FileNotFoundError, BlockingIOError), _opened(path) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def _prefix(target: Path) -> str:
    return f".{target.name}.tactician-"


def _glob(name: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _sync_directory(directory: Path) -> None:
    with _opened(directory) as descriptor:
        os.fsync(descriptor)


def _make_directories(directory: Path) -> None:
    """Create missing parents too as private ones, which Path.mkdir does not."""
    if not directory.is_dir():
        _make_directories(directory.parent)
        with suppress(FileExistsError):
            directory.mkdir(mode=_PRIVATE_DIRECTORY)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _explain(path, error) from error


def _explain(path: Path, error: OSError) -> ReconcilerError:
    if error.errno in _FULL:
        return ReconcilerError(
            f"{path} cannot be written: the disk is full", hint="free some space; the file is as it was"
        )
    if error.errno in _FORBIDDEN:
        return ReconcilerError(
            f"{path} cannot be written: {path.parent} does not let you create or replace files",
            hint="make the directory writable for you, or run as the user that OpenClaw runs as",
            evidence=[str(error)],
        )
    return ReconcilerError(
        f"{path} cannot be written: {error.strerror}", hint="check the path", evidence=[str(error)]
    )
