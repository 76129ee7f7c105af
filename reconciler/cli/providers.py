from __future__ import annotations

from reconciler.cli.options import Json, Policies
from reconciler.cli.talk import out


def command(policy: Policies = None, *, json: Json = False) -> None:
    """List the providers of the policy: tier, priority, where their quota is known from, and whether that works.

    Nobody is asked: it shows what the last question found.
    """
    from reconciler.cli.context import load_policy, now
    from reconciler.cli.quota import accounts_json, survey

    found = survey(load_policy(policy), fetch=False).accounts
    if json:
        out(accounts_json(found, now()))
        return
    from reconciler.render.providers import providers_text

    out(providers_text(found))
