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


def tell(line: str) -> None:
    """Say something on the way; the product alone goes to stdout."""
    print(_line(line), file=sys.stderr)


def tell_lines(text: str) -> None:
    for line in text.splitlines():
        tell(line)


def out(text: str) -> None:
    """Print the product."""
    sys.stdout.write(text)
    sys.stdout.flush()


def agreed(question: str, *, yes: bool) -> bool:
    """Ask on a terminal; where nobody can answer only --yes agrees."""
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _line(text: str) -> str:
    return printable(text, at_most=1000)
