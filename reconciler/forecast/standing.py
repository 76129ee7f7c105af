"""Where every window stands: what is left of it, until when, and what it is used for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from reconciler.facts.model import History, JobFacts, Reading
from reconciler.forecast.demand import DAY, Demand, demand
from reconciler.forecast.rolling import SESSION
from reconciler.forecast.scheduled import NO_KINDS, Scheduled, scheduled


_HOURS: Final = {"session": SESSION, "daily": 24, "weekly": 168, "monthly": 720, "quota": 168}
"""Lengths of the windows that every reader names alike; a month counts 30 days here."""
_UNITS: Final[Mapping[str, Literal["tokens", "requests", "usd"]]] = {
    "tokens": "tokens",
    "requests": "requests",
    "messages": "requests",
    "usd": "usd",
}
_MICRO: Final = 10**6
_SMALLEST: Final = 0.005  # used share below which no limit is learnt from it


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked: until when, and from which used shares on it is worth a word.

    *alerts* are the shares of budgets by provider; *zone* is the host's, for schedules that name none.
    """

    now: datetime
    horizon_hours: int
    warning: Decimal
    critical: Decimal
    alerts: Mapping[str, Decimal] = field(default_factory=dict)
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Use:
    """What one account is used for: by people and agents, and by jobs; *part* is its share of the provider's use."""

    history: History
    people: Demand | None
    jobs: Scheduled
    part: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a window stands: *hours* until it ends, the *used* share, and the *limit* in the unit of its history.

    *limit* is None where nobody tells it and nothing can be learnt of it, *use* where no use of it is known;
    *learnt* tells that the limit comes from used shares and our own count. *logins* share the provider's use.
    """

    reading: Reading
    hours: float
    resets_at: datetime | None
    used: Decimal | None
    use: Use | None = None
    limit: float | None = None
    learnt: bool = False
    logins: int = 1
    remarks: tuple[str, ...] = ()

    @property
    def rolling(self) -> bool:
        return rolling(self.reading)


@dataclass(frozen=True, slots=True)
class _Span:
    """How long a window lasts from now, and the used share in it."""

    hours: float
    resets_at: datetime | None
    used: Decimal | None
    remarks: tuple[str, ...]


def standings(
    readings: Sequence[Reading],
    histories: Sequence[History],
    jobs: Sequence[JobFacts],
    asked: Asked,
    *,
    kinds: Mapping[str, str] = NO_KINDS,
) -> Iterator[Standing]:
    """Yield where each window that was read stands; *kinds* are the kinds of the jobs' tasks by job."""
    accounts = {(each.provider, each.account) for each in readings}
    for reading in readings:
        logins = sum(provider == reading.provider for provider, _ in accounts)
        span = _span(reading, asked)
        use = _use(reading, histories, jobs, span, asked, kinds=kinds, part=1 / logins)
        limit, learnt = _limit(reading, span, use, asked.now) if use else (None, False)
        yield Standing(
            reading, span.hours, span.resets_at, span.used, use, limit, learnt, logins, span.remarks
        )


def _span(reading: Reading, asked: Asked) -> _Span:
    if rolling(reading):
        return _session(reading, asked)
    length = _HOURS.get(reading.window.rpartition(":")[2])
    used = reading.used_fraction
    resets_at, remarks = reading.resets_at, []
    if resets_at is not None and resets_at <= asked.now:
        remarks.append(f"its reset passed at {resets_at:%Y-%m-%d %H:%M} UTC; it is taken to have begun anew")
        used = Decimal(0) if used is not None else None
        if length is None:
            resets_at = None
        else:
            step = timedelta(hours=length)
            resets_at += ((asked.now - resets_at) // step + 1) * step
    if resets_at is None:
        ahead = length if length is not None and length <= asked.horizon_hours else asked.horizon_hours
        return _Span(float(ahead), None, used, (*remarks, f"the reset is unknown: told for {ahead} h"))
    return _Span((resets_at - asked.now).total_seconds() / 3600, resets_at, used, tuple(remarks))


def rolling(reading: Reading) -> bool:
    """Tell whether a window begins with the first use instead of by the clock."""
    return reading.window.rpartition(":")[2] == "session"


def _session(reading: Reading, asked: Asked) -> _Span:
    """Return where a session stands; one that is over begins anew with the next use, whenever that comes."""
    used, resets_at = reading.used_fraction, reading.resets_at
    if resets_at is not None and resets_at > asked.now:
        return _Span((resets_at - asked.now).total_seconds() / 3600, resets_at, used, ())
    if resets_at is None and used:
        return _Span(float(SESSION), None, used, (f"the reset is unknown: told for {SESSION} h",))
    anew = None if used is None else Decimal(0)
    return _Span(0.0, None, anew, ("no session is open: told for one that begins now",))


def _use(
    reading: Reading,
    histories: Sequence[History],
    jobs: Sequence[JobFacts],
    span: _Span,
    asked: Asked,
    *,
    kinds: Mapping[str, str],
    part: float,
) -> Use | None:
    told = unit_of(reading)
    mine = [each for each in histories if each.provider == reading.provider]
    if told is not None:
        mine = [each for each in mine if each.unit == told]
    if not mine:
        return None
    history = mine[0]
    people = demand([amount * part for amount in _wanted(history)])
    ahead = max(span.hours, SESSION) if rolling(reading) else span.hours
    coming = scheduled(history, jobs, asked.now, ahead, kinds=kinds, zone=asked.zone, part=part)
    return Use(history, people, coming, part)


def _wanted(history: History) -> list[int]:
    """Return the use by hour, where a limit was used up at least that of the day before: the demand was cut off."""
    found = list(history.hours)
    for position in history.blocked:
        if position >= DAY:
            found[position] = max(found[position], found[position - DAY])
    return found


def unit_of(reading: Reading) -> Literal["tokens", "requests", "usd"] | None:
    """Return the unit that histories count what this reading counts in, None where it tells only a share."""
    return _UNITS.get(reading.unit or "")


def told_limit(reading: Reading) -> float | None:
    """Return the limit that the reading tells, in the unit of histories, None where it tells none."""
    unit = unit_of(reading)
    if unit is None or not reading.limit:
        return None
    return float(reading.limit) * (_MICRO if unit == "usd" else 1)


def _limit(reading: Reading, span: _Span, use: Use, now: datetime) -> tuple[float | None, bool]:
    """Return the limit in the unit of the history, and whether it is learnt from used shares and our count."""
    if told := told_limit(reading):
        return told, False
    for each in use.history.limits:
        if (each.account, each.window) == (reading.account, reading.window) and each.limit > 0:
            return use.part * each.limit, True
    length = _HOURS.get(reading.window.rpartition(":")[2])
    used = reading.used_fraction
    if not used or used < _SMALLEST or length is None or span.resets_at is None or span.used != used:
        return None, False
    since = max(0.0, length - (span.resets_at - now).total_seconds() / 3600)
    counted = use.part * (_last(use.history.hours, since) + _last(use.history.job_hours, since))
    return (counted / float(used), True) if counted > 0 else (None, False)


def _last(hours: Sequence[int], count: float) -> float:
    """Return the sum of the last *count* hours, of which the first may be a part."""
    whole = int(count)
    part = hours[-whole - 1] * (count - whole) if len(hours) > whole else 0.0
    return sum(hours[len(hours) - whole :] if whole <= len(hours) else hours) + part
