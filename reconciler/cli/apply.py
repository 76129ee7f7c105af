from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli import lifts
from reconciler.cli.context import load_policy
from reconciler.cli.execute import execute
from reconciler.cli.options import Policies, Yes


def command(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A file that `plan --out` wrote.")],
    policy: Policies = None,
    *,
    yes: Yes = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say each write instead of doing it.")] = False,
    context_too_small: lifts.ContextTooSmall = False,
    empty_facts: lifts.EmptyFacts = False,
    outside_allow_list: lifts.OutsideAllowList = False,
    over_quota: lifts.OverQuota = False,
    plan_expired: lifts.PlanExpired = False,
    slot_on_hold: lifts.SlotOnHold = False,
    stale_facts: lifts.StaleFacts = False,
    too_many_changes: lifts.TooManyChanges = False,
    unknown_model: lifts.UnknownModel = False,
) -> int:
    """Write what a saved plan says, if the host is still what it was made for.

    Exit codes: 3 refused by the mode, a belt or a conflict, 4 stale plan, 5 locked.
    """
    from reconciler.documents import read_text
    from reconciler.plan.verify import read_plan

    found = read_plan(read_text(plan), name=str(plan))
    lifted = lifts.lifted(
        context_too_small=context_too_small,
        empty_facts=empty_facts,
        outside_allow_list=outside_allow_list,
        over_quota=over_quota,
        plan_expired=plan_expired,
        slot_on_hold=slot_on_hold,
        stale_facts=stale_facts,
        too_many_changes=too_many_changes,
        unknown_model=unknown_model,
    )
    return execute(found, load_policy(policy), yes=yes, dry_run=dry_run, lifted=lifted, show=True)
