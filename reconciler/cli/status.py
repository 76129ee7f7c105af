from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import Json, NoFetch, Policies
from reconciler.cli.talk import out


def command(
    provider: Annotated[str | None, typer.Argument(metavar="[PROVIDER]", help="Only this one.")] = None,
    policy: Policies = None,
    *,
    runs: Annotated[
        int, typer.Option("--runs", metavar="N", min=0, help="List the last N reconcile runs instead.")
    ] = 0,
    no_fetch: NoFetch = False,
    json: Json = False,
) -> None:
    """Show what is used and left of every quota, when it starts anew, how old that knowledge is, the last reconcile run, and the holds."""
    from reconciler.cli.context import live_host, load_policy, now
    from reconciler.cli.holds import held_slots, shown
    from reconciler.cli.quota import accounts_json, chosen, known_to_host, look, survey
    from reconciler.cli.runs import last_run

    if runs:
        _runs(runs, json=json)
        return
    loaded = load_policy(policy)
    names = chosen(loaded, provider)
    own = () if no_fetch else known_to_host()
    answered = survey(loaded, only=names, fetch=not no_fetch, answers=own)
    found = [each for each in answered.accounts if each.provider in names]
    with live_host() as host:
        holds, run = held_slots(host.id), last_run(host.id)
    if json:
        out(accounts_json(found, now(), holds, run))
        return
    from reconciler.cli.forecast import forecasts
    from reconciler.render.status import status_text

    out(status_text(tuple(found), look(loaded), forecasts(loaded, found)))
    if provider:
        return
    if run:
        from reconciler.render.reconciliation import last_text

        out(last_text(run, now()))
    for hold in holds:
        out(f"{shown(hold)}\n")


def _runs(count: int, *, json: bool) -> None:
    from reconciler.canonical import pretty
    from reconciler.cli.context import live_host
    from reconciler.cli.runs import last_runs
    from reconciler.render.reconciliation import runs_text

    with live_host() as host:
        found = last_runs(host.id, count)
    out(pretty([run.dump() for run in found]) if json else runs_text(found))
