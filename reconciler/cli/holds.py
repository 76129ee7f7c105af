"""What the commands about holds have in common."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from reconciler.cli.context import now, state
from reconciler.errors import UsageError
from reconciler.text import printable


if TYPE_CHECKING:
    from reconciler.facts.model import HeldSlot
    from reconciler.ledger.holds import Hold
    from reconciler.openclaw.host import Snapshot


def known_slot(snapshot: Snapshot, address: str) -> str:
    """Return the address of a slot that the host has.

    Raises:
        UsageError: it has none there.
    """
    from reconciler.openclaw.choices import slots

    found = [slot.address for slot in slots(snapshot.source.value, snapshot.jobs.jobs, snapshot.capabilities)]
    if address not in found:
        near = get_close_matches(address, found, n=3)
        hint = (
            f"did you mean {' or '.join(map(printable, near))}?"
            if near
            else "tactician analyze lists the slots"
        )
        raise UsageError(f"the host has no slot {printable(address)}", hint=hint)
    return address


def held_slots(host: str) -> tuple[HeldSlot, ...]:
    """Return the slots of a host that are on hold now."""
    from reconciler.ledger.holds import standing
    from reconciler.ledger.store import opened

    with opened(state(), create=False) as ledger:
        found = standing(ledger, host, now()) if ledger else ()
    return tuple(map(held, found))


def held(hold: Hold) -> HeldSlot:
    """Return what facts keep of a hold."""
    from reconciler.facts.model import HeldSlot

    return HeldSlot(address=hold.address, reason=hold.reason, until=hold.until)


def shown(hold: HeldSlot) -> str:
    """Return a hold in one line."""
    return printable(f"{hold.address}: {hold.text}", at_most=400)
