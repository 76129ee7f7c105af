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
    """Show what is used and left of every quota, when it starts anew, how old that knowledge is, and the holds."""
    from reconciler.cli.context import live_host, load_policy, now
    from reconciler.cli.holds import held_slots, shown
    from reconciler.cli.quota import accounts_json, chosen, known_to_host, look, survey

    loaded = load_policy(policy)
    names = chosen(loaded, provider)
    own = () if no_fetch else known_to_host()
    answered = survey(loaded, only=names, fetch=not no_fetch, answers=own)
    found = [each for each in answered.accounts if each.provider in names]
    with live_host() as host:
        holds = held_slots(host.id)
    if json:
        out(accounts_json(found, now(), holds))
        return
    from reconciler.cli.forecast import forecasts
    from reconciler.render.status import status_text

    out(status_text(tuple(found), look(loaded), forecasts(loaded, found)))
    for hold in () if provider else holds:
        out(f"{shown(hold)}\n")
