from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.context import facts_from, load_policy, policy_files, write_out
from reconciler.cli.options import Out
from reconciler.cli.talk import out, tell
from reconciler.errors import ReconcilerError


if TYPE_CHECKING:
    from reconciler.policy.model import Policy


def command(out_file: Out = None) -> None:
    """Read the host and print the facts that plans rest on; no secret and no prompt is among them."""
    from reconciler.canonical import pretty

    facts = facts_from(None, _policy())
    text = pretty(facts.dump())
    if out_file is None:
        out(text)
    else:
        write_out(out_file, text)
        tell(f"wrote {out_file}: {len(facts.host.jobs)} jobs, read from {facts.host.jobs_from}")
    for problem in facts.problems:
        tell(f"warning: {problem}")


def _policy() -> Policy | None:
    """Return the policy whose local servers are facts, too; facts can be recorded without one."""
    try:
        policy_files(None)
    except ReconcilerError:
        return None
    return load_policy(None)
