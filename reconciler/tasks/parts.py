"""The parts of a prompt that tells its work in steps: numbered ones, or sentences that begin with "then"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from reconciler.tasks.signals import Signals, signals_of


_READ_AT_MOST: Final = 100_000
_MOST: Final = 20
"""More steps than that are a list of things, not of work."""
_LINES: Final = re.compile(
    r"^([^\S\n]{0,20})(?:step|schritt|paso|passo|[eé]tape|第)?[^\S\n]{0,3}(\d{1,2})(?:[.):、]|步)(?=\s|\D)",
    re.IGNORECASE | re.MULTILINE,
)
_INLINE: Final = re.compile(r"(?<!\S)(\(?)(\d{1,2})\)(?=\s)")
_THEN: Final = re.compile(
    r"(?:(?<=[.!?;]\s)|(?<=\n)|(?<=[。；]))"
    r"(?:(?:then|next|after that|afterwards|finally|danach|dann|anschlie[sß]s?end|zuletzt|luego|despu[eé]s|"
    r"depois|em seguida|ensuite|puis|enfin)\b|然后|然後|接着|最后|最後|次に|その後)",
    re.IGNORECASE,
)
_PARAGRAPH: Final = re.compile(r"\n[^\S\n]{0,80}\n")


@dataclass(frozen=True, slots=True)
class Part:
    """The characters *begin* to *end* of a prompt, with what is kept of them; a *shared* one belongs to every step."""

    begin: int
    end: int
    signals: Signals
    shared: bool = False


def parts_of(text: str) -> tuple[Part, ...]:
    """Return the steps of a prompt in their order, with what stands before and after them; none where it has no two.

    Numbers must run from one, at one indentation. A text with a block of code is not taken apart.
    """
    if len(text) > _READ_AT_MOST or "```" in text:
        return ()
    lined = _numbered(_LINES, text)
    begins = lined or _numbered(_INLINE, text)
    lead = begins[0] if begins else 0
    begins = begins or [0, *(then.start() for then in _THEN.finditer(text))]
    if not 1 < len(begins) <= _MOST:
        return ()
    tail = _PARAGRAPH.search(text, begins[-1]) if lined else None
    end = tail.end() if tail else len(text)
    steps = zip(begins, [*begins[1:], end], strict=True)
    found = (
        _part(text, 0, lead, shared=True),
        *(_part(text, *step) for step in steps),
        _part(text, end, len(text), shared=True),
    )
    return tuple(part for part in found if part is not None)


def _numbered(pattern: re.Pattern[str], text: str) -> list[int]:
    """Return where the numbers one, two and so on begin, nothing where there are no two."""
    found: list[int] = []
    style = None
    for number in pattern.finditer(text):
        if int(number[2]) == len(found) + 1 and style in {None, number[1]}:
            style = number[1]
            found.append(number.start())
    return found if len(found) > 1 else []


def _part(text: str, begin: int, end: int, *, shared: bool = False) -> Part | None:
    part = text[begin:end]
    return Part(begin, end, signals_of(part), shared) if part.strip() else None
