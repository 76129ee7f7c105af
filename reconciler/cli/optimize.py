from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli import lifts
from reconciler.cli.context import facts_from, load_policy, tell_unfinished
from reconciler.cli.execute import execute
from reconciler.cli.options import Json, NoFetch, Policies, SafeOnly, Verbose, Yes
from reconciler.cli.talk import out, tell_lines
from reconciler.cli.view import print_plan, verdict


def command(
    policy: Policies = None,
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Apply the plan right away.")] = False,
    safe_only: SafeOnly = False,
    yes: Yes = False,
    no_fetch: NoFetch = False,
    json: Json = False,
    verbose: Verbose = False,
    outside_allow_list: lifts.OutsideAllowList = False,
    over_quota: lifts.OverQuota = False,
    too_many_changes: lifts.TooManyChanges = False,
    unknown_model: lifts.UnknownModel = False,
    context_too_small: lifts.ContextTooSmall = False,
    empty_facts: lifts.EmptyFacts = False,
) -> int:
    """Plan on the live host and, with --apply, write it in the same breath."""
    from reconciler.plan.make import make_plan

    tell_unfinished()
    loaded = load_policy(policy)
    made = make_plan(loaded, facts_from(None, loaded, fetch=not no_fetch), safe_only=safe_only)
    out(print_plan(made, json=json, verbose=verbose))
    if not apply:
        return verdict(made, detailed=False)
    lifted = lifts.lifted(
        context_too_small=context_too_small,
        empty_facts=empty_facts,
        outside_allow_list=outside_allow_list,
        over_quota=over_quota,
        too_many_changes=too_many_changes,
        unknown_model=unknown_model,
    )
    report = tell_lines if json else out  # the plan alone is the JSON document
    return execute(made, loaded, yes=yes, dry_run=False, lifted=lifted, show=False, report=report)
