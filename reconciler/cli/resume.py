from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.talk import out
from reconciler.errors import UsageError
from reconciler.text import printable


def command(
    slot: Annotated[
        str | None, typer.Argument(metavar="[SLOT]", help="Address of the slot, such as job/digest.")
    ] = None,
    *,
    all_of_them: Annotated[bool, typer.Option("--all", help="Lift every hold.")] = False,
) -> None:
    """Lift the hold of a slot, so that plans may change it again."""
    from reconciler.audit.events import of_resume
    from reconciler.cli.context import live_host, log_action, now
    from reconciler.cli.quota import open_ledger
    from reconciler.ledger.holds import lift, standing

    if (slot is None) != all_of_them:
        raise UsageError("name one slot, or say --all", hint="tactician status shows the holds")
    with live_host() as host, open_ledger() as ledger:
        held = [hold.address for hold in standing(ledger, host.id, now())]
        if slot is not None and slot not in held:
            raise UsageError(f"{slot} is not on hold", hint=f"on hold: {', '.join(held) or 'none'}")
        lifted = [slot] if slot is not None else held
        if lifted:
            log_action(of_resume(host.id, lifted))
        for address in lifted:
            lift(ledger, host.id, address)
            out(f"{printable(address)}: may be changed again\n")
