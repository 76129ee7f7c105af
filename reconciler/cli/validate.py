from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import Policies
from reconciler.cli.validation import validate


def command(
    policy: Policies = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail too.")] = False,
) -> int:
    """Check the policy files, run their tests, and tell every mistake with its line."""
    return validate(policy or (), strict=strict)
