from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import Account, Policies, Window
from reconciler.cli.talk import out
from reconciler.errors import UsageError


def command(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="As the policy calls it.")],
    amount: Annotated[
        str, typer.Argument(metavar="AMOUNT", help="What is used by now: 79%, 120000 or $3.20.")
    ],
    policy: Policies = None,
    account: Account = "default",
    window: Window = "",
) -> None:
    """Say what is used of a quota that nobody else tells; several such words teach an unknown limit."""
    from reconciler.cli.context import load_policy, now
    from reconciler.cli.quota import known_account, open_ledger
    from reconciler.ledger import owner
    from reconciler.quota.word import read_amount

    configured = known_account(load_policy(policy), provider, account)
    found = read_amount(amount)
    if found.money and not configured.budget and configured.quota_type != "budget":
        raise UsageError(
            f"the quota of {provider} is counted in {configured.quota_type}, not in dollars",
            hint="write 79% or a number, or set quotaType: budget",
        )
    with open_ledger() as ledger:
        owner.set_usage(
            ledger,
            provider,
            now(),
            used_fraction=found.fraction,
            used=found.used,
            account=account,
            window=window,
        )
    out(f"{provider}: noted that {amount.strip()} is used; see it with: tactician status {provider}\n")
