"""When jobs run: every kind of schedule that has a clock, by the host's own rules. Pure.

The rules are those of OpenClaw 2026.3.22 and 2026.9.6: an interval goes on from the run that the host has set down
as the next, else from its anchor; a cron expression is shifted by a stagger that the job's id decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import islice, takewhile
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from reconciler.jsontypes import Json


DEFAULT_STAGGER_MS: Final = 300_000
"""What the host spreads expressions over that many jobs have at the top of an hour."""
MOST_RUNS: Final = 50_000
"""Runs of one job that are counted at most; a job that runs each minute for a month makes 44,640."""
_TOP_OF_HOUR = re.compile(r"^(?:0\s+)?0\s+\S*\*\S*\s")
_MS = timedelta(milliseconds=1)
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BACKOFF: Final = (timedelta(seconds=30), *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)))


@dataclass(frozen=True, slots=True)
class Past:
    """What the scheduler remembers of a job: its last and next run, and how many errors in a row it ended with."""

    last_run: datetime | None = None
    next_run: datetime | None = None
    errors: int = 0


def runs(
    job: str,
    schedule: Mapping[str, Json],
    begin: datetime,
    end: datetime,
    *,
    zone: str = "UTC",
    past: Past | None = None,
) -> Iterator[datetime]:
    """Yield when *job* runs after *begin* and until before *end*, in UTC, oldest first.

    *zone* is the host's own, for expressions without one. The next run that the host told is believed, and the
    schedule counted from there. Else a kind without a clock, and a schedule that the host would refuse, yield
    nothing, and after errors nothing runs before the back-off is over.
    """
    coming = _coming(job, schedule, begin, zone, past or Past())
    return islice(takewhile(lambda at: at < end, coming), MOST_RUNS)


def _coming(
    job: str, schedule: Mapping[str, Json], begin: datetime, zone: str, past: Past
) -> Iterator[datetime]:
    if past.next_run is not None and past.next_run > begin:
        yield past.next_run
        yield from _all(job, schedule, past.next_run, zone, past)
        return
    held = _held_until(past)
    for number, at in enumerate(_all(job, schedule, begin, zone, past)):
        if held is None or at >= held:
            yield at
        elif number == 0 and begin < held:
            yield held
            held += _MS


def _all(
    job: str, schedule: Mapping[str, Json], begin: datetime, zone: str, past: Past
) -> Iterator[datetime]:
    match schedule.get("kind"):
        case "cron":
            return _cron(job, schedule, begin, zone)
        case "every":
            return _every(schedule, begin, past.next_run)
        case "at":
            return _once(schedule, begin)
        case _:
            return iter(())


def _cron(job: str, schedule: Mapping[str, Json], begin: datetime, zone: str) -> Iterator[datetime]:
    expression = schedule.get("expr")
    named = schedule.get("tz") or zone
    if not isinstance(expression, str) or not isinstance(named, str):
        return
    shift = _offset(job, _stagger_ms(schedule, expression))
    try:
        zoned, last = ZoneInfo(named), begin
        for at in _by_the_clock(expression, (begin - shift).astimezone(zoned)):
            base = at.replace(tzinfo=zoned).astimezone(UTC)
            moment = base + shift
            if moment > last and base.astimezone(zoned).replace(tzinfo=None) == at:
                yield (last := moment)
    except (CronSimError, ZoneInfoNotFoundError, ValueError, OverflowError):
        return


def _by_the_clock(expression: str, local: datetime) -> Iterator[datetime]:
    """Yield the times that a clock on the wall shows.

    A time that they show twice is run the first time; one that they skip is left out by the caller, as the host
    has done since 2026.9 (early 2026 ran it after the jump). Where day of month and day of week are both given,
    either will do.
    """
    begin = local.replace(tzinfo=None) - timedelta(hours=2)
    day = begin.date()
    while times := _next_day(expression, day):
        yield from (at for at in times if at > begin)
        day = times[-1].date() + _DAY


@lru_cache(maxsize=4096)
def _next_day(expression: str, day: date) -> tuple[datetime, ...]:
    """Return the times of the first day from *day* on that has any; nothing where none ever comes.

    One plan asks for the same days for every window of every account, and the next plan again.
    """
    clock = CronSim(expression, datetime.combine(day, time()) - timedelta(seconds=1))
    clock.day_and = "*" in (clock.parts[3], clock.parts[5])
    first = next(clock, None)
    if first is None:
        return ()
    return first, *takewhile(lambda at: at.date() == first.date(), clock)


def _stagger_ms(schedule: Mapping[str, Json], expression: str) -> int:
    told = schedule.get("staggerMs")
    if isinstance(told, int):
        return max(0, told)
    return DEFAULT_STAGGER_MS if _TOP_OF_HOUR.match(f"{expression} ") else 0


def _offset(job: str, stagger_ms: int) -> timedelta:
    """Return the shift that the host computes from the job's id, the same at every run."""
    if stagger_ms <= 1:
        return timedelta(0)
    return int.from_bytes(sha256(job.encode()).digest()[:4]) % stagger_ms * _MS


def _every(schedule: Mapping[str, Json], begin: datetime, told: datetime | None) -> Iterator[datetime]:
    every, anchor = schedule.get("everyMs"), schedule.get("anchorMs")
    if not isinstance(every, int) or every < 1:
        return
    try:
        step = every * _MS
        base = told or (_EPOCH + anchor * _MS if isinstance(anchor, int) else begin)
        at = base if base > begin else base + ((begin - base) // step + 1) * step
        while True:
            yield at.astimezone(UTC)
            at += step
    except OverflowError:
        return


def _once(schedule: Mapping[str, Json], begin: datetime) -> Iterator[datetime]:
    told = schedule.get("at")
    if not isinstance(told, str):
        return
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    if at > begin:
        yield at


def _held_until(past: Past) -> datetime | None:
    if past.last_run is None or past.errors < 1:
        return None
    return past.last_run + _BACKOFF[min(past.errors, len(_BACKOFF)) - 1]
