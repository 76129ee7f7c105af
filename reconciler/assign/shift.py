"""A job's schedule moved in time by a fixed amount, by the clock on the wall. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reconciler.jsontypes import Json


_HOUR: Final = timedelta(hours=1)
_MS: Final = timedelta(milliseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS: Final = {
    name: str(number) for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))
}
_MINUTES: Final = 24 * 60
_ANY_DAY: Final = frozenset({"*", "?"})
_YEAR: Final = date(2027, 1, 1)
"""The first day of the year whose changes of the clocks are looked at; zones seldom get other rules."""


def offsets(flexible: timedelta) -> tuple[timedelta, ...]:
    """Return the amounts to try within *flexible*: whole hours, the smaller first, later before earlier.

    What is less than an hour is tried as it is.
    """
    if timedelta(0) < flexible < _HOUR:
        return (flexible, -flexible)
    steps = range(1, flexible // _HOUR + 1)
    return tuple(chain.from_iterable((hours * _HOUR, -hours * _HOUR) for hours in steps))


def shifted(
    schedule: Mapping[str, Json], by: timedelta, *, zone: str, next_run: datetime | None = None
) -> dict[str, Json] | None:
    """Return the schedule with every run moved by *by*; None where it has no such form.

    A cron expression needs fixed minutes and hours; over midnight its days of the week go with it, its days of the
    month cannot. *zone* is the host's own, for expressions without one; a time that its clocks skip in spring is
    none to move to. An interval goes on from *next_run*, by the host's count, moved; without one from its anchor.
    """
    match schedule.get("kind"):
        case "cron":
            return _cron(schedule, by, zone)
        case "every":
            return _every(schedule, by, next_run)
        case "at":
            return _once(schedule, by)
        case _:
            return None


def _cron(schedule: Mapping[str, Json], by: timedelta, zone: str) -> dict[str, Json] | None:
    expression, named = schedule.get("expr"), schedule.get("tz") or zone
    fields = str(expression).split()
    if len(fields) not in {5, 6} or by % timedelta(minutes=1) or not isinstance(named, str):
        return None
    *seconds, minute, hours, day, month, weekday = fields
    times = [(int(hour), int(minute)) for hour in hours.split(",") if hour.isdigit() and minute.isdigit()]
    if len(times) != hours.count(",") + 1 or not all(_of_a_day(*time) for time in times):
        return None
    moved = [divmod(hour * 60 + at + by // timedelta(minutes=1), _MINUTES) for hour, at in times]
    days = {days for days, _ in moved}
    weekdays = _weekdays(day, month, weekday, days)
    if weekdays is None or any(_skipped(named, *divmod(minutes, 60)) for _, minutes in moved):
        return None
    then = sorted({minutes // 60 for _, minutes in moved})
    expr = [*seconds, str(moved[0][1] % 60), ",".join(map(str, then)), day, month, weekdays]
    return {**schedule, "expr": " ".join(expr)}


def _of_a_day(hour: int, minute: int) -> bool:
    return hour < 24 and minute < 60  # noqa: PLR2004  a clock


def _weekdays(day: str, month: str, weekday: str, days: set[int]) -> str | None:
    """Return the field of the weekdays once the runs are moved by so many *days*, None where no field says it."""
    if days == {0}:
        return weekday
    if day not in _ANY_DAY or month != "*":
        return None
    if weekday in _ANY_DAY:
        return weekday
    listed = _listed(weekday)
    if listed is None or len(days) > 1:
        return None
    return ",".join(str(number) for number in sorted({(each + min(days)) % 7 for each in listed}))


def _listed(weekday: str) -> list[int] | None:
    """Return the days that a list of days and ranges names; Sunday is 0 and 7."""
    found: list[int] = []
    for part in weekday.upper().split(","):
        named = re.sub("[A-Z]{3}", lambda name: _DAYS.get(name[0], name[0]), part)
        bounds = re.fullmatch(r"([0-7])(?:-([0-7]))?", named)
        if bounds is None:
            return None
        first, last = int(bounds[1]), int(bounds[2] or bounds[1])
        if last < first:
            return None
        found += [number % 7 for number in range(first, last + 1)]
    return found


@lru_cache(maxsize=4096)
def _skipped(zone: str, hour: int, minute: int) -> bool:
    """Tell whether the clocks of the zone skip this time on some day of a year; those of an unknown one may."""
    try:
        zoned = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return True
    for day in range(366):
        local = datetime.combine(_YEAR, datetime.min.time()) + timedelta(days=day, hours=hour, minutes=minute)
        if local.replace(tzinfo=zoned).astimezone(UTC).astimezone(zoned).replace(tzinfo=None) != local:
            return True
    return False


def _every(schedule: Mapping[str, Json], by: timedelta, next_run: datetime | None) -> dict[str, Json] | None:
    every, anchor = schedule.get("everyMs"), schedule.get("anchorMs")
    if not isinstance(every, int) or every < 1 or not by % (every * _MS):
        return None
    if next_run is not None:
        anchor = (next_run - _EPOCH) // _MS
    return {**schedule, "anchorMs": anchor + by // _MS} if isinstance(anchor, int) else None


def _once(schedule: Mapping[str, Json], by: timedelta) -> dict[str, Json] | None:
    try:
        at = datetime.fromisoformat(str(schedule.get("at")))
        moved = (at.replace(tzinfo=UTC) if at.tzinfo is None else at) + by
    except (ValueError, OverflowError):
        return None
    return {**schedule, "at": moved.isoformat().replace("+00:00", "Z")}
