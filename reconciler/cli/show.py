from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.options import Json, Verbose
from reconciler.cli.talk import out
from reconciler.cli.view import print_plan


class View(StrEnum):
    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def command(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A file that `plan --out` wrote.")],
    *,
    view: Annotated[View, typer.Option("--format", help="How to print it.")] = View.TEXT,
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Print a plan from its file, stale or not."""
    from reconciler.documents import read_text
    from reconciler.plan.verify import read_plan

    found = read_plan(read_text(plan), name=str(plan))
    if view is View.MARKDOWN and not json:
        from reconciler.render.markdown import plan_markdown

        out(plan_markdown(found))
    else:
        out(print_plan(found, json=json or view is View.JSON, verbose=verbose))
