from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.context import state
from reconciler.cli.options import Json
from reconciler.cli.talk import out, tell
from reconciler.errors import UsageError


def command(
    record: Annotated[
        str | None,
        typer.Argument(metavar="show", help="May stand before the record."),
    ] = None,
    shown: Annotated[
        str | None, typer.Argument(metavar="RECORD", help="Show this one whole; `latest` is the newest.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """List what was applied and rolled back, newest first."""
    from reconciler.canonical import pretty
    from reconciler.ledger.records import Records
    from reconciler.render.record import history_text, record_text

    record = _named(record, shown)
    records = Records(state())
    if unreadable := records.unreadable():
        tell(f"warning: {unreadable} records in the ledger cannot be read: damaged, or of a newer tactician")
    if record is not None:
        found = records.find(record)
        out(pretty(found.dump()) if json else record_text(found))
    else:
        all_of_them = records.all()
        out(pretty([one.dump() for one in all_of_them]) if json else history_text(all_of_them))


def _named(record: str | None, shown: str | None) -> str | None:
    """Take `RECORD` and `show RECORD` for the same."""
    if (record == "show") != (shown is not None):
        raise UsageError("name one record", hint="tactician history lists them")
    return shown or record
