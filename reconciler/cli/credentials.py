from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconciler.cli.options import Json, Policies
from reconciler.cli.talk import out


if TYPE_CHECKING:
    from reconciler.quota.credentials import Survey


def command(
    provider: Annotated[str | None, typer.Argument(metavar="[PROVIDER]", help="Only this one.")] = None,
    policy: Policies = None,
    *,
    json: Json = False,
) -> None:
    """Show where the credentials of each provider were looked for, what was found, and what to do if it is missing.

    No secret is shown, and nobody is asked.
    """
    from reconciler.canonical import pretty
    from reconciler.cli.context import load_policy, now
    from reconciler.cli.quota import chosen, this_world
    from reconciler.names import account_name
    from reconciler.quota.credentials import survey
    from reconciler.quota.targets import targets
    from reconciler.render.providers import credentials_text

    asked = targets(chosen(load_policy(policy), provider), this_world())
    found = [
        (account_name(each.openclaw_id, each.account), survey(each.provider, each.world, each.login))
        for each in asked.targets
    ]
    if json:
        rows = [_row(name, each) for name, each in found]
        out(pretty({"credentials": rows, "unserved": list(asked.unserved)}))
        return
    out(
        credentials_text(found, now())
        if found
        else "No provider of the policy is read by quotaSource: api.\n"
    )
    for name in asked.unserved:
        out(f"{name}: there is no reader for this provider; use quotaSource self-tracked or manual\n")


def _row(name: str, survey: Survey) -> dict[str, Any]:
    return {
        "account": name,
        "reader": survey.provider,
        "missing": survey.missing,
        "looks": [
            {
                "where": look.where,
                "found": look.found,
                "note": look.note,
                "expiresAt": look.expires_at.isoformat() if look.expires_at else None,
            }
            for look in survey.looks
        ],
    }
