from __future__ import annotations

import textwrap

from reconciler.text import printable


WIDTH = 80
"""Columns of every text for a terminal."""
_LONGEST = 1000


def wrapped(text: str, first: str, rest: str | None = None, *, at_most: int = _LONGEST) -> list[str]:
    """Break a text of whatever origin into lines; it cannot move the cursor or go on for ever.

    *first* stands before the first line, *rest* before the others; without it they begin below the text.
    A word that is longer than a line stays whole, so that it can be copied.
    """
    return textwrap.wrap(
        printable(text, at_most=at_most),
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first) if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
