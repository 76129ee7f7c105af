from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.assumed import Objective, assumptions
from reconciler.cli.context import facts_from, load_policy, tell_unfinished, write_out
from reconciler.cli.options import (
    DetailedExitCode,
    FactsFile,
    Json,
    NoFetch,
    Out,
    Policies,
    SafeOnly,
    Set,
    Verbose,
    Without,
)
from reconciler.cli.talk import out, tell
from reconciler.cli.view import print_plan, verdict


def command(
    policy: Policies = None,
    facts: FactsFile = None,
    out_file: Out = None,
    set_: Set = None,
    without: Without = None,
    *,
    objective: Annotated[
        Objective | None, typer.Option("--objective", help="Assume this objective instead of the policy's.")
    ] = None,
    json: Json = False,
    verbose: Verbose = False,
    safe_only: SafeOnly = False,
    no_fetch: NoFetch = False,
    detailed_exitcode: DetailedExitCode = False,
) -> int:
    """Print what would change and why; nothing is written but the file of --out.

    With --set, --without or --objective the plan is of what is assumed, and is never applied.
    Exit code 3 means that a safety belt refuses the plan.
    """
    from reconciler.plan.make import make_plan
    from reconciler.plan.verify import write_plan
    from reconciler.whatif.assume import assume

    assumed = assumptions(set_, without, objective)
    tell_unfinished()
    loaded = load_policy(policy)
    found = facts_from(facts, loaded, fetch=not no_fetch)
    made = make_plan(*assume(loaded, found, assumed), safe_only=safe_only)
    if assumed:
        made = made.model_copy(update={"assumptions": assumed.words}).sealed()
    if out_file is not None:
        write_out(out_file, write_plan(made))
        told = "it is never applied" if assumed else f"apply it with: tactician apply {out_file}"
        tell(f"wrote {out_file}; {told}")
    out(print_plan(made, json=json, verbose=verbose))
    return verdict(made, detailed=detailed_exitcode)
