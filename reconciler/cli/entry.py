from __future__ import annotations

import gc
import io
import os
import sys


def entry() -> None:
    """Start the program without work that a short run never earns back.

    Measured on `tactician validate`: the garbage collector while modules load, pydantic's search of
    all installed packages for plugins, and the collection at exit took a quarter of the time.
    """
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    usable_streams()
    code = _run(sys.argv[1:])
    gc.freeze()
    leave(code)


def usable_streams() -> None:
    """Keep the numbers of closed standard streams from files of ours, and escape what cannot be encoded."""
    while os.open(os.devnull, os.O_RDWR) <= 2:  # noqa: PLR2004  the last of the standard streams
        pass
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  until the process ends
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def leave(code: int) -> None:
    """Exit; output that could not be written has been told of, and is not tried again."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    from reconciler.cli.quick import quick

    if (code := quick(arguments)) is not None:
        return code
    from reconciler.cli.main import main

    gc.freeze()
    gc.set_threshold(100_000, 50, 100)  # a plan makes many objects and throws few away: a sixth of its time
    gc.enable()
    return main(arguments)
