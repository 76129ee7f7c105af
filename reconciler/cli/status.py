from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import Json, NoFetch, Policies
from reconciler.cli.talk import out


def command(
    provider: Annotated[str | None, typer.Argument(metavar="[PROVIDER]", help="Only this one.")] = None,
    policy: Policies = None,
    *,
    no_fetch: NoFetch = False,
    json: Json = False,
) -> None:
    """Show what is used and left of every quota, when it starts anew, and how old that knowledge is."""
    from reconciler.cli.context import load_policy, now
    from reconciler.cli.quota import accounts_json, chosen, look, survey

    loaded = load_policy(policy)
    names = chosen(loaded, provider)
    found = [
        each for each in survey(loaded, only=names, fetch=not no_fetch).accounts if each.provider in names
    ]
    if json:
        out(accounts_json(found, now()))
        return
    from reconciler.cli.forecast import forecasts
    from reconciler.render.status import status_text

    out(status_text(tuple(found), look(loaded), forecasts(loaded, found)))
