from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from reconciler.cli.context import load_policy, log_action, policy_files
from reconciler.cli.options import Policies
from reconciler.cli.talk import out
from reconciler.text import printable


class Mode(StrEnum):
    MANUAL = "manual"
    DRY_RUN = "dry-run"
    AUTO = "auto"


def command(
    mode: Annotated[
        Mode | None, typer.Argument(help="The new mode; without it the present one is shown.")
    ] = None,
    policy: Policies = None,
) -> None:
    """Show the mode, or change that one value in the policy file."""
    if mode is None:
        out(f"{load_policy(policy).mode}\n")
        return
    from reconciler.audit.events import of_mode
    from reconciler.policy.edit import set_mode

    load_policy(policy)
    edited = set_mode(
        policy_files(policy),
        mode.value,
        announce=lambda edit: log_action(of_mode(edit.path, edit.before, mode.value)),
    )
    out(
        f"{printable(str(edited.path), at_most=4096)}: mode is {mode.value}, was {edited.before or 'not set'}\n"
    )
