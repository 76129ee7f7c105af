from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.context import load_policy, local_targets, now, policy_files
from reconciler.cli.options import Json, Policies
from reconciler.cli.talk import out, tell
from reconciler.errors import ReconcilerError


if TYPE_CHECKING:
    from reconciler.policy.model import Policy
    from reconciler.servers.detect import Probe

Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show what was asked, and why an address is no server.")
]


def command(policy: Policies = None, *, json: Json = False, verbose: Verbose = False) -> None:
    """Find the model servers of this machine and of the policy; nothing is loaded, woken or billed."""
    from reconciler.servers.detect import detect, with_owners_numbers
    from reconciler.servers.view import document, text

    owner = _policy(policy)
    where = local_targets(owner)
    progress = _Progress(len(where))
    found = detect(where, done=progress.done)
    if owner:
        found = with_owners_numbers(found, owner.quantization)
    progress.over()
    if json:
        from reconciler.canonical import pretty

        out(pretty(document(found, now=now()).model_dump(mode="json", by_alias=True)))
    else:
        out(text(found, verbose=verbose))


def _policy(named: list[Path] | None) -> Policy | None:
    """Return the policy, whose endpoints are looked at as well; there need not be one."""
    try:
        policy_files(named)
    except ReconcilerError:
        if named:
            raise
        return None
    return load_policy(named)


class _Progress:
    """Says on stderr how far the look has come: one line that moves on a terminal, else only its start."""

    def __init__(self, addresses: int) -> None:
        self._all, self._done = addresses, 0
        self._moving = sys.stderr.isatty()
        if not self._moving:
            tell(f"looking for model servers at {addresses} addresses")

    def done(self, _probe: Probe) -> None:
        self._done += 1
        if self._moving:
            line = f"\rlooking for model servers: {self._done} of {self._all} addresses"
            print(line, end="", file=sys.stderr, flush=True)

    def over(self) -> None:
        if self._moving:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
