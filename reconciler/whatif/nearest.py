from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from reconciler.text import printable


_SHOWN = 12


def meant(word: str, words: Iterable[str], what: str) -> str:
    """Name the one of *words* that is nearest to a wrong one, else those that there are."""
    there = sorted(set(words))
    if near := get_close_matches(word, there, n=1, cutoff=0.6):
        return f"did you mean {printable(near[0])}?"
    if not there:
        return f"there are no {what}"
    more = f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
    return f"the {what} are: {', '.join(map(printable, there[:_SHOWN]))}{more}"
