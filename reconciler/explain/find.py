from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from reconciler.assign.subject import Subject
from reconciler.errors import UsageError
from reconciler.text import printable


_SHOWN = 5


def find(subjects: Sequence[Subject], named: str) -> Subject:
    """Return the slot of this address or name, or the only one whose address or name begins so.

    Raises:
        UsageError: there is none, or there are several.
    """
    for fitting in (_exact, _beginning):
        found = [subject for subject in subjects if fitting(subject, named)]
        if len(found) == 1:
            return found[0]
        if found:
            raise _several(found, named)
    names = {name: subject.slot.address for subject in subjects for name in _names(subject)}
    near = dict.fromkeys(names[name] for name in get_close_matches(named, names, n=3))
    hint = (
        f"did you mean {' or '.join(map(printable, near))}?" if near else "tactician analyze lists the slots"
    )
    raise UsageError(f"the host has no slot {printable(named)!r}", hint=hint)


def _names(subject: Subject) -> tuple[str, str]:
    return subject.slot.address, subject.title


def _exact(subject: Subject, named: str) -> bool:
    return named in _names(subject)


def _beginning(subject: Subject, named: str) -> bool:
    return any(name.lower().startswith(named.lower()) for name in _names(subject))


def _several(found: Sequence[Subject], named: str) -> UsageError:
    shown = ", ".join(printable(subject.slot.address) for subject in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return UsageError(f"{printable(named)!r} could be {len(found)} slots", hint=f"name one: {shown}{more}")
