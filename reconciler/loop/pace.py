"""How long to wait until the next look. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from reconciler.facts.model import Reading
from reconciler.policy.model import Policy


OFTEN: Final = timedelta(minutes=5)
"""Between two looks near a threshold; providers are asked no more often than they allow anyway."""
NEAR: Final = Decimal("0.1")


def pause(policy: Policy, readings: Iterable[Reading], interval: timedelta) -> timedelta:
    """Return the interval, or 5 minutes while a window is less than a tenth of its limit below a threshold."""
    near = any(_near(policy, each.used_fraction) for each in readings if each.used_fraction is not None)
    return min(interval, OFTEN) if near else interval


def wake_at(now: datetime, pause: timedelta, retry_at: datetime | None) -> datetime:
    """Return when to look again, not before a back-off ends."""
    return max(now + pause, retry_at or now)


def _near(policy: Policy, used: Decimal) -> bool:
    return any(
        threshold - NEAR <= used < threshold
        for threshold in (policy.warning_threshold, policy.critical_threshold)
    )
