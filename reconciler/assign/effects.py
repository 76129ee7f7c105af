"""What an assignment makes of each quota: used at the end, when it is gone, and who competes for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.assign.balance import Balance
from reconciler.assign.candidate import Candidate
from reconciler.assign.loads import Loads, Seat
from reconciler.assign.quotas import Quota
from reconciler.assign.room import PARTS
from reconciler.assign.wanted import Course, Effect
from reconciler.forecast.predict import outlook_of
from reconciler.forecast.scheduled import JobRuns, Scheduled


_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LIKELY: Final = 0.5


def effects(seats: Sequence[Seat], loads: Loads, found: Balance, now: datetime) -> tuple[Effect, ...]:
    """Return the effect on each quota, in their order."""
    before = [seat.stays for seat in seats]
    after = [
        option.candidate if option else seat.fixed for seat, option in zip(seats, found.chosen, strict=True)
    ]
    crowded = dict(_crowded(seats, loads, found))
    told = []
    for quota in loads.quotas:
        short = max(over for over, (its, _) in zip(found.over, loads.spans, strict=True) if its is quota)
        rivals = [
            seat.address
            for seat, model in zip(seats, after, strict=True)
            if crowded.get(seat.address) is quota or (short and seat.open and model and quota.covers(model))
        ]
        told.append(
            Effect(
                quota,
                max((each.resets_at for each in quota.standings if each.resets_at), default=None),
                course(quota, seats, before, loads, now),
                course(quota, seats, after, loads, now),
                short / PARTS,
                binds=quota in crowded.values(),
                rivals=tuple(rivals),
            )
        )
    return tuple(told)


def crowding(seats: Sequence[Seat], loads: Loads, found: Balance, now: datetime) -> dict[str, str]:
    """Tell of each slot that does not get its first option, by address, which quota has no room for that."""
    after = [
        option.candidate if option else seat.fixed for seat, option in zip(seats, found.chosen, strict=True)
    ]
    told = {}
    for address, quota in _crowded(seats, loads, found):
        number = next(at for at, seat in enumerate(seats) if seat.address == address)
        first = seats[number].options[0].candidate
        then = course(quota, seats, [*after[:number], first, *after[number + 1 :]], loads, now)
        told[address] = f"{first.ref} {fate(quota, then, now)}"
    return told


def _crowded(seats: Sequence[Seat], loads: Loads, found: Balance) -> Iterator[tuple[str, Quota]]:
    """Yield the slots that got another option than their first, and the quota that is fullest of those it needs."""
    for seat, option in zip(seats, found.chosen, strict=True):
        if option is None or option is seat.options[0]:
            continue
        first = seat.options[0]
        takes = loads.takes(seat, first.candidate, stays=first.stays)
        if takes:
            full = max(takes, key=lambda take: found.taken[take.span] - found.left[take.span])
            yield seat.address, loads.spans[full.span][0]


def fate(quota: Quota, course: Course, now: datetime) -> str:
    """Say what a course makes of a quota, as the end of a sentence."""
    if course.gone is not None:
        return f"would use up the {quota.window} window of {quota.provider} by {moment(course.gone, now)}"
    if quota.rolling:
        return f"would use up a {quota.window} window of {quota.provider} in the coming week"
    reached = f"{course.used:.0%} by its reset, too much to be sure that it lasts"
    return f"would take the {quota.window} window of {quota.provider} to {reached}"


def moment(at: datetime, now: datetime) -> str:
    """Write a time as people say it: the day of the week where it lies within one."""
    if now <= at < now + timedelta(days=6):
        return f"{_DAYS[at.weekday()]} {at:%H:%M} UTC"
    return f"{at:%Y-%m-%d %H:%M} UTC"


def course(
    quota: Quota, seats: Sequence[Seat], models: Sequence[Candidate | None], loads: Loads, now: datetime
) -> Course:
    """Return where a quota goes with these models in the seats."""
    runs = list(_runs(quota, seats, models, loads))
    standing, logins = quota.standings[0], len(quota.standings)
    span = quota.spans[0]
    assert standing.use is not None
    use = replace(standing.use, jobs=Scheduled(runs))
    used, limit = span.used / logins, quota.limit / logins
    told = outlook_of(standing, use, used=used, limit=limit, horizon=span.end)
    gone = None
    if told.when is not None and told.by_end >= _LIKELY:
        gone = (now + timedelta(hours=told.when.median)).replace(minute=0, second=0, microsecond=0)
    return Course(told.at_end[1] / limit, gone)


def _runs(
    quota: Quota, seats: Sequence[Seat], models: Sequence[Candidate | None], loads: Loads
) -> Iterator[JobRuns]:
    """Yield what runs on the quota; an agent's use is part of the forecast of people until the agent leaves."""
    for seat, model in zip(seats, models, strict=True):
        here = model is not None and quota.covers(model)
        was = seat.stays is not None and quota.covers(seat.stays)
        if seat.asked and here == was:
            continue
        if here and model is not None:
            yield loads.runs(seat, model, quota, stays=model == seat.stays)
        elif seat.asked and was and seat.stays is not None:
            left = loads.runs(seat, seat.stays, quota, stays=True)
            yield replace(left, share=-left.share)
