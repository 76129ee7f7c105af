"""Who uses a window, and what would happen without them. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from reconciler.forecast.demand import Demand
from reconciler.forecast.prediction import Driver
from reconciler.forecast.scheduled import Scheduled
from reconciler.forecast.window import Known, chances


_BIGGEST: Final = 3
_PLACES: Final = Decimal("0.0001")
PEOPLE: Final = "people and agents"


def drivers(
    people: Demand | None, jobs: Scheduled, *, limit: float, used: float, hours: float
) -> tuple[tuple[Driver, ...], Decimal | None]:
    """Return the biggest three users until the end, and the chance of the window without all of them.

    *hours* is how long the window lasts; *used* and *limit* are in the unit of the history.
    """
    by_job = {job.job: job.within(hours) for job in jobs.jobs}
    by_people = people.quantile(0.5, hours) if people else 0.0
    total = sum(by_job.values()) + by_people
    if total <= 0:
        return (), None
    ranked = sorted([(by_people, ""), *((amount, job) for job, amount in by_job.items())], reverse=True)
    leading = [(amount, job) for amount, job in ranked[:_BIGGEST] if amount > 0]
    names = {job.job: job.name for job in jobs.jobs}
    left, rest, without_people = limit - used, jobs, people
    found = []
    for amount, job in leading:
        fewer = jobs.without(job) if job else jobs
        chance = _chance(people if job else None, fewer, left, hours)
        share = _decimal(amount / total)
        kind, name = ("job", names[job]) if job else (PEOPLE, PEOPLE)
        found.append(Driver(kind=kind, name=name, share=share, chance_without=chance))
        rest, without_people = (rest.without(job), without_people) if job else (rest, None)
    return tuple(found), _chance(without_people, rest, left, hours)


def _chance(people: Demand | None, jobs: Known, left: float, hours: float) -> Decimal:
    return _decimal(chances(people, jobs, left, hours)[-1][1])


def _decimal(value: float) -> Decimal:
    return Decimal(repr(round(value, 4))).quantize(_PLACES)
