from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.assumed import assumptions
from reconciler.cli.options import FactsFile, Json, NoFetch, Policies, Set, Without
from reconciler.cli.talk import out, tell


def command(
    slot: Annotated[
        str, typer.Argument(metavar="SLOT", help="Its address or name, or enough of the beginning of one.")
    ],
    policy: Policies = None,
    facts: FactsFile = None,
    set_: Set = None,
    without: Without = None,
    *,
    no_fetch: NoFetch = False,
    json: Json = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show every candidate that is ruled out.")
    ] = False,
) -> None:
    """Tell why a slot has its model: its task, its rules, and what became of every candidate."""
    from reconciler.cli.context import facts_from, load_policy
    from reconciler.explain.explain import explain
    from reconciler.plan.make import owners_catalog
    from reconciler.whatif.assume import assume

    assumed = assumptions(set_, without)
    loaded = load_policy(policy)
    loaded, found = assume(loaded, facts_from(facts, loaded, fetch=not no_fetch), assumed)
    told = explain(loaded, found, owners_catalog(loaded), slot)
    if assumed:
        told = told.model_copy(update={"assumptions": assumed.words})
    for problem in found.problems:
        tell(f"warning: {problem}")
    if json:
        from reconciler.canonical import pretty

        out(pretty(told.dump()))
        return
    from reconciler.render.explain import explanation_text

    out(explanation_text(told, verbose=verbose))
