from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from reconciler.assign.settings import moves
from reconciler.assign.shift import offsets, shifted
from reconciler.facts.model import SchedulerFacts
from reconciler.forecast.schedule import runs
from reconciler.openclaw.version import capabilities, parse_version
from tests.worlds import EARLY, MODERN, NOW, job


HOUR = timedelta(hours=1)
BEGIN = datetime(2026, 9, 14, 0, 0, tzinfo=UTC)
END = BEGIN + timedelta(days=40)


def cron(expr: str, **more: Any) -> dict[str, Any]:
    return {"kind": "cron", "expr": expr, **more}


def moved(expr: str, hours: float) -> str | None:
    found = shifted(cron(expr), timedelta(hours=hours), zone="UTC")
    return str(found["expr"]) if found else None


@pytest.mark.parametrize(
    ("expr", "hours", "then"),
    [
        ("30 6 * * *", 3, "30 9 * * *"),
        ("30 6 * * *", -1.5, "0 5 * * *"),
        ("30 23 * * *", 2, "30 1 * * *"),
        ("0 2 * * 1-5", 6, "0 8 * * 1-5"),
        ("0 2 * * 1-5", -6, "0 20 * * 0,1,2,3,4"),
        ("0 23 * * FRI,Sun", 2, "0 1 * * 1,6"),
        ("0 23 * * 7", 2, "0 1 * * 1"),
        ("0 8,20 * * *", 3, "0 11,23 * * *"),
        ("0 8,20 * * *", 5, "0 1,13 * * *"),
        ("15 0 8 * * *", 1, "15 0 9 * * *"),
        ("0 8 1 * *", 3, "0 11 1 * *"),
    ],
)
def test_an_expression_with_fixed_times_is_moved_by_the_clock(expr: str, hours: float, then: str) -> None:
    assert then == moved(expr, hours)


@pytest.mark.parametrize(
    ("expr", "hours"),
    [
        ("0 * * * *", 1),
        ("*/5 8 * * *", 1),
        ("10 */6 * * *", 1),
        ("0 8-18 * * *", 1),
        ("0 23 1 * *", 2),  # the day after the last of a month has no number
        ("0 23 * 3 *", 2),
        ("0 8,20 * * 1", 5),  # half of the runs would be on Tuesday
        ("0 23 * * 5-1", 2),
        ("0 23 * * 1#2", 2),
        ("0 23 * * L", 2),
        ("0 25 * * *", 1),
        ("60 2 * * *", 1),
        ("0 8 * *", 1),
        ("", 1),
    ],
)
def test_what_has_no_such_form_is_not_moved(expr: str, hours: float) -> None:
    assert moved(expr, hours) is None


@given(
    minute=some.integers(0, 59),
    hour=some.integers(0, 23),
    weekdays=some.one_of(
        some.just("*"),
        some.lists(some.integers(0, 7), min_size=1, max_size=4).map(lambda d: ",".join(map(str, d))),
    ),
    by=some.integers(-23, 23).filter(bool),
)
def test_every_run_is_moved_by_that_much(minute: int, hour: int, weekdays: str, by: int) -> None:
    schedule = cron(f"{minute} {hour} * * {weekdays}", staggerMs=0)
    then = shifted(schedule, by * HOUR, zone="UTC")
    assert then is not None

    shift = by * HOUR
    expected = [at + shift for at in runs("j", schedule, BEGIN - shift, END - shift)]

    assert expected == list(runs("j", then, BEGIN, END))


def test_the_zone_and_the_stagger_of_a_schedule_stay() -> None:
    found = shifted(cron("0 8 * * *", tz="Europe/Vienna", staggerMs=0), 2 * HOUR, zone="UTC")

    assert cron("0 10 * * *", tz="Europe/Vienna", staggerMs=0) == found


@pytest.mark.parametrize(
    ("schedule", "zone", "possible"),
    [
        (cron("30 1 * * *", tz="Europe/Berlin"), "UTC", False),
        (cron("30 1 * * *"), "Europe/Berlin", False),
        (cron("30 1 * * *", tz="Asia/Tokyo"), "Europe/Berlin", True),
        (cron("30 1 * * *", tz="No/Where"), "UTC", False),
        (cron("30 1 * * *", tz=3), "UTC", False),
    ],
)
def test_nothing_is_moved_to_a_time_that_the_clocks_skip_in_spring(
    schedule: dict[str, Any], zone: str, *, possible: bool
) -> None:
    assert possible == (shifted(schedule, HOUR, zone=zone) is not None)


