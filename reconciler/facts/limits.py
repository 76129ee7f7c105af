"""Limits that no provider tells, learnt from pairs of readings and the use that was counted between them."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from reconciler.facts.model import LearntLimit
from reconciler.ledger import usage
from reconciler.ledger.readings import GOOD, StoredReading
from reconciler.ledger.usage import Tally


_LEAST: Final = Decimal("0.05")
"""Share of a limit that pairs must span together: most providers round to whole percents."""
_ENOUGH: Final = Decimal("0.5")
"""Share after which older pairs count no more, so that a limit that was changed is soon known."""
_JITTER: Final = timedelta(minutes=10)
"""By so much providers tell the reset of one window differently."""
Key = tuple[str, str]
"""Account and window."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two readings of one window between which only its use changed: the share gained, and what was counted."""

    gained: Decimal
    counted: Tally


def counted_pairs(
    ledger: sqlite3.Connection, readings: Iterable[StoredReading]
) -> Mapping[str, Mapping[Key, Sequence[Pair]]]:
    """Return by provider, account and window the pairs that tell its limit, the newest first."""
    series: dict[tuple[str, str, str], list[StoredReading]] = defaultdict(list)
    for reading in readings:
        if reading.state == GOOD and reading.used_fraction is not None and reading.limit is None:
            series[reading.provider, reading.account, reading.window].append(reading)
    found: dict[str, dict[Key, Sequence[Pair]]] = defaultdict(dict)
    for (provider, account, window), told in series.items():
        found[provider][account, window] = tuple(_pairs(ledger, provider, told))
    return found


def learnt(pairs: Mapping[Key, Sequence[Pair]], amount: Callable[[Tally], int]) -> Iterator[LearntLimit]:
    """Yield the limits that the pairs tell, in the unit of *amount*."""
    for (account, window), each in sorted(pairs.items()):
        gained = sum((pair.gained for pair in each), Decimal(0))
        counted = sum(amount(pair.counted) for pair in each)
        if gained >= _LEAST and counted > 0:
            yield LearntLimit(account=account, window=window, limit=int(counted / gained))


def _pairs(ledger: sqlite3.Connection, provider: str, told: Iterable[StoredReading]) -> Iterator[Pair]:
    gained = Decimal(0)
    for first, last in reversed(list(stretches(told))):
        if first.used_fraction is None or last.used_fraction is None:
            continue
        more = last.used_fraction - first.used_fraction
        if more <= 0:
            continue
        yield Pair(more, usage.total(ledger, first.taken_at, last.taken_at, provider=provider))
        gained += more
        if gained >= _ENOUGH:
            return


def stretches(told: Iterable[StoredReading]) -> Iterator[tuple[StoredReading, StoredReading]]:
    """Yield the first and last reading of each stretch in which the window went on and its limit stayed.

    A share that falls without a reset is a limit that was raised. What is used up tells nothing more.
    """
    first: StoredReading | None = None
    last: StoredReading | None = None
    for reading in sorted(told, key=lambda each: each.taken_at):
        if first is not None and last is not None and _goes_on(last, reading):
            last = reading
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = reading
    if first is not None and last is not None:
        yield first, last


def _goes_on(before: StoredReading, after: StoredReading) -> bool:
    if before.used_fraction is None or after.used_fraction is None:
        return False
    if not before.used_fraction <= after.used_fraction < 1:
        return False
    if before.resets_at is None or after.resets_at is None:
        return before.resets_at is after.resets_at
    return after.taken_at < before.resets_at and abs(after.resets_at - before.resets_at) <= _JITTER
