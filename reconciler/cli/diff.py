from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.options import DetailedExitCode
from reconciler.cli.talk import out
from reconciler.errors import Exit


def command(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A plan or facts file.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Another of the same kind.")],
    *,
    detailed_exitcode: DetailedExitCode = False,
) -> int:
    """Show what differs between two plans, or between two facts files."""
    from reconciler.documents import json_object, read_text
    from reconciler.render.difference import difference, shaped

    hint = "name two plans or two facts files"
    before, after = (
        shaped(json_object(read_text(path), name=str(path), hint=hint), name=str(path)) for path in (old, new)
    )
    lines = difference(before, after)
    out("".join(f"{line}\n" for line in lines) or "No difference.\n")
    return Exit.CHANGES if lines and detailed_exitcode else Exit.OK
