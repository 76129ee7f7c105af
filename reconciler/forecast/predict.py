"""From facts to what becomes of every window: the same for `predict`, `status` and plans. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from reconciler.facts.model import History, JobFacts, Reading
from reconciler.forecast.demand import DAY, Demand, demand
from reconciler.forecast.drivers import drivers
from reconciler.forecast.prediction import Level, Prediction, Range, Step, Times, WindowForecast
from reconciler.forecast.rolling import NO_SKILL, SESSION, of_session
from reconciler.forecast.scheduled import NO_KINDS, Scheduled, scheduled
from reconciler.forecast.window import Outlook, outlook


_HOURS: Final = {"session": SESSION, "daily": 24, "weekly": 168, "monthly": 720, "quota": 168}
"""Lengths of the windows that every reader names alike; a month counts 30 days here."""
_UNITS: Final[Mapping[str, Literal["tokens", "requests", "usd"]]] = {
    "tokens": "tokens",
    "requests": "requests",
    "messages": "requests",
    "usd": "usd",
}
_MICRO: Final = 10**6
_UNSURE: Final = (0.3, 0.7)
_PLACES: Final = Decimal("0.0001")
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
class _Use:
    """What one account is used for: by people and agents, and by jobs."""

    history: History
    people: Demand | None
    jobs: Scheduled
    part: float


@dataclass(frozen=True, slots=True)
class _State:
    """Where a window stands: hours until it ends, and the used share in it."""

    hours: float
    resets_at: datetime | None
    used: Decimal | None
    remarks: tuple[str, ...]


def predict(
    readings: Sequence[Reading],
    histories: Sequence[History],
    jobs: Sequence[JobFacts],
    asked: Asked,
    *,
    kinds: Mapping[str, str] = NO_KINDS,
) -> Prediction:
    """Tell what becomes of every window that was read; *kinds* are the kinds of the jobs' tasks by job."""
    accounts = {(each.provider, each.account) for each in readings}
    found = []
    for reading in readings:
        logins = sum(provider == reading.provider for provider, _ in accounts)
        state = _state(reading, asked)
        use = _use(reading, histories, jobs, state, asked, kinds=kinds, part=1 / logins)
        forecast = _window(reading, state, use, asked)
        if logins > 1 and use:
            remark = f"use of {reading.provider} is taken to spread evenly over its {logins} accounts"
            forecast = forecast.model_copy(update={"remarks": (*forecast.remarks, remark)})
        found.append(forecast)
    return Prediction(
        taken_at=asked.now.replace(microsecond=0), horizon_hours=asked.horizon_hours, windows=tuple(found)
    )


def _state(reading: Reading, asked: Asked) -> _State:
    if _rolling(reading):
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
        return _State(float(ahead), None, used, (*remarks, f"the reset is unknown: told for {ahead} h"))
    return _State((resets_at - asked.now).total_seconds() / 3600, resets_at, used, tuple(remarks))


def _rolling(reading: Reading) -> bool:
    """Tell whether a window begins with the first use instead of by the clock."""
    return reading.window.rpartition(":")[2] == "session"


def _session(reading: Reading, asked: Asked) -> _State:
    """Return where a session stands; one that is over begins anew with the next use, whenever that comes."""
    used, resets_at = reading.used_fraction, reading.resets_at
    if resets_at is not None and resets_at > asked.now:
        return _State((resets_at - asked.now).total_seconds() / 3600, resets_at, used, ())
    if resets_at is None and used:
        return _State(float(SESSION), None, used, (f"the reset is unknown: told for {SESSION} h",))
    anew = None if used is None else Decimal(0)
    return _State(0.0, None, anew, ("no session is open: told for one that begins now",))


def _use(
    reading: Reading,
    histories: Sequence[History],
    jobs: Sequence[JobFacts],
    state: _State,
    asked: Asked,
    *,
    kinds: Mapping[str, str],
    part: float,
) -> _Use | None:
    told = _UNITS.get(reading.unit or "")
    mine = [each for each in histories if each.provider == reading.provider]
    if told is not None:
        mine = [each for each in mine if each.unit == told]
    if not mine:
        return None
    history = mine[0]
    people = demand([amount * part for amount in _wanted(history)])
    ahead = max(state.hours, SESSION) if _rolling(reading) else state.hours
    coming = scheduled(history, jobs, asked.now, ahead, kinds=kinds, zone=asked.zone, part=part)
    return _Use(history, people, coming, part)


def _wanted(history: History) -> list[int]:
    """Return the use by hour, where a limit was used up at least that of the day before: the demand was cut off."""
    found = list(history.hours)
    for position in history.blocked:
        if position >= DAY:
            found[position] = max(found[position], found[position - DAY])
    return found


