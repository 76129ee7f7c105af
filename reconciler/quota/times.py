from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from reconciler.jsontypes import Json
from reconciler.quota.numbers import number


_MILLISECONDS_FROM = Decimal(10) ** 11  # as seconds this is the year 5138
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(value: Json | Decimal) -> datetime | None:
    """Read a time: epoch seconds or milliseconds, ISO 8601 with any number of digits, or a bare date.

    Returns UTC in whole seconds; None for what cannot be read and for the epoch and before, which are fillers.
    """
    seconds = number(value)
    found = _of_epoch(seconds) if seconds is not None else _of_text(value)
    return found if found is not None and found > _EPOCH else None


def _of_epoch(seconds: Decimal) -> datetime | None:
    if seconds >= _MILLISECONDS_FROM:
        seconds /= 1000
    try:
        return _EPOCH + timedelta(seconds=int(seconds.to_integral_value()))
    except OverflowError:
        return None


def _of_text(value: Json | Decimal) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        found = found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
        return (found + timedelta(microseconds=500_000)).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def month_start(now: datetime) -> datetime:
    """Return the first instant of the month of *now*, in UTC."""
    return day_start(now).replace(day=1)


def day_start(now: datetime) -> datetime:
    """Return the first instant of the day of *now*, in UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def iso(when: datetime) -> str:
    """Write a time as `2026-09-01T00:00:00Z`."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
