from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple


class Exit(IntEnum):
    """The documented exit codes; `sysexits.h` gives 64, POSIX shells 130."""

    OK = 0
    ERROR = 1
    CHANGES = 2
    REFUSED = 3
    STALE = 4
    LOCKED = 5
    USAGE = 64
    INTERRUPTED = 130


class Position(NamedTuple):
    """A place in a file; *line* and *col* count from 1."""

    file: str
    line: int
    col: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.col}"


class ReconcilerError(Exception):
    """The operator can fix this; *hint* says how, *evidence* shows what was found."""

    exit_code = Exit.ERROR

    def __init__(
        self, problem: str, *, hint: str, at: Position | None = None, evidence: Sequence[str] = ()
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self.at = at
        self.evidence = tuple(evidence)


class Refused(ReconcilerError):
    """A gate, a belt or a conflict with another writer said no."""

    exit_code = Exit.REFUSED


class StalePlan(ReconcilerError):
    """The host is no longer what the plan was made for, or the plan was used up."""

    exit_code = Exit.STALE


class Locked(ReconcilerError):
    """Another process is applying."""

    exit_code = Exit.LOCKED


class UsageError(ReconcilerError):
    """The command line does not say what to do."""

    exit_code = Exit.USAGE
