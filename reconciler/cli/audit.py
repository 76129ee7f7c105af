from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.context import state
from reconciler.cli.options import Json
from reconciler.cli.talk import out, tell
from reconciler.errors import ReconcilerError


if TYPE_CHECKING:
    from reconciler.audit.chain import Checked
    from reconciler.jsontypes import JsonObject

command = typer.Typer(
    no_args_is_help=True, help="Look at the log of every apply, rollback, hold, resume and mode change."
)


@command.command("show")
def show(*, json: Json = False) -> None:
    """List what was done, by whom and when (UTC), oldest first."""
    from reconciler.audit.chain import check, entries
    from reconciler.audit.log import AuditLog
    from reconciler.canonical import pretty
    from reconciler.render.audit import log_text

    content = AuditLog(state()).read()
    if broken := check(content).broken:
        tell(f"warning: line {broken.line} does not fit; see: tactician audit verify")
    found = list(entries(content))
    out(pretty([entry for _, entry in found]) if json else log_text(found))


@command.command("verify")
def verify(
    *,
    contains: Annotated[
        str | None,
        typer.Option(
            "--contains",
            metavar="DIGEST",
            help="One that was the last earlier: no line since was taken away.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Check that no line was edited, removed, inserted or moved; exit code 1 if one was."""
    from reconciler.audit.chain import check, entries
    from reconciler.audit.log import AuditLog
    from reconciler.canonical import pretty
    from reconciler.render.audit import checked_text

    log = AuditLog(state())
    content = log.read()
    checked = check(content)
    if json:
        out(pretty(_document(checked)))
    if checked.broken:
        raise ReconcilerError(
            f"the audit log does not fit at line {checked.broken.line}: {checked.broken.why}",
            hint="find out who changed it; a copy made earlier tells what stood there",
            evidence=(str(log.path), f"lines before it that fit: {checked.lines}"),
        )
    if contains and contains not in {entry.get("digest") for _, entry in entries(content)}:
        raise ReconcilerError(
            f"no line of the audit log has the digest {contains}",
            hint="lines were taken away from its end, or it is the log of another state directory",
            evidence=(str(log.path),),
        )
    if not json:
        out(checked_text(checked))


def _document(checked: Checked) -> JsonObject:
    at = checked.broken
    broken: JsonObject | None = {"line": at.line, "why": at.why} if at else None
    return {
        "intact": broken is None,
        "lines": checked.lines,
        "last": checked.last,
        "mended": list(checked.mended),
        "cutShort": checked.cut_short,
        "broken": broken,
    }