def _window(reading: Reading, state: _State, use: _Use | None, asked: Asked) -> WindowForecast:
    bare = WindowForecast(
        provider=reading.provider,
        account=reading.account,
        window=reading.window,
        basis="unknown",
        level=_level(reading, state.used, None, asked),
        used_fraction=state.used,
        resets_at=state.resets_at,
        remarks=state.remarks,
        unit=use.history.unit if use else None,
        coverage=use.history.coverage if use else None,
        per_day=_per_day(use) if use else None,
    )
    if state.used is not None and state.used >= 1:
        return bare.model_copy(
            update={"basis": "exhausted", "chance_by_reset": Decimal(1), "chance_by_horizon": Decimal(1)}
        )
    if use is None:
        return _remarked(bare, "no use of it is in the ledger, so nothing can be foretold")
    limit, learnt = _limit(reading, state, use, asked.now)
    if limit is None or state.used is None:
        return _remarked(
            bare.model_copy(update={"basis": "rate-only"}), "its limit is unknown: no share, a rate"
        )
    used = float(state.used) * limit
    told = _outlook(reading, state, use, used=used, limit=limit, horizon=float(asked.horizon_hours))
    found = _told(bare, told, limit, asked, reading)
    hours = state.hours or float(SESSION)
    leading, without = drivers(use.people, use.jobs, limit=limit, used=used, hours=hours)
    found = found.model_copy(
        update={
            "limit": _decimal(limit),
            "limit_learnt": learnt,
            "basis": "history" if use.people else "schedule-only",
            "drivers": leading,
            "without_them": without,
        }
    )
    if use.people is None:
        return _remarked(found, "no day of use by people and agents yet: scheduled runs alone are counted")
    return found


def _outlook(
    reading: Reading, state: _State, use: _Use, *, used: float, limit: float, horizon: float
) -> Outlook:
    if _rolling(reading):
        return of_session(use.people, use.jobs, used=used, limit=limit, open_for=state.hours, horizon=horizon)
    return outlook(use.people, use.jobs, used=used, limit=limit, hours=state.hours, horizon=horizon)


def _unsure(reading: Reading, told: Outlook) -> bool:
    (low, high), chance = (NO_SKILL, told.by_horizon) if _rolling(reading) else (_UNSURE, told.by_end)
    return low < chance < high


def _limit(reading: Reading, state: _State, use: _Use, now: datetime) -> tuple[float | None, bool]:
    """Return the limit in the unit of the history, and whether it is learnt from used shares and our count."""
    scale = _MICRO if use.history.unit == "usd" else 1
    if reading.limit and reading.unit in _UNITS:
        return float(reading.limit) * scale, False
    for each in use.history.limits:
        if (each.account, each.window) == (reading.account, reading.window) and each.limit > 0:
            return use.part * each.limit, True
    length = _HOURS.get(reading.window.rpartition(":")[2])
    used = reading.used_fraction
    if not used or used < _SMALLEST or length is None or state.resets_at is None or state.used != used:
        return None, False
    since = max(0.0, length - (state.resets_at - now).total_seconds() / 3600)
    counted = use.part * (_last(use.history.hours, since) + _last(use.history.job_hours, since))
    return (counted / float(used), True) if counted > 0 else (None, False)


def _last(hours: Sequence[int], count: float) -> float:
    """Return the sum of the last *count* hours, of which the first may be a part."""
    whole = int(count)
    part = hours[-whole - 1] * (count - whole) if len(hours) > whole else 0.0
    return sum(hours[len(hours) - whole :] if whole <= len(hours) else hours) + part


def _told(
    bare: WindowForecast, told: Outlook, limit: float, asked: Asked, reading: Reading
) -> WindowForecast:
    now = asked.now
    end = _range(told.at_end, limit)
    when = told.when and Times(
        low=_later(now, told.when.low), median=_later(now, told.when.median), high=_later(now, told.when.high)
    )
    return bare.model_copy(
        update={
            "level": _level(reading, bare.used_fraction, end.median, asked),
            "at_reset": end,
            "chance_by_reset": _decimal(told.by_end),
            "chance_by_horizon": _decimal(told.by_horizon),
            "horizon_hours": SESSION if _rolling(reading) and asked.horizon_hours > SESSION else None,
            "unsure": _unsure(reading, told),
            "used_up": when,
            "path": tuple(Step(at=_later(now, at), used=_range(used, limit)) for at, used in told.path),
        }
    )


def _level(reading: Reading, used: Decimal | None, forecast: Decimal | None, asked: Asked) -> Level:
    """Hold what is used, and what is foretold, against the thresholds."""
    highest = max((each for each in (used, forecast) if each is not None), default=Decimal(0))
    warning = asked.alerts.get(reading.provider, asked.warning) if reading.unit == "usd" else asked.warning
    if highest >= asked.critical:
        return "critical"
    return "warning" if highest >= warning else "ok"


def _per_day(use: _Use) -> Decimal:
    hours = max(1, len(use.history.hours))
    total = sum(use.history.hours) + sum(use.history.job_hours)
    return _decimal(use.part * total * 24 / hours)


def _range(band: tuple[float, float, float], limit: float) -> Range:
    low, median, high = (_decimal(used / limit) for used in band)
    return Range(low=low, median=median, high=high)


def _remarked(forecast: WindowForecast, remark: str) -> WindowForecast:
    return forecast.model_copy(update={"remarks": (*forecast.remarks, remark)})


def _later(now: datetime, hours: float) -> datetime:
    return (now + timedelta(hours=hours)).replace(microsecond=0)


def _decimal(value: float) -> Decimal:
    return Decimal(repr(round(value, 4))).quantize(_PLACES)
