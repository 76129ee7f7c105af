"""Which slots an integer program looks at where all of them are too many. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate, zip_longest
from typing import Final

from reconciler.solve.certificate import Certificate
from reconciler.solve.core import Core


_TIE: Final = 1e-9


def contested(core: Core, certificate: Certificate, parted: Sequence[int], most: int) -> list[int]:
    """Return open slots of no more options in all than *most*: all, or the undecided ones of each size alike.

    Large slots decide much, small ones fill what they leave, so an answer near the bound needs both.
    """
    groups: dict[tuple[int, bool], list[tuple[float, int]]] = defaultdict(list)
    for slot in core.open_slots():
        near = certificate.near(slot)
        groups[certificate.priced[slot].bit_length(), near < _TIE].append((near, slot))
    turns = zip_longest(*(sorted(groups[size]) for size in sorted(groups, reverse=True)))
    slots = list(dict.fromkeys([*parted, *(one[1] for turn in turns for one in turn if one)]))
    slots = [slot for slot in slots if len(core.kept[slot]) > 1]
    counts = accumulate(len(core.kept[slot]) for slot in slots)
    return [slot for slot, count in zip(slots, counts, strict=True) if count <= most]
