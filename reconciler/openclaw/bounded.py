from __future__ import annotations

import os
import stat
from pathlib import Path

from reconciler.errors import ReconcilerError


def read_bytes(path: Path) -> bytes:
    """Read a file that stood there a moment ago; nothing where it is gone.

    Raises:
        ReconcilerError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ReconcilerError(
            f"cannot read {path}: {error.strerror}", hint="check its permissions"
        ) from error


def read_bounded(path: Path, limit: int) -> str | None:
    """Read a regular UTF-8 file of at most *limit* bytes; None where there is no file.

    Raises:
        ReconcilerError: it is something else, larger, or not for us to read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as stream:  # noqa: PTH123  an open descriptor: what is checked is what is read
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ReconcilerError(f"{path} is not a regular file", hint="put a regular file there")
            data = stream.read(limit + 1)
        if len(data) > limit:
            raise ReconcilerError(f"{path} is larger than {limit} bytes", hint="make it smaller")
        return data.decode()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ReconcilerError(
            f"cannot read {path}: {error.strerror}", hint="check its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise ReconcilerError(f"{path} is not UTF-8", hint="save it as UTF-8") from error
