from __future__ import annotations

from reconciler.cli.options import Policies
from reconciler.cli.talk import out
from reconciler.errors import Exit
from reconciler.text import printable


_LONGEST = 1000


def command(policy: Policies = None) -> int:
    """Check everything that plan and apply need, and say what to do about what is missing."""
    from reconciler.cli.checks import checks

    failed = False
    for check in checks(policy):
        out(_lines(check.detail, f"{check.mark:<5} {check.name:<10} "))
        if check.hint:
            out(_lines(check.hint, f"{'':<17}→ "))
        failed = failed or check.mark == "fail"
    return Exit.ERROR if failed else Exit.OK


def _lines(text: str, first: str) -> str:
    """Break a text of whatever origin into lines of 80 columns below its label."""
    import textwrap

    lines = textwrap.wrap(
        printable(text, at_most=_LONGEST),
        80,
        initial_indent=first,
        subsequent_indent=" " * 17,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return "\n".join(lines) + "\n"
