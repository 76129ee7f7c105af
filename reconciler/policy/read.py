from __future__ import annotations

import codecs
import os
import re
import stat
from pathlib import Path

from reconciler.errors import Position
from reconciler.policy.problem import Problem


LARGEST = 1024 * 1024
_LONG_LINE = re.compile(r"[^\r\n]{10001}")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


class Unusable(Exception):
    """Nothing can be read from this file; *problem* says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def unusable(at: Position, message: str, *, hint: str) -> Unusable:
    return Unusable(Problem(at, "", message, hint))


def read(path: Path) -> str:
    """Return the text of a policy file without its byte order mark.

    Raises:
        Unusable: it is no regular file, too large, unreadable, not UTF-8 or holds control characters.
    """
    return decode(_bytes(path), str(path))


def decode(data: bytes, file: str) -> str:
    body = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        offset = len(data) - len(body) + error.start
        raise unusable(
            _place(file, body[: error.start].decode()),
            f"byte {offset} is not UTF-8",
            hint="save the file as UTF-8",
        ) from None
    if found := _UNPRINTABLE.search(text):
        raise unusable(
            _place(file, text[: found.start()]),
            f"holds the control character U+{ord(found[0]):04X}",
            hint="remove it; in a quoted text write it as an escape",
        )
    if long := _LONG_LINE.search(text):
        # The parser needs quadratic time for some long lines.
        place = _place(file, text[: long.start()])
        raise unusable(place, "this line is longer than 10000 characters", hint="break the line")
    return text


def _bytes(path: Path) -> bytes:
    top = Position(str(path), 1, 1)
    try:
        # A FIFO without a writer would block for ever in a plain open.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _closed(path, error) from None
    try:
        kind = os.fstat(handle).st_mode
        if not stat.S_ISREG(kind):
            what = "a directory" if stat.S_ISDIR(kind) else "not a regular file"
            raise unusable(top, f"is {what}", hint="name a YAML file")
        data = _up_to(LARGEST + 1, handle)
    except OSError as error:
        raise _closed(path, error) from None
    finally:
        os.close(handle)
    if len(data) > LARGEST:
        raise unusable(top, "is larger than 1 MiB", hint="a policy is a few pages; is this the right file?")
    return data


def _up_to(size: int, handle: int) -> bytes:
    data = b""
    while len(data) < size and (more := os.read(handle, size - len(data))):
        data += more
    return data


def _closed(path: Path, error: OSError) -> Unusable:
    top = Position(str(path), 1, 1)
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return unusable(top, "is a link to a file that does not exist", hint="correct or remove the link")
    if isinstance(error, FileNotFoundError):
        return unusable(top, "does not exist", hint="check the path, or write the file")
    if isinstance(error, PermissionError):
        return unusable(top, "may not be read", hint=f"check its permissions: ls -l {path}")
    reason = error.strerror or "cannot be opened"
    return unusable(top, reason.lower(), hint="name a YAML file that can be read")


def _place(file: str, before: str) -> Position:
    lines = re.split("\r\n|\r|\n", before)
    return Position(file, len(lines), len(lines[-1]) + 1)
