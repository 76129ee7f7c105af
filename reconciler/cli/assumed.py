"""What the commands that can assume something have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.errors import UsageError


if TYPE_CHECKING:
    from reconciler.whatif.assume import Assumptions


class Objective(StrEnum):
    FRUGAL = "frugal"
    BEST_FIT = "best-fit"


def assumptions(
    values: Iterable[str] | None, without: Sequence[str] | None = None, objective: Objective | None = None
) -> Assumptions:
    """Return what the options say, `--objective` last.

    Raises:
        UsageError: one of *values* is no PATH=VALUE.
    """
    from reconciler.whatif.assume import Assumptions

    pairs = [_pair(each) for each in values or ()]
    if objective is not None:
        pairs.append(("objective", objective.value))
    return Assumptions(tuple(pairs), tuple(dict.fromkeys(without or ())))


def _pair(text: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise UsageError(f"--set {text!r} is no PATH=VALUE", hint="such as --set provider.anthropic.used=95%")
    return path.strip(), value.strip()
