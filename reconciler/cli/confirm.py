from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.talk import out
from reconciler.errors import Refused


def command(
    record: Annotated[
        str | None,
        typer.Argument(
            metavar="[RECORD]", help="Id of a record, its beginning, or `latest`; may be left away."
        ),
    ] = None,
) -> None:
    """Keep what `apply --confirm-within` wrote: without it, it is undone at its time."""
    from reconciler.cli.context import live_host, state
    from reconciler.cli.putback import confirm, unconfirmed
    from reconciler.ledger.records import Records
    from reconciler.loop.confirm import pending

    if record:
        found = Records(state()).find(record)
    else:
        with live_host() as host:
            waiting = unconfirmed(host.id)
        if not waiting:
            raise Refused("no apply waits for a confirmation", hint="see: tactician history")
        found = waiting[0]
    if not pending(found):
        raise Refused(
            f"record {found.id} waits for no confirmation", hint=f"see: tactician history {found.id}"
        )
    confirm(found, by="person")
    out(f"{found.id} is confirmed and stays\n")
