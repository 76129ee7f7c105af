from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import Account, Policies, Window
from reconciler.cli.talk import out


def command(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="As the policy calls it.")],
    policy: Policies = None,
    account: Account = "default",
    window: Window = "",
) -> None:
    """Say that a quota has just started anew; what was used before it no longer counts."""
    from reconciler.cli.context import load_policy, now
    from reconciler.cli.quota import known_account, open_ledger
    from reconciler.ledger import owner

    known_account(load_policy(policy), provider, account)
    with open_ledger() as ledger:
        owner.reset(ledger, provider, now(), account=account, window=window)
    out(f"{provider}: counted anew from now on; see it with: tactician status {provider}\n")
