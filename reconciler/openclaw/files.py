from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.errors import Position, ReconcilerError
from reconciler.openclaw.json5 import MAX_SIZE


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it was read once; *mode* has the permission bits alone."""

    path: Path
    data: bytes = field(repr=False)
    sha256: str
    mode: int
    times_included: int = 0

    @property
    def text(self) -> str:
        return self.data.decode()


def read_source_file(path: Path, *, included: bool = False) -> SourceFile:
    """Read a regular file of at most 2 MiB of UTF-8; raise ReconcilerError for any other.

    An *included* file may not be a hard link: OpenClaw does not read one.
    """
    data, status = _read(path, included=included)
    _check_utf8(path, data)
    return SourceFile(path, data, hashlib.sha256(data).hexdigest(), stat.S_IMODE(status.st_mode))


def _read(path: Path, *, included: bool) -> tuple[bytes, os.stat_result]:
    try:
        with open(path, "rb", opener=_open) as stream:
            status = os.fstat(stream.fileno())
            _check_kind(path, status, included=included)
            data = stream.read(MAX_SIZE + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(data) > MAX_SIZE:
        raise ReconcilerError(f"{path} is larger than 2 MiB", hint="OpenClaw reads no larger file: split it")
    return data, status


def _open(path: str, flags: int) -> int:
    """Open without blocking: a named pipe would hang us."""
    return os.open(path, flags | os.O_NONBLOCK)


def _check_kind(path: Path, status: os.stat_result, *, included: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ReconcilerError(f"{path} is not a regular file", hint="put a regular file there")
    if included and status.st_nlink > 1:
        raise ReconcilerError(f"{path} has hard links", hint="OpenClaw includes no such file: make it a copy")


def _check_utf8(path: Path, data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line_start = data.rfind(b"\n", 0, error.start) + 1
        at = Position(
            str(path),
            data.count(b"\n", 0, error.start) + 1,
            len(data[line_start : error.start].decode()) + 1,
        )
        raise ReconcilerError("the file is not UTF-8", hint="save it as UTF-8", at=at) from error


def _unreadable(path: Path, error: OSError) -> ReconcilerError:
    if isinstance(error, FileNotFoundError):
        return ReconcilerError(
            f"there is no file {path}", hint="give the path by OPENCLAW_CONFIG_PATH, or create the file"
        )
    if isinstance(error, IsADirectoryError):
        return ReconcilerError(f"{path} is a directory", hint="name the file in it, usually openclaw.json")
    if isinstance(error, PermissionError):
        return ReconcilerError(
            f"{path} may not be read", hint="run as the user that OpenClaw runs as, or chmod u+r it"
        )
    return ReconcilerError(f"{path} cannot be read: {error.strerror}", hint="check the path")
