"""When a limit starts anew: pure calendar arithmetic in the zone of the schedule.

A local time that the clocks skip in spring happens when they have jumped; one that happens twice in autumn
counts the first time (PEP 495, `fold=0`). In a month without the day, the last day counts.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from reconciler.policy.document import Daily, Fixed, Monthly, Weekly


Calendar = Daily | Weekly | Monthly | Fixed
"""A schedule whose resets do not depend on use."""

TOLERANCE = timedelta(minutes=10)
"""Providers round the reset that they report; less apart than this is no disagreement."""
_AROUND = range(-8, 9)  # days on both sides of now that hold a weekly reset each
_MONTHS = range(-2, 3)


@dataclass(frozen=True, slots=True)
class Window:
    """The period that now lies in: *begin* ≤ now < *end*, in UTC; None where there is no such reset."""

    begin: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Agreed:
    """The window to count in, and in *disagreement* what the provider and the policy say differently."""

    window: Window
    disagreement: str | None = None


def window(schedule: Calendar, now: datetime) -> Window:
    """Return the period of *schedule* that holds *now*."""
    return _around(_candidates(schedule, now), now)


def agree(schedule: Calendar | None, reported: datetime | None, now: datetime) -> Agreed:
    """Let the reset that the provider *reported* win over the configured one, and say where they differ.

    A reported reset that has passed still tells the rhythm: it is moved on by whole periods of the schedule.
    """
    if schedule is None:
        return Agreed(Window(None, _utc(reported) if reported and reported > now else None))
    configured = window(schedule, now)
    if reported is None:
        return Agreed(configured)
    if isinstance(schedule, Fixed):
        return Agreed(*_fixed(configured, _utc(reported), now))
    anchored = _around(_repeated(schedule, reported, now), now)
    return Agreed(anchored, _difference(configured.end, anchored.end))


def _fixed(configured: Window, reported: datetime, now: datetime) -> tuple[Window, str | None]:
    if reported <= now:
        return configured, None
    return Window(configured.begin, reported), _difference(configured.end, reported)


def _difference(configured: datetime | None, reported: datetime | None) -> str | None:
    if configured and reported and abs(configured - reported) <= TOLERANCE:
        return None
    said = f"{reported:%Y-%m-%d %H:%M} UTC" if reported else "never"
    ours = f"{configured:%Y-%m-%d %H:%M} UTC" if configured else "never"
    return f"the provider resets at {said}, resetSchedule says {ours}; the provider is believed"


def _candidates(schedule: Calendar, now: datetime) -> Iterable[datetime]:
    zone = ZoneInfo(schedule.timezone)
    if isinstance(schedule, Fixed):
        return [_utc(datetime.fromisoformat(schedule.at).replace(tzinfo=zone))]
    today = now.astimezone(zone).date()
    if isinstance(schedule, Monthly):
        days = [_in_month(today, months, schedule.day_of_month) for months in _MONTHS]
    else:
        days = [today + timedelta(days=days) for days in _AROUND]
    if isinstance(schedule, Weekly):
        days = [day for day in days if day.isoweekday() % 7 == schedule.day_of_week]
    return [_utc(datetime(day.year, day.month, day.day, schedule.hour, tzinfo=zone)) for day in days]


def _repeated(schedule: Daily | Weekly | Monthly, anchor: datetime, now: datetime) -> Iterable[datetime]:
    """Repeat *anchor* by its local time of day, before and after *now*."""
    zone = ZoneInfo(schedule.timezone)
    local, today = anchor.astimezone(zone), now.astimezone(zone).date()
    if isinstance(schedule, Monthly):
        days = [_in_month(today, months, local.day) for months in _MONTHS]
    else:
        step = 7 if isinstance(schedule, Weekly) else 1
        passed = (today - local.date()).days // step * step
        days = [local.date() + timedelta(days=passed + step * turn) for turn in range(-2, 3)]
    return [_utc(datetime.combine(day, local.timetz().replace(fold=0))) for day in days]


def _in_month(day: date, months: int, wanted: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(wanted, monthrange(year, month)[1]))


def _around(resets: Iterable[datetime], now: datetime) -> Window:
    resets = list(resets)
    return Window(
        max((one for one in resets if one <= now), default=None),
        min((one for one in resets if one > now), default=None),
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
