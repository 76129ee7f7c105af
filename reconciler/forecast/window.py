"""When one window is used up: what is left of it against what will be used until it starts anew. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from reconciler.forecast.demand import Demand, logistic


Known = Callable[[float], tuple[float, float]]
"""What scheduled runs will use within so many hours: mean and standard deviation."""
_POINTS: Final = ((-1.22, 0.3), (0.0, 0.4), (1.22, 0.3))  # a normal distribution in three points
_LOGISTIC: Final = 0.5513  # width of the logistic distribution whose standard deviation is 1
_FINE: Final = 72  # hours that are looked at one by one; after them, steps of 6
_DRAWN: Final = 24  # points of the picture's path
_BAND: Final = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Moments:
    """Hours from now until a window is used up: median, and the range that holds 80 %."""

    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What becomes of one window. Chances are 0 to 1; *when* tells of the case that it is used up in time.

    *at_end* are the tenth, fiftieth and ninetieth hundredth of what will have been used at the end, of the limit's
    unit; *path* the same at even steps from now until the end, for the picture.
    """

    by_end: float
    by_horizon: float
    when: Moments | None
    at_end: tuple[float, float, float]
    path: tuple[tuple[float, tuple[float, float, float]], ...]


def outlook(
    use: Demand | None, known: Known, *, used: float, limit: float, hours: float, horizon: float
) -> Outlook:
    """Tell what becomes of a window of which *used* of *limit* is gone and that starts anew in *hours*.

    *horizon* is the hours that the user asks about; where it lies behind the reset, the reset ends it.
    """
    end = max(0.0, hours)
    left = limit - used
    curve = chances(use, known, left, end)
    path = tuple(
        (at, _band(use, known, used, at)) for at in (end * part / _DRAWN for part in range(_DRAWN + 1))
    )
    return Outlook(
        by_end=curve[-1][1],
        by_horizon=max((reached for at, reached in curve if at <= horizon), default=curve[0][1])
        if horizon < end
        else curve[-1][1],
        when=moments(curve),
        at_end=path[-1][1],
        path=path,
    )


def chances(use: Demand | None, known: Known, left: float, end: float) -> list[tuple[float, float]]:
    """Return for moments until *end* hours from now how probable it is that *left* is gone by then; never falling."""
    found: list[tuple[float, float]] = []
    highest = 1.0 if left <= 0 else 0.0
    for at in steps(end):
        highest = max(highest, chance(use, known, left, at))
        found.append((at, highest))
    return found


def chance(use: Demand | None, known: Known, left: float, hours: float) -> float:
    """Return how probable it is that *left* is used within *hours*, 0 to 1."""
    mean, spread = known(hours)
    if left <= 0:
        return 1.0
    if use is None:
        return logistic((mean - left) / (_LOGISTIC * spread)) if spread > 0 else float(mean >= left)
    if spread <= 0:
        return use.chance(left - mean, hours)
    return sum(
        weight * use.chance(left - max(0.0, mean + point * spread), hours) for point, weight in _POINTS
    )


def moments(curve: Sequence[tuple[float, float]], *, least: float = 0.01) -> Moments | None:
    """Return when it is gone; the median of all cases where most end so, else of the cases that do.

    None where the chance is below *least*.
    """
    last = curve[-1][1]
    if last < least:
        return None
    low, median, high = (_reached(curve, share * last) for share in _BAND)
    if last >= _BAND[1]:
        median = _reached(curve, _BAND[1])
    return Moments(median, min(low, median), max(high, median))


def steps(end: float) -> list[float]:
    """Return the moments to look at, from 0 to *end* hours."""
    fine = [float(at) for at in range(min(_FINE, ceil(end)))]
    coarse = [float(at) for at in range(_FINE, ceil(end), 6)]
    return [*fine, *coarse, end]


def _reached(curve: Sequence[tuple[float, float]], share: float) -> float:
    return next((at for at, reached in curve if reached >= share), curve[-1][0])


def _band(use: Demand | None, known: Known, used: float, hours: float) -> tuple[float, float, float]:
    mean, spread = known(hours)
    low, middle, high = (use.quantile(part, hours) if use else 0.0 for part in _BAND)
    aside = 1.2816 * spread
    below = ((middle - low) ** 2 + aside**2) ** 0.5
    above = ((high - middle) ** 2 + aside**2) ** 0.5
    centre = used + mean + middle
    return max(used, centre - below), centre, centre + above
