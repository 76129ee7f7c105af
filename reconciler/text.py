from __future__ import annotations

import unicodedata


_SHOWN_AT_MOST = 120


def printable(text: str, *, at_most: int = _SHOWN_AT_MOST) -> str:
    """Return *text* safe for a terminal: control, bidirectional and other invisible characters escaped, cut."""
    shown = "".join(character if _visible(character) else _escaped(character) for character in text)
    return shown if len(shown) <= at_most else shown[: at_most - 1] + "…"


def _visible(character: str) -> bool:
    return character == " " or unicodedata.category(character)[0] not in "CZ"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
