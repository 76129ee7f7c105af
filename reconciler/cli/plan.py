from __future__ import annotations

from reconciler.cli.context import facts_from, load_policy, tell_unfinished, write_out
from reconciler.cli.options import (
    DetailedExitCode,
    FactsFile,
    Json,
    NoFetch,
    Out,
    Policies,
    SafeOnly,
    Verbose,
)
from reconciler.cli.talk import out, tell
from reconciler.cli.unconfirmed import tell_unconfirmed
from reconciler.cli.view import print_plan, verdict


def command(
    policy: Policies = None,
    facts: FactsFile = None,
    out_file: Out = None,
    *,
    json: Json = False,
    verbose: Verbose = False,
    safe_only: SafeOnly = False,
    no_fetch: NoFetch = False,
    detailed_exitcode: DetailedExitCode = False,
) -> int:
    """Print what would change and why; nothing is written but the file of --out.

    Exit code 3 means that a safety belt refuses the plan.
    """
    from reconciler.plan.make import make_plan
    from reconciler.plan.verify import write_plan

    tell_unfinished()
    tell_unconfirmed()
    loaded = load_policy(policy)
    made = make_plan(loaded, facts_from(facts, loaded, fetch=not no_fetch), safe_only=safe_only)
    if out_file is not None:
        write_out(out_file, write_plan(made))
        tell(f"wrote {out_file}; apply it with: tactician apply {out_file}")
    out(print_plan(made, json=json, verbose=verbose))
    return verdict(made, detailed=detailed_exitcode)
