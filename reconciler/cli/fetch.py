from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli.options import Json, Policies
from reconciler.cli.talk import out, tell
from reconciler.errors import Exit, UsageError


def command(
    provider: Annotated[str | None, typer.Argument(metavar="[PROVIDER]", help="Ask this one.")] = None,
    policy: Policies = None,
    *,
    all_of_them: Annotated[bool, typer.Option("--all", help="Ask every provider of the policy.")] = False,
    json: Json = False,
) -> int:
    """Ask providers for their quota now and show what came back.

    None is asked more often than its minimum interval, or sooner than it asked for. Exit code 1 means that an
    account could not be read.
    """
    from reconciler.cli.context import load_policy, now
    from reconciler.cli.quota import accounts_json, chosen, look, survey

    if (provider is None) != all_of_them:
        raise UsageError("name one provider, or say --all", hint="tactician fetch --all")
    loaded = load_policy(policy)
    names = [name for name, each in chosen(loaded, provider).items() if each.quota_source == "api"]
    if provider and not names:
        source = loaded.providers[provider].quota_source
        raise UsageError(
            f"{provider} is not read from the provider: its quotaSource is {source}",
            hint=f"set quotaSource: api, or say what is used: tactician set-usage {provider} 40%",
        )
    answered = survey(loaded, only=names, fetch=True)
    for held in answered.held:
        tell(f"{held.account} was not asked: it may be asked again from {held.until:%Y-%m-%d %H:%M} UTC")
    found = [each for each in answered.accounts if each.provider in names]
    if json:
        out(accounts_json(found, now()))
    else:
        from reconciler.render.status import status_text

        out(status_text(tuple(found), look(loaded)))
    return Exit.ERROR if any(each.error or not each.known for each in found) else Exit.OK
