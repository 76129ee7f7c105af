from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.talk import out


def command(
    slot: Annotated[str, typer.Argument(metavar="SLOT", help="Address of the slot, such as job/digest.")],
    *,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="WHEN", help="6h, 3d or a time; without it until it is resumed."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for those who meet the hold later.")] = "",
) -> None:
    """Leave a slot as it is: plans pass it by, and an apply of an older plan is refused."""
    from reconciler.audit.events import of_hold
    from reconciler.cli.context import live_host, log_action, now
    from reconciler.cli.holds import held, known_slot, shown
    from reconciler.cli.quota import open_ledger
    from reconciler.cli.span import read_moment
    from reconciler.ledger.holds import Hold, put

    moment = now()
    end = read_moment(until, moment) if until else None
    with live_host() as host:
        address = known_slot(host.read(), slot)
        hold = Hold(address, reason.strip() or "set by hand", moment, end)
        log_action(of_hold(host.id, [address], reason=hold.reason, until=end))
        with open_ledger() as ledger:
            put(ledger, host.id, hold)
    out(f"{shown(held(hold))}\n")
