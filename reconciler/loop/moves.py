"""What the records tell of the moves of slots. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from reconciler.ledger.record import Record


FLAPPING: Final = timedelta(days=7)
"""How far back moves to and fro are looked for, and how long the hold of a slot that makes them lasts."""
_REVERSALS: Final = 2
_WRITTEN: Final = frozenset({"done", "unknown"})
_INHERITED: Final = " (inherited)"


class Move(NamedTuple):
    """A slot went from one choice to another; *auto* where no person gave the command."""

    address: str
    at: datetime
    before: str
    after: str
    auto: bool


def moves(records: Iterable[Record], host: str) -> tuple[Move, ...]:
    """Return every move of a slot of *host* that was, or may have been, written; oldest first."""
    ours = sorted((one for one in records if one.host.id == host), key=lambda one: one.created_at)
    return tuple(
        Move(
            slot.address,
            record.created_at,
            slot.before.removesuffix(_INHERITED),
            slot.after.removesuffix(_INHERITED),
            record.trigger is not None,
        )
        for record in ours
        for touched in [frozenset(written(record))]
        for slot in record.slots
        if slot.address in touched
    )


def moved(records: Iterable[Record], host: str) -> dict[str, datetime]:
    """Return when each slot of *host* was last changed by us."""
    return {move.address: move.at for move in moves(records, host)}


def managed(records: Iterable[Record], host: str) -> frozenset[str]:
    """Return the slots that are ours to manage: those that an applied plan named."""
    return frozenset(
        address
        for record in records
        if record.host.id == host and record.action == "apply" and record.wrote
        for address in record.addresses
    )


def spent(made: Iterable[Move], now: datetime) -> int:
    """Count the changes that auto mode made in the last 24 hours."""
    return sum(move.auto and now - move.at < timedelta(days=1) for move in made)


def flapping(made: Iterable[Move], now: datetime) -> Iterator[str]:
    """Yield the slots that auto mode twice brought back, within a week, to a choice that they had left."""
    recent: dict[str, list[Move]] = {}
    for move in made:
        if move.auto and now - move.at < FLAPPING:
            recent.setdefault(move.address, []).append(move)
    for address, own in recent.items():
        left = [
            any(earlier.before == move.after for earlier in own[:number]) for number, move in enumerate(own)
        ]
        if sum(left) >= _REVERSALS:
            yield address


def written(record: Record) -> Iterator[str]:
    """Yield the addresses of what was written; a slot of `openclaw.json` fares as its files do."""
    if any(file.outcome in _WRITTEN for file in record.files):
        yield from (address for address in record.addresses if not address.startswith("job/"))
    yield from (job.address for job in record.jobs if job.outcome in _WRITTEN)
