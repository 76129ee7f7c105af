from __future__ import annotations

from reconciler.cli.context import facts_from, write_out
from reconciler.cli.options import Out
from reconciler.cli.talk import out, tell


def command(out_file: Out = None) -> None:
    """Read the host and print the facts that plans rest on; no secret and no prompt is among them."""
    from reconciler.canonical import pretty

    facts = facts_from(None)
    text = pretty(facts.dump(), in_order=True)  # the host's first model is one of its defaults
    if out_file is None:
        out(text)
    else:
        write_out(out_file, text)
        tell(f"wrote {out_file}: {len(facts.host.jobs)} jobs, read from {facts.host.jobs_from}")
    for problem in facts.problems:
        tell(f"warning: {problem}")
