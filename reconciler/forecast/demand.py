"""How much will be used: the distribution of the sum over the next hours, from the hours that were. Pure.

The sum over h hours is taken to be log-logistic around a level times the shape of the day. The level pools what the
last 3, 12, 24, 72 and 168 hours say, each cleaned of the hour of day; the longer the horizon, the more the long ones
weigh. How wide it is follows from how regular the account is. Beside it stands the plain share of past stretches
of the same length that used as much. The sum never falls with more hours, so "gone within h hours" is "the sum over
h hours is at least what is left", and no path has to be drawn.

The weights were fitted by tests/train/forecast.py to hourly use of 74 accounts of a public trace (ServeGen);
docs/forecast.md says how well they do.
Amounts may be in any unit: every answer depends on ratios alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import exp, log, sqrt
from statistics import fmean
from typing import Final


DAY: Final = 24
LEAST_HOURS: Final = 24
"""Hours of history below which nothing is said."""
_SPANS: Final = (3, 12, 24, 72, 168)
_AT_A_DAY: Final = (0.0513, -0.1550, 2.4712, -1.6854, -0.6821)
_BY_HORIZON: Final = (-1.0758, 0.3962, -0.8492, 0.0271, 1.5016)
_WIDTH: Final = (0.5203, -0.7895, -0.6170, -0.0989, -0.5892, 0.0870, -0.3758)
_WIDTH_BY_HORIZON: Final = (0.0355, 0.0456)
_SHIFT: Final = (-0.1556, 0.1463)
_FADE: Final = 0.75  # of the hour-of-day profile, per day
LEAST: Final = 0.02  # share of the mean below which use is as good as none
_RECENT: Final = 168
_KEPT: Final = 28 * DAY  # hours of history that still say anything
_STRETCH_HISTORY: Final = 120  # hours whose stretches are counted
_STRETCHES: Final = (1, 2, 3, 4, 5, 8, 12, 18, 24, 36, 48)
_STEEPEST: Final = 40.0
_BRIEFEST: Final = 1e-6  # hours that are as good as none


@dataclass(frozen=True, slots=True)
class Demand:
    """What will be used from now on; *day* is the use of a typical day, *seasonal* 0 to 1 how alike the days are."""

    day: float
    seasonal: float
    _shape: tuple[float, ...]
    _roots: tuple[float, ...]
    _width: float
    _mean: float
    _past: tuple[tuple[int, tuple[float, ...]], ...]

    def chance(self, amount: float, hours: float) -> float:
        """Return the probability, 0 to 1, that at least *amount* is used within *hours*."""
        if amount <= 0:
            return 1.0
        if hours < _BRIEFEST:
            return 0.0
        centre, width = self._distribution(hours)
        floor = LEAST * self._mean * hours
        modelled = logistic((centre - log(amount + floor)) / width)
        share, counted = self._counted(amount, hours)
        return (1 - share) * modelled + share * counted

    def quantile(self, probability: float, hours: float) -> float:
        """Return the amount that is not exceeded within *hours* with *probability*."""
        if hours < _BRIEFEST:
            return 0.0
        centre, width = self._distribution(hours)
        top = exp(centre + width * log(probability / (1 - probability)))
        return max(0.0, top - LEAST * self._mean * hours)

    def _distribution(self, hours: float) -> tuple[float, float]:
        """Return centre and width of the logarithm of the sum, with the floor that keeps it from minus infinity."""
        scale = log(min(max(hours, 1.0), _RECENT) / DAY)
        weights = [exp(at + by * scale) for at, by in zip(_AT_A_DAY, _BY_HORIZON, strict=True)]
        pooled = sum(weight * root for weight, root in zip(weights, self._roots, strict=True))
        level = (pooled / sum(weights)) ** 2
        centre = log(level * self._days(hours)) + _SHIFT[0] + _SHIFT[1] * scale
        by, squared = _WIDTH_BY_HORIZON
        return centre, exp(min(2.0, max(-3.0, self._width + by * scale + squared * scale**2)))

    def _days(self, hours: float) -> float:
        """Return how much of a day's use falls into the next *hours*, more than 1 after a day."""
        days, rest = divmod(hours, DAY)
        whole, part = int(rest), rest - int(rest)
        begin = self._shape[whole]
        return days + begin + part * (self._shape[whole + 1] - begin)

    def _counted(self, amount: float, hours: float) -> tuple[float, float]:
        """Return how much the count of past stretches weighs, and which share of them used *amount*."""
        fitting = [entry for entry in self._past if entry[0] <= hours]
        if not fitting or hours > _STRETCHES[-1]:
            return 0.0, 0.0
        length, sums = fitting[-1]
        weight = 0.6 if length <= 5 else 0.3  # noqa: PLR2004 -- short stretches are many
        return weight, 1 - bisect_left(sums, amount * length / hours) / len(sums)


@dataclass(frozen=True, slots=True)
class Traits:
    """What is drawn from a history before any weight: *typical* is the use of the 24 hours from now.

    *levels* are the use of a day that each span speaks for; *regular* tells how wide the distribution is.
    """

    mean: float
    seasonal: float
    typical: tuple[float, ...]
    levels: tuple[float, ...]
    regular: tuple[float, ...]


