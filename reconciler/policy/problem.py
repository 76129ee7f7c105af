from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reconciler.errors import Position, ReconcilerError
from reconciler.policy.secret import looks_secret


Severity = Literal["error", "warning"]
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake of a policy; *path* is the key, such as `spec.providers.openrouter.tier`, or empty."""

    at: Position
    path: str
    message: str
    hint: str
    severity: Severity = "error"

    def __str__(self) -> str:
        key = f"{self.path}: " if self.path else ""
        return f"{self.at}: {self.severity}: {key}{self.message} → {self.hint}"


class PolicyInvalid(ReconcilerError):
    """The policy has mistakes; *problems* holds all of all files in the order of the files."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        count = "a mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        super().__init__(
            f"the policy has {count}",
            hint="correct the file, then run `tactician validate`",
            at=problems[0].at,
            evidence=[str(problem) for problem in problems],
        )
        self.problems = tuple(problems)


def below(path: str, key: str) -> str:
    """Name the value of *key* in the mapping at *path*; a key that must not be printed as it is, is shown."""
    fine = key.isprintable() and len(key) <= _SHOWN and not looks_secret(key)
    return f"{path}.{key if fine else show(key)}".removeprefix(".")


def show(text: str) -> str:
    """Quote text from outside so that it is short, printable and no secret."""
    if looks_secret(text):
        return "(a text that looks like a secret)"
    shortened = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    printable = (c if c.isprintable() else f"\\u{ord(c):04x}" for c in shortened)
    return f'"{"".join(printable)}"'
