"""What is left of a quota that the provider does not tell: our own count, and the owner's words. Pure.

The count comes as a function of two moments, so that the ledger, a test or recorded facts can answer it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from reconciler.ledger.owner import Point
from reconciler.ledger.usage import Tally
from reconciler.policy.document import Monthly, Provider, QuotaType, ResetSchedule, Rolling
from reconciler.usage.resets import Agreed, Window, agree


Count = Callable[[datetime, datetime], Tally]
"""What one provider was used for, from the first moment until before the second."""
Uses = Callable[[datetime, datetime], Sequence[datetime]]
"""When one provider was asked, from the first moment until before the second, oldest first."""

_NANO = Decimal(10**9)
_PLACES = Decimal("0.0001")
_ROLLING_HISTORY = 31  # windows looked back for the gap from which the present one follows
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A limit learnt from what the owner said: so many units for the whole; *low* and *high* are the extremes.

    *points* is how many words of the owner it rests on.
    """

    limit: Decimal
    low: Decimal
    high: Decimal
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a quota stands; None is unknown, never zero.

    *used* and *limit* are in units of *unit* (US dollars for a budget), *used_fraction* is 0 to 1 and above.
    *coverage* is the share of the counted requests whose amount the host recorded; the rest is estimated or, for
    money, unknown. *state* is `known` for a limit of the policy, `calibrated` for one learnt, `said` for the owner's
    bare word, `unlimited`, or `unknown`.
    """

    state: Literal["known", "calibrated", "said", "unlimited", "unknown"]
    unit: QuotaType
    window: Window
    used: Decimal | None = None
    limit: Decimal | None = None
    used_fraction: Decimal | None = None
    coverage: Decimal | None = None
    calibration: Calibration | None = None
    disagreement: str | None = None


def amount(tally: Tally, unit: QuotaType) -> Decimal:
    """Return what *tally* is in *unit*: cached tokens count as tokens, failed attempts as requests but not as messages."""
    if unit == "budget":
        return tally.nanodollars / _NANO
    return Decimal({"tokens": tally.tokens, "messages": tally.messages, "requests": tally.requests}[unit])


def coverage(tally: Tally, unit: QuotaType) -> Decimal | None:
    """Return the share of requests whose amount is recorded, 0 to 1; None where there are none.

    Failed attempts are part of it for tokens and money (they used none), but the host does not record all of them,
    so *requests* are a lower bound whatever the coverage.
    """
    if not tally.requests:
        return None
    missing = {"tokens": tally.estimated, "budget": tally.unpriced, "messages": 0, "requests": 0}[unit]
    return (1 - Decimal(missing) / tally.requests).quantize(_PLACES)


def standing(
    provider: Provider,
    now: datetime,
    *,
    count: Count,
    uses: Uses,
    points: Sequence[Point] = (),
    reported: datetime | None = None,
) -> Standing:
    """Return where the quota of *provider* stands by our own count or the owner's words.

    *points* are what the owner said, oldest first; *reported* is the reset that the provider told, if it did.
    """
    unit: QuotaType = "budget" if provider.budget else provider.quota_type
    if provider.quota_source == "unlimited":
        return Standing(state="unlimited", unit=unit, window=Window(None, None))
    points = [point for point in points if point.at <= now]
    agreed = period(provider, now, uses=uses, points=points, reported=reported)
    if provider.quota_source == "manual":
        return _said(agreed, points, unit, _limit(provider))
    return _counted(provider, agreed, points, count, now)


def period(
    provider: Provider, now: datetime, *, uses: Uses, points: Sequence[Point], reported: datetime | None
) -> Agreed:
    """Return the window that *now* lies in; it begins at the last reset, of the schedule or by the owner's word."""
    schedule = _schedule(provider)
    if isinstance(schedule, Rolling):
        agreed = Agreed(rolling(timedelta(hours=schedule.window_hours), now, uses))
    else:
        agreed = agree(schedule, reported, now)
    begin = agreed.window.begin
    resets = [point.at for point in points if point.kind == "reset" and (begin is None or point.at > begin)]
    if not resets:
        return agreed
    return Agreed(Window(resets[-1], agreed.window.end), agreed.disagreement)


def rolling(length: timedelta, now: datetime, uses: Uses) -> Window:
    """Return the window that the first use after the last window began; without use in it, none is open."""
    begin = None
    for use in uses(now - length * _ROLLING_HISTORY, now):
        if begin is None or use >= begin + length:
            begin = use
    if begin is None or begin + length <= now:
        return Window(now, None)
    return Window(begin, begin + length)


