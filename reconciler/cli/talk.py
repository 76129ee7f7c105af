from __future__ import annotations

import sys

from reconciler.errors import ReconcilerError
from reconciler.text import printable


def explain(error: ReconcilerError) -> str:
    """Return an error as it is told: problem, evidence, next step; texts from outside cannot move the cursor."""
    place = f"{error.at}: " if error.at else ""
    lines = [f"error: {_line(place + error.problem)}"]
    lines += [f"  {_line(line)}" for line in error.evidence]
    return "\n".join([*lines, f"  → {_line(error.hint)}"])


def of_system(error: OSError) -> ReconcilerError:
    """Tell what the system said of a path that no command expected it of."""
    place = f"{error.filename}: " if error.filename else ""
    return ReconcilerError(
        f"{place}{error.strerror or type(error).__name__}", hint="check the path and its permissions"
    )


def tell(line: str) -> None:
    """Say something on the way; the product alone goes to stdout."""
    print(_line(line), file=sys.stderr)


def tell_lines(text: str) -> None:
    for line in text.splitlines():
        tell(line)


def out(text: str) -> None:
    """Print the product.

    Raises:
        BrokenPipeError: the reader went away.
        ReconcilerError: it cannot be written.
    """
    if sys.stdout is None:
        raise ReconcilerError("cannot write the output: stdout is closed", hint="send it somewhere")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ReconcilerError(
            f"cannot write the output: {error.strerror}", hint="look at where it is sent to"
        ) from error


def agreed(question: str, *, yes: bool) -> bool:
    """Ask on a terminal; where nobody can answer only --yes agrees."""
    if yes:
        return True
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _line(text: str) -> str:
    return printable(text, at_most=1000)
