"""When a window passes a threshold, told once for each time that it does. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from reconciler.facts.model import Reading
from reconciler.ledger.alarms import Level, Raised, Which
from reconciler.ledger.reconciliation import Alarm
from reconciler.policy.model import Policy


HYSTERESIS: Final = Decimal("0.05")
"""A use has to fall so far below a threshold before passing it again is news: readings are rounded, and waver."""
_RANK: Final[Mapping[str, int]] = {"warning": 1, "critical": 2}


class Crossings(NamedTuple):
    """What is to be told now, and what is to be remembered."""

    alarms: tuple[Alarm, ...]
    raised: tuple[Raised, ...]


def crossings(
    policy: Policy, readings: Iterable[Reading], raised: Iterable[Raised], now: datetime
) -> Crossings:
    """Compare *readings* with what was *raised* already.

    A window that started anew, or fell by the hysteresis below the threshold, may be told again. One that nobody
    knows of now stays as it was.
    """
    known = {each.which: each for each in raised}
    told: list[Alarm] = []
    for reading in readings:
        which = Which(reading.provider, reading.account, reading.window)
        if reading.used_fraction is None:
            continue
        before = _still(policy, reading, known.pop(which, None))
        level = level_of(policy, reading, reading.used_fraction)
        if level and (before is None or _RANK[level] > _RANK[before.level]):
            told.append(_alarm(reading, level, reading.used_fraction))
            before = Raised(which, level, now)
        if before:
            known[which] = Raised(which, before.level, before.raised_at, reading.resets_at)
    return Crossings(tuple(told), tuple(known.values()))


def level_of(policy: Policy, reading: Reading, used: Decimal) -> Level | None:
    """Return the threshold that *used* has passed, of the policy or of a budget of its own."""
    if used >= policy.critical_threshold:
        return "critical"
    return "warning" if used >= _warning(policy, reading) else None


def _still(policy: Policy, reading: Reading, before: Raised | None) -> Raised | None:
    """Return what counts of an earlier alarm: a lower level, or nothing, once the use fell far enough."""
    if before is None or (before.resets_at and reading.taken_at >= before.resets_at):
        return None
    assert reading.used_fraction is not None
    level = level_of(policy, reading, reading.used_fraction + HYSTERESIS)
    if level is None:
        return None
    lower = min(level, before.level, key=_RANK.__getitem__)
    return Raised(before.which, lower, before.raised_at, before.resets_at)


def _warning(policy: Policy, reading: Reading) -> Decimal:
    provider = policy.providers.get(reading.provider)
    budget = provider.budget if provider and reading.unit == "usd" else None
    return budget.alert_threshold if budget else policy.warning_threshold


def _alarm(reading: Reading, level: Level, used: Decimal) -> Alarm:
    return Alarm(
        provider=reading.provider,
        account=reading.account,
        window=reading.window,
        level=level,
        used_fraction=used,
        resets_at=reading.resets_at,
    )
