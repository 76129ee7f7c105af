from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli import lifts
from reconciler.cli.context import facts_from, load_policy, tell_unfinished, write_out
from reconciler.cli.execute import execute
from reconciler.cli.options import FactsFile, Json, NoFetch, Out, Policies, SafeOnly, Verbose, Yes
from reconciler.cli.talk import out, tell, tell_lines
from reconciler.cli.view import print_plan, verdict
from reconciler.errors import Exit, UsageError


def command(
    away: Annotated[str, typer.Option("--from", metavar="PROVIDER", help="Move every slot off this one.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="PROVIDER", help="And onto this one, where it would do.")
    ] = None,
    policy: Policies = None,
    facts: FactsFile = None,
    out_file: Out = None,
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Apply the plan right away.")] = False,
    safe_only: SafeOnly = False,
    yes: Yes = False,
    no_fetch: NoFetch = False,
    json: Json = False,
    verbose: Verbose = False,
    outside_allow_list: lifts.OutsideAllowList = False,
    too_many_changes: lifts.TooManyChanges = False,
    unknown_model: lifts.UnknownModel = False,
    context_too_small: lifts.ContextTooSmall = False,
    empty_facts: lifts.EmptyFacts = False,
) -> int:
    """Plan to move every slot off a provider, and with --apply write it; all other slots stay as they are.

    What is pinned, protected or on hold stays, and so does what no other model would do; it is told why.
    Exit code 3 means that a safety belt refuses the plan.
    """
    from reconciler.plan.make import make_plan
    from reconciler.plan.model import Shift
    from reconciler.plan.verify import write_plan
    from reconciler.whatif.shift import shifted

    if apply and facts is not None:
        raise UsageError("recorded facts cannot be applied to", hint="leave --facts or --apply away")
    tell_unfinished()
    loaded = load_policy(policy)
    found = facts_from(facts, loaded, fetch=not no_fetch)
    made = make_plan(shifted(loaded, found, away, to), found, safe_only=safe_only)
    made = made.model_copy(update={"shift": Shift(away_from=away, to=to)}).sealed()
    if out_file is not None:
        write_out(out_file, write_plan(made))
        tell(f"wrote {out_file}; apply it with: tactician apply {out_file}")
    out(print_plan(made, json=json, verbose=verbose))
    if not apply:
        return verdict(made, detailed=False)
    lifted = lifts.lifted(
        context_too_small=context_too_small,
        empty_facts=empty_facts,
        outside_allow_list=outside_allow_list,
        too_many_changes=too_many_changes,
        unknown_model=unknown_model,
    )
    report = tell_lines if json else out  # the plan alone is the JSON document
    code = execute(made, loaded, yes=yes, dry_run=False, lifted=lifted, show=False, report=report)
    if made.changes and code == Exit.OK:
        tell(f'a later plan may choose {away} again; a rule with `deny: ["{away}/*"]` keeps it away')
    return code
