from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from reconciler.cli.context import facts_from, load_policy
from reconciler.cli.options import FactsFile, Json, NoFetch, Policies
from reconciler.cli.talk import out, tell


class Which(StrEnum):
    ALL = "all"
    CRONS = "crons"
    AGENTS = "agents"


def command(
    policy: Policies = None,
    facts: FactsFile = None,
    *,
    which: Annotated[Which, typer.Option("--type", help="Which slots to look at.")] = Which.ALL,
    no_fetch: NoFetch = False,
    json: Json = False,
) -> None:
    """Show what each slot does, what it uses and costs, and which cheaper models would do."""
    from reconciler.analysis.analyze import analyze
    from reconciler.openclaw.slot import SlotKind
    from reconciler.plan.make import owners_catalog

    loaded = load_policy(policy)
    jobs = {SlotKind.JOB}
    kinds = {Which.ALL: set(SlotKind), Which.CRONS: jobs, Which.AGENTS: set(SlotKind) - jobs}[which]
    found = analyze(
        loaded, facts_from(facts, loaded, fetch=not no_fetch), owners_catalog(loaded), kinds=kinds
    )
    if json:
        from reconciler.canonical import pretty

        out(pretty(found.dump()))
        return
    from reconciler.render.analysis import analysis_text

    out(analysis_text(found))
    for problem in found.problems:
        tell(f"warning: {problem}")