def calibrate(
    points: Sequence[Point], begin_of: Callable[[datetime], datetime | None], count: Count, unit: QuotaType
) -> Calibration | None:
    """Learn the limit from fractions that the owner read elsewhere; None where they say nothing.

    Of each window the last point is taken, for it compares the most; windows weigh by how full they were, so the
    roundings of small fractions hardly matter. *begin_of* gives the beginning of the window that a moment lies in.
    """
    last: dict[datetime, tuple[Decimal, Decimal]] = {}
    heard = 0
    for point in points:
        begin = begin_of(point.at)
        if point.kind == "set" and point.used_fraction and begin is not None:
            used = amount(count(begin, point.at), unit)
            if used:
                last[begin] = (used, point.used_fraction)
                heard += 1
    if not last:
        return None
    each = [used / fraction for used, fraction in last.values()]
    pooled = sum((used for used, _ in last.values()), _ZERO) / sum((part for _, part in last.values()), _ZERO)
    return Calibration(pooled, min(each), max(each), heard)


def _schedule(provider: Provider) -> ResetSchedule | None:
    """Return when the limit starts anew; a budget without a schedule is one for the calendar month."""
    if provider.reset_schedule is None and provider.budget:
        return Monthly(type="monthly")
    return provider.reset_schedule


def _limit(provider: Provider) -> Decimal | None:
    if provider.budget:
        return provider.budget.monthly_limit
    return None if provider.limit is None else Decimal(provider.limit)


def _said(agreed: Agreed, points: Sequence[Point], unit: QuotaType, limit: Decimal | None) -> Standing:
    """Believe the owner's last word of this window and nothing else."""
    bare = Standing(
        state="unknown", unit=unit, window=agreed.window, disagreement=agreed.disagreement, limit=limit
    )
    heard = _within(points, agreed.window.begin)
    if not heard:
        return bare
    used, fraction = _word(heard[-1], limit)
    return Standing(
        state="said",
        unit=unit,
        window=agreed.window,
        disagreement=agreed.disagreement,
        limit=limit,
        used=used,
        used_fraction=fraction,
    )


def _counted(
    provider: Provider, agreed: Agreed, points: Sequence[Point], count: Count, now: datetime
) -> Standing:
    """Count since the owner's last word in this window, else since its beginning."""
    unit: QuotaType = "budget" if provider.budget else provider.quota_type
    begin, limit = agreed.window.begin, _limit(provider)
    calibration = None
    if limit is None:
        calibration = calibrate(points, _begins(provider, points, agreed), count, unit)
        limit = calibration.limit if calibration else None
    heard = [point for point in _within(points, begin) if point.kind == "set"]
    word = _word(heard[-1], limit) if heard else (None, None)
    since = heard[-1].at if heard and word != (None, None) else begin
    if since is None:
        return Standing(state="unknown", unit=unit, window=agreed.window, disagreement=agreed.disagreement)
    tally = count(since, now)
    used = amount(tally, unit)
    if word[0] is not None:
        used += word[0]
    elif word[1] is not None:
        return _only_said(agreed, unit, word[1])
    return Standing(
        state=_state(calibration, limit),
        unit=unit,
        window=agreed.window,
        used=used,
        limit=limit,
        used_fraction=(used / limit).quantize(_PLACES) if limit else None,
        coverage=coverage(tally, unit),
        calibration=calibration,
        disagreement=agreed.disagreement,
    )


def _only_said(agreed: Agreed, unit: QuotaType, fraction: Decimal) -> Standing:
    """Repeat a fraction that nothing can be added to, because the limit is not known."""
    return Standing(
        state="said",
        unit=unit,
        window=agreed.window,
        used_fraction=fraction,
        disagreement=agreed.disagreement,
    )


def _state(
    calibration: Calibration | None, limit: Decimal | None
) -> Literal["known", "calibrated", "unknown"]:
    if calibration:
        return "calibrated"
    return "unknown" if limit is None else "known"


def _begins(
    provider: Provider, points: Sequence[Point], agreed: Agreed
) -> Callable[[datetime], datetime | None]:
    """Return a function that tells when the window of an earlier moment began."""
    schedule = _schedule(provider)
    resets = [point.at for point in points if point.kind == "reset"]

    def begin_of(at: datetime) -> datetime | None:
        told = [reset for reset in resets if reset <= at]
        if agreed.window.begin and agreed.window.begin <= at:
            told.append(agreed.window.begin)
        elif schedule and not isinstance(schedule, Rolling):
            # The rhythm that was agreed on holds for the past too.
            begin = agree(schedule, agreed.window.end, at).window.begin
            told.extend([begin] if begin else [])
        return max(told, default=None)

    return begin_of


def _within(points: Sequence[Point], begin: datetime | None) -> list[Point]:
    return [point for point in points if begin is None or point.at >= begin]


def _word(point: Point, limit: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """Return what a point says was used, in units and as a fraction, as far as *limit* lets one tell the other."""
    if point.kind == "reset":
        return _ZERO, _ZERO
    used, fraction = point.used, point.used_fraction
    if limit and used is not None:
        fraction = (used / limit).quantize(_PLACES)
    elif limit and fraction is not None:
        used = fraction * limit
    return used, fraction