def demand(history: Sequence[float]) -> Demand | None:
    """Learn from hourly amounts, oldest first, of which the last ends now.

    The shape of the day is counted from now, so no zone is needed. None where the history is shorter than a day
    or holds no use.
    """
    found = traits(history)
    if found is None:
        return None
    shape = tuple(accumulate(found.typical, initial=0.0))
    day = shape[-1]
    return Demand(
        day=day,
        seasonal=found.seasonal,
        _shape=tuple(part / day for part in shape),
        _roots=tuple(sqrt(level) for level in found.levels),
        _width=sum(weight * value for weight, value in zip(_WIDTH, found.regular, strict=True)),
        _mean=found.mean,
        _past=tuple(_stretches(_recent(history[-_STRETCH_HISTORY:]))),
    )


def traits(history: Sequence[float]) -> Traits | None:
    """Return what the weights are held against; None as of `demand`."""
    recent = _recent(history)
    total = sum(recent)
    if len(recent) < LEAST_HOURS or total <= 0:
        return None
    mean = total / len(recent)
    seasonal = _seasonal(recent[-_RECENT:], mean)
    typical = _typical_day(_profile(recent), seasonal, len(recent), mean)
    day = sum(typical)
    levels = tuple(_level(recent, span, typical, day) + LEAST * DAY * mean for span in _SPANS)
    return Traits(mean, seasonal, tuple(typical), levels, _regular(recent, levels, seasonal, mean))


def _recent(history: Sequence[float]) -> list[float]:
    return [max(0.0, float(amount)) for amount in history[-_KEPT:]]


def _profile(history: Sequence[float]) -> list[float]:
    """Return the mean use of the 24 hours of the day, beginning with the coming one; older days fade."""
    found = []
    for ahead in range(DAY):
        same = history[len(history) - DAY + ahead :: -DAY]
        weights = [_FADE**age for age in range(len(same))]
        found.append(sum(w * amount for w, amount in zip(weights, same, strict=True)) / sum(weights))
    return found


def _seasonal(history: Sequence[float], mean: float) -> float:
    """Return how much each hour is like the same hour a day before: their correlation, 0 to 1."""
    logs = [log(1 + amount / mean) for amount in history]
    now, before = logs[DAY:], logs[:-DAY]
    if len(now) < DAY // 2:
        return 0.0
    spread = _spread(now) * _spread(before)
    if spread <= 1e-12:  # noqa: PLR2004 -- nothing varies
        return 0.0
    a, b = fmean(now), fmean(before)
    return max(0.0, fmean((x - a) * (y - b) for x, y in zip(now, before, strict=True)) / spread)


def _typical_day(profile: Sequence[float], seasonal: float, hours: int, mean: float) -> list[float]:
    """Return the profile, drawn to its mean the more the less regular and the shorter the history is."""
    days = min(hours / DAY, 5.0)
    trust = seasonal * days / (days + 0.5)
    flat = fmean(profile)
    return [trust * amount + (1 - trust) * flat + 0.01 * mean for amount in profile]


def _level(history: Sequence[float], span: int, typical: Sequence[float], day: float) -> float:
    """Return the use of a day that the last *span* hours speak for, given which hours of the day they were."""
    span = min(span, len(history))
    days, rest = divmod(span, DAY)
    expected = days * day + (sum(typical[-rest:]) if rest else 0.0)
    draw = 0.1 * day if span < DAY else 0.0
    return day * (sum(history[-span:]) + draw) / (expected + draw)


def _regular(
    history: Sequence[float], levels: Sequence[float], seasonal: float, mean: float
) -> tuple[float, ...]:
    week, last = history[-_RECENT:], history[-DAY:]
    days = [
        log(sum(history[len(history) - DAY * (age + 1) : len(history) - DAY * age]) + LEAST * DAY * mean)
        for age in range(min(7, len(history) // DAY))
    ]
    jumps = [abs(one - other) for one, other in pairwise(days)]
    return (
        1.0,
        sum(amount > 0 for amount in week) / len(week),
        sum(amount > 0 for amount in last) / len(last),
        seasonal,
        seasonal**6,
        fmean(jumps) if jumps else 1.0,
        _spread([log(level) for level in levels]),
    )


def _stretches(history: Sequence[float]) -> list[tuple[int, tuple[float, ...]]]:
    sums = list(accumulate(history, initial=0.0))
    return [
        (length, tuple(sorted(end - begin for begin, end in zip(sums, sums[length:], strict=False))))
        for length in _STRETCHES
        if 2 * length <= len(history)
    ]


def _spread(values: Sequence[float]) -> float:
    """Return the standard deviation; that of the standard library is exact, and fifty times slower."""
    middle = fmean(values)
    return sqrt(fmean([(value - middle) ** 2 for value in values]))


def logistic(value: float) -> float:
    """Return the logistic function, without overflow."""
    return 1 / (1 + exp(-min(_STEEPEST, max(-_STEEPEST, value))))
