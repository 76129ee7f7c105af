"""From facts to what becomes of every window: the same for `predict`, `status` and plans. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from reconciler.facts.model import History, JobFacts, Reading
from reconciler.forecast.drivers import drivers
from reconciler.forecast.prediction import Level, Prediction, Range, Step, Times, WindowForecast
from reconciler.forecast.rolling import NO_SKILL, SESSION, of_session
from reconciler.forecast.scheduled import NO_KINDS
from reconciler.forecast.standing import Asked, Standing, Use, rolling, standings
from reconciler.forecast.window import Outlook, outlook


_UNSURE: Final = (0.3, 0.7)
_PLACES: Final = Decimal("0.0001")


def predict(
    readings: Sequence[Reading],
    histories: Sequence[History],
    jobs: Sequence[JobFacts],
    asked: Asked,
    *,
    kinds: Mapping[str, str] = NO_KINDS,
) -> Prediction:
    """Tell what becomes of every window that was read; *kinds* are the kinds of the jobs' tasks by job."""
    found = []
    for standing in standings(readings, histories, jobs, asked, kinds=kinds):
        forecast = forecast_of(standing, asked)
        if standing.logins > 1 and standing.use:
            provider = standing.reading.provider
            remark = f"use of {provider} is taken to spread evenly over its {standing.logins} accounts"
            forecast = _remarked(forecast, remark)
        found.append(forecast)
    return Prediction(
        taken_at=asked.now.replace(microsecond=0), horizon_hours=asked.horizon_hours, windows=tuple(found)
    )


def forecast_of(standing: Standing, asked: Asked) -> WindowForecast:
    """Tell what becomes of one window."""
    reading, use, limit = standing.reading, standing.use, standing.limit
    bare = WindowForecast(
        provider=reading.provider,
        account=reading.account,
        window=reading.window,
        basis="unknown",
        level=_level(reading, standing.used, None, asked),
        used_fraction=standing.used,
        resets_at=standing.resets_at,
        remarks=standing.remarks,
        unit=use.history.unit if use else None,
        coverage=use.history.coverage if use else None,
        per_day=_per_day(use) if use else None,
    )
    if standing.used is not None and standing.used >= 1:
        return bare.model_copy(
            update={"basis": "exhausted", "chance_by_reset": Decimal(1), "chance_by_horizon": Decimal(1)}
        )
    if use is None:
        return _remarked(bare, "no use of it is in the ledger, so nothing can be foretold")
    if limit is None or standing.used is None:
        return _remarked(
            bare.model_copy(update={"basis": "rate-only"}), "its limit is unknown: no share, a rate"
        )
    used = float(standing.used) * limit
    told = outlook_of(standing, use, used=used, limit=limit, horizon=float(asked.horizon_hours))
    found = _told(bare, told, limit, asked, reading)
    hours = standing.hours or float(SESSION)
    leading, without = drivers(use.people, use.jobs, limit=limit, used=used, hours=hours)
    found = found.model_copy(
        update={
            "limit": _decimal(limit),
            "limit_learnt": standing.learnt,
            "basis": "history" if use.people else "schedule-only",
            "drivers": leading,
            "without_them": without,
        }
    )
    if use.people is None:
        return _remarked(found, "no day of use by people and agents yet: scheduled runs alone are counted")
    return found


def outlook_of(standing: Standing, use: Use, *, used: float, limit: float, horizon: float) -> Outlook:
    """Tell what becomes of a window with this *use*, which need not be its own."""
    hours = standing.hours
    if standing.rolling:
        return of_session(use.people, use.jobs, used=used, limit=limit, open_for=hours, horizon=horizon)
    return outlook(use.people, use.jobs, used=used, limit=limit, hours=hours, horizon=horizon)


def _unsure(reading: Reading, told: Outlook) -> bool:
    (low, high), chance = (NO_SKILL, told.by_horizon) if rolling(reading) else (_UNSURE, told.by_end)
    return low < chance < high


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
            "horizon_hours": SESSION if rolling(reading) and asked.horizon_hours > SESSION else None,
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


def _per_day(use: Use) -> Decimal:
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
