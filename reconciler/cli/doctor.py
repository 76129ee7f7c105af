from __future__ import annotations

from reconciler.cli.options import Policies
from reconciler.cli.talk import out
from reconciler.errors import Exit


def command(policy: Policies = None) -> int:
    """Check everything that plan and apply need, and say what to do about what is missing."""
    from reconciler.cli.checks import checks

    failed = False
    for check in checks(policy):
        out(f"{check.mark:<5} {check.name:<10} {check.detail}\n")
        if check.hint:
            out(f"{'':<16} → {check.hint}\n")
        failed = failed or check.mark == "fail"
    return Exit.ERROR if failed else Exit.OK
