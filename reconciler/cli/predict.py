from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.assumed import assumptions
from reconciler.cli.options import FactsFile, Json, NoFetch, Policies, Set
from reconciler.cli.talk import out, tell


def command(
    provider: Annotated[str | None, typer.Argument(metavar="[PROVIDER]", help="Only this one.")] = None,
    policy: Policies = None,
    facts: FactsFile = None,
    set_: Set = None,
    *,
    hours: Annotated[
        int | None, typer.Option("--hours", min=1, max=744, help="Look so many hours ahead.")
    ] = None,
    no_fetch: NoFetch = False,
    json: Json = False,
) -> None:
    """Tell when every quota will be gone: how probable, when, and because of whom."""
    from reconciler.cli.context import facts_from, load_policy
    from reconciler.cli.quota import chosen, look
    from reconciler.forecast.of_facts import of_facts
    from reconciler.whatif.assume import assume

    assumed = assumptions(set_)
    loaded = load_policy(policy)
    names = chosen(loaded, provider)
    found = facts_from(facts, loaded, fetch=not no_fetch)
    for problem in found.problems:
        tell(f"warning: {problem}")
    loaded, found = assume(loaded, found, assumed)
    told = of_facts(loaded, found, only=names, hours=hours)
    if assumed:
        told = told.model_copy(update={"assumptions": assumed.words})
    if json:
        from reconciler.canonical import pretty

        out(pretty(told.dump()))
        return
    from reconciler.render.predict import prediction_text

    out(prediction_text(told, look(loaded)))