def test_an_interval_goes_on_from_its_next_run() -> None:
    every = {"kind": "every", "everyMs": 6 * 3_600_000, "anchorMs": 5}
    next_run = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)

    then = shifted(every, 2 * HOUR, zone="UTC", next_run=next_run)

    assert then is not None
    assert next_run + 2 * HOUR == next(runs("j", then, BEGIN, END))
    assert {**every, "anchorMs": 5 + 7_200_000} == shifted(every, 2 * HOUR, zone="UTC")


@pytest.mark.parametrize(
    ("schedule", "by"),
    [
        ({"kind": "every", "everyMs": 3_600_000, "anchorMs": 5}, 2 * HOUR),  # it runs then as it is
        ({"kind": "every", "everyMs": 7_000_000}, HOUR),
        ({"kind": "every", "everyMs": "often", "anchorMs": 5}, HOUR),
        ({"kind": "at", "at": "soon"}, HOUR),
        ({"kind": "at", "at": "9999-12-31T23:30:00Z"}, HOUR),
        ({"kind": "on-exit"}, HOUR),
        (cron("0 8 * * *"), timedelta(seconds=90)),
        ({"kind": "cron"}, HOUR),
    ],
)
def test_other_schedules_stay_where_they_are(schedule: dict[str, Any], by: timedelta) -> None:
    assert shifted(schedule, by, zone="UTC") is None


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2030-07-01T08:00:00+02:00", "2030-07-01T11:00:00+02:00"),
        ("2030-07-01T08:00:00", "2030-07-01T11:00:00Z"),
        ("2030-07-01T22:00:00Z", "2030-07-02T01:00:00Z"),
    ],
)
def test_a_single_run_is_moved(at: str, then: str) -> None:
    assert {"kind": "at", "at": then} == shifted({"kind": "at", "at": at}, 3 * HOUR, zone="UTC")


def test_whole_hours_are_tried_first_the_smaller_then_the_later() -> None:
    assert (HOUR, -HOUR, 2 * HOUR, -2 * HOUR) == offsets(timedelta(minutes=150))
    assert (HOUR / 2, -HOUR / 2) == offsets(HOUR / 2)
    assert () == offsets(timedelta(0))


@pytest.mark.parametrize(
    ("schedule", "version", "hours"),
    [
        (cron("0 8 * * *"), MODERN, [1, -1, 2, -2]),
        (cron("0 8 * * *"), EARLY, [1, -1, 2, -2]),
        ({"kind": "every", "everyMs": 6 * 3_600_000}, MODERN, [1, 2]),
        ({"kind": "every", "everyMs": 6 * 3_600_000}, EARLY, []),
        ({"kind": "at", "at": "2030-07-01T08:00:00Z"}, EARLY, [1, 2]),
        (cron("0 * * * *"), MODERN, []),
    ],
)
def test_a_job_has_the_moves_that_its_host_follows(
    schedule: dict[str, Any], version: str, hours: list[int]
) -> None:
    known = job(schedule=schedule, scheduler=SchedulerFacts(next_run_at=NOW + HOUR))

    found = list(moves(known, 2 * HOUR, capabilities(parse_version(version)), zone="UTC"))

    assert hours == [by / HOUR for by, _ in found]


def test_an_interval_whose_next_run_nobody_knows_is_not_moved() -> None:
    known = job(schedule={"kind": "every", "everyMs": 6 * 3_600_000, "anchorMs": 5})

    assert [] == list(moves(known, 2 * HOUR, capabilities(parse_version(MODERN)), zone="UTC"))


def test_the_wall_clock_counts_across_a_change_of_the_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    then = shifted(cron("0 8 * * *", tz="Europe/Berlin"), 4 * HOUR, zone="UTC")
    assert then is not None

    local = {at.astimezone(berlin).hour for at in runs("j", then, BEGIN, END + timedelta(days=30))}

    assert {12} == local
