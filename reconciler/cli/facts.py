from __future__ import annotations

from reconciler.cli.context import facts_from, write_out
from reconciler.cli.options import NoFetch, Out, Policies
from reconciler.cli.talk import out, tell


def command(policy: Policies = None, out_file: Out = None, *, no_fetch: NoFetch = False) -> None:
    """Read the host, and the quotas and local servers of the policy, and print the facts that plans rest on.

    No secret and no prompt is among them. Without a policy no quota and no local server is looked at.
    """
    from reconciler.canonical import pretty
    from reconciler.cli.quota import policy_or_none

    facts = facts_from(None, policy_or_none(policy), fetch=not no_fetch)
    text = pretty(facts.dump(), in_order=True)  # the host's first model is one of its defaults
    if out_file is None:
        out(text)
    else:
        write_out(out_file, text)
        tell(f"wrote {out_file}: {len(facts.host.jobs)} jobs, read from {facts.host.jobs_from}")
    for problem in facts.problems:
        tell(f"warning: {problem}")
