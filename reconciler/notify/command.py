from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Final


SECONDS: Final = 10.0


def run(command: Sequence[str], body: bytes, *, seconds: float = SECONDS) -> str | None:
    """Give *body* to a program on its standard input; return what went wrong.

    After *seconds* the program and all that it started are ended. What it prints is dropped.
    """
    name = f"the command {command[0]} of notify"
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        return f"{name} cannot be run: {error.strerror}"
    with process:
        try:
            process.communicate(body, timeout=seconds)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            return f"{name} took longer than {seconds:g} seconds"
    return f"{name} ended with exit code {process.returncode}" if process.returncode else None
