from __future__ import annotations

from reconciler.cli.options import Policies
from reconciler.cli.talk import out
from reconciler.errors import Exit


def command(policy: Policies = None) -> int:
    """Check everything that plan and apply need, and say what to do about what is missing."""
    from reconciler.cli.checks import checks
    from reconciler.render.lines import wrapped

    failed = False
    for check in checks(policy):
        _out(wrapped(check.detail, f"{check.mark:<5} {check.name:<10} "))
        if check.hint:
            _out(wrapped(check.hint, f"{'':<17}→ ", " " * 17))
        failed = failed or check.mark == "fail"
    return Exit.ERROR if failed else Exit.OK


def _out(lines: list[str]) -> None:
    out("\n".join(lines) + "\n")
