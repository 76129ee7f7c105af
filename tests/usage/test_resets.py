from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.policy.document import Daily, Fixed, Monthly, Weekly
from reconciler.usage.resets import Window, agree, window


ZONES = (
    "UTC",
    "America/Chicago",
    "Europe/Berlin",
    "Australia/Lord_Howe",  # its summer time is half an hour
    "America/Sao_Paulo",  # its clocks used to jump at midnight
    "Pacific/Apia",  # it once skipped a whole day
    "Asia/Kathmandu",
)
moments = st.integers(1_104_537_600, 2_051_222_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
"""From 2005 to 2034."""
zones, hours = st.sampled_from(ZONES), st.integers(0, 23)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def exists(moment: datetime) -> bool:
    """Whether the local clocks ever show *moment*, by what zoneinfo does on the way to UTC and back."""
    back = moment.astimezone(UTC).astimezone(moment.tzinfo)
    return back.replace(tzinfo=None) == moment.replace(tzinfo=None)


def held(found: Window, now: datetime) -> tuple[datetime, datetime]:
    assert found.begin
    assert found.end
    assert found.begin <= now < found.end
    return found.begin, found.end


def at_the_hour(moment: datetime, hour: int, zone: str) -> bool:
    """Whether *moment* is *hour* on the local clock, or the first moment after a jump over it."""
    shown = moment.astimezone(ZoneInfo(zone))
    if (shown.hour, shown.minute, shown.fold) == (hour, 0, 0):
        return True
    return any(
        not exists(shown.replace(hour=hour, minute=0, fold=0) - timedelta(days=days)) for days in (0, 1)
    )


@given(moments, zones, hours)
def test_a_daily_limit_starts_anew_at_its_local_hour(now: datetime, zone: str, hour: int) -> None:
    begin, end = held(window(Daily(type="daily", hour=hour, timezone=zone), now), now)

    assert at_the_hour(begin, hour, zone)
    assert at_the_hour(end, hour, zone)
    assert timedelta(hours=22) < end - begin < timedelta(hours=26)


@given(moments, zones, hours, st.integers(0, 6))
def test_a_weekly_limit_starts_anew_on_its_local_day(now: datetime, zone: str, hour: int, day: int) -> None:
    schedule = Weekly(type="weekly", day_of_week=day, hour=hour, timezone=zone)

    begin, end = held(window(schedule, now), now)

    for reset in (begin, end):
        shown = reset.astimezone(ZoneInfo(zone))
        assert at_the_hour(reset, hour, zone)
        assert shown.isoweekday() % 7 == day or not exists(shown - timedelta(days=1))
    assert timedelta(days=6, hours=-2) < end - begin < timedelta(days=7, hours=2)


@given(moments, zones, hours, st.integers(1, 31))
def test_a_monthly_limit_starts_anew_on_its_day_or_the_last(
    now: datetime, zone: str, hour: int, day: int
) -> None:
    schedule = Monthly(type="monthly", day_of_month=day, hour=hour, timezone=zone)

    begin, end = held(window(schedule, now), now)

    for reset in (begin, end):
        shown = reset.astimezone(ZoneInfo(zone))
        assert at_the_hour(reset, hour, zone)
        assert shown.day == min(day, monthrange(shown.year, shown.month)[1]) or not exists(
            shown - timedelta(days=1)
        )
    assert timedelta(days=26) < end - begin < timedelta(days=33)


@given(moments, zones, hours, st.integers(1, 31))
def test_the_end_of_one_period_is_the_beginning_of_the_next(
    now: datetime, zone: str, hour: int, day: int
) -> None:
    for schedule in (
        Daily(type="daily", hour=hour, timezone=zone),
        Weekly(type="weekly", day_of_week=day % 7, hour=hour, timezone=zone),
        Monthly(type="monthly", day_of_month=day, hour=hour, timezone=zone),
    ):
        _, end = held(window(schedule, now), now)

        assert end == window(schedule, end).begin
        assert end == window(schedule, end - timedelta(microseconds=1)).end


@pytest.mark.parametrize(
    ("now", "begin", "end"),
    [
        ("2026-03-08T05:00", "2026-03-07T08:00", "2026-03-08T08:00"),
        ("2026-03-08T12:00", "2026-03-08T08:00", "2026-03-09T07:00"),
    ],
    ids=["before the clocks jump over the hour", "after"],
)
def test_an_hour_that_the_clocks_skip_resets_when_they_have_jumped(now: str, begin: str, end: str) -> None:
    found = window(Daily(type="daily", hour=2, timezone="America/Chicago"), utc(now))

    assert Window(utc(begin), utc(end)) == found


def test_an_hour_that_happens_twice_resets_the_first_time() -> None:
    found = window(Daily(type="daily", hour=1, timezone="America/Chicago"), utc("2026-11-01T06:30"))

    assert Window(utc("2026-11-01T06:00"), utc("2026-11-02T07:00")) == found


def test_the_thirty_first_is_the_last_day_of_february() -> None:
    found = window(Monthly(type="monthly", day_of_month=31), utc("2028-02-29T12:00"))

    assert Window(utc("2028-02-29T00:00"), utc("2028-03-31T00:00")) == found


def test_a_fixed_limit_ends_once() -> None:
    schedule = Fixed(type="fixed", at="2026-12-01T07:00", timezone="Europe/Berlin")
    end = utc("2026-12-01T06:00")

    assert Window(None, end) == window(schedule, utc("2026-11-30T00:00"))
    assert Window(end, None) == window(schedule, utc("2026-12-01T06:00"))


WEEKLY = Weekly(type="weekly", day_of_week=3, hour=7, timezone="America/Chicago")
NOW = utc("2026-10-29T00:00")  # Thursday, in the week in which the clocks go back


def test_a_provider_that_agrees_within_its_rounding_is_not_argued_with() -> None:
    found = agree(WEEKLY, utc("2026-11-04T13:05"), NOW)

    assert found.disagreement is None
    assert utc("2026-11-04T13:05") == found.window.end


def test_the_provider_wins_and_the_disagreement_is_said() -> None:
    found = agree(WEEKLY, utc("2026-11-02T18:00"), NOW)

    assert Window(utc("2026-10-26T17:00"), utc("2026-11-02T18:00")) == found.window
    assert (
        "the provider resets at 2026-11-02 18:00 UTC, resetSchedule says 2026-11-04 13:00 UTC; the provider is believed"
    ) == found.disagreement


def test_a_reported_reset_that_has_passed_still_tells_the_rhythm() -> None:
    found = agree(WEEKLY, utc("2026-10-05T17:00"), NOW)

    assert Window(utc("2026-10-26T17:00"), utc("2026-11-02T18:00")) == found.window


def test_a_monthly_rhythm_of_the_provider_survives_short_months() -> None:
    schedule = Monthly(type="monthly")

    found = agree(schedule, utc("2026-01-31T05:00"), utc("2026-02-28T06:00"))

    assert Window(utc("2026-02-28T05:00"), utc("2026-03-31T05:00")) == found.window


def test_a_fixed_end_is_moved_by_the_provider_only_into_the_future() -> None:
    schedule = Fixed(type="fixed", at="2026-12-01T07:00")

    assert utc("2026-12-05T00:00") == agree(schedule, utc("2026-12-05T00:00"), NOW).window.end
    assert utc("2026-12-01T07:00") == agree(schedule, utc("2026-10-01T00:00"), NOW).window.end


def test_without_a_schedule_only_a_future_report_says_anything() -> None:
    assert Window(None, utc("2026-11-01T00:00")) == agree(None, utc("2026-11-01T00:00"), NOW).window
    assert Window(None, None) == agree(None, utc("2026-10-01T00:00"), NOW).window


@given(moments, moments, zones)
def test_whatever_the_provider_reported_now_lies_in_the_window(
    reported: datetime, now: datetime, zone: str
) -> None:
    for schedule in (
        Daily(type="daily", timezone=zone),
        Weekly(type="weekly", day_of_week=1, timezone=zone),
        Monthly(type="monthly", timezone=zone),
    ):
        held(agree(schedule, reported, now).window, now)


def test_the_daily_rhythm_holds_in_local_time_over_a_change_of_the_clocks() -> None:
    found = agree(
        Daily(type="daily", timezone="Europe/Berlin"),
        local("2026-03-20T09:00", "Europe/Berlin"),
        utc("2026-03-29T12:00"),
    )

    assert local("2026-03-29T09:00", "Europe/Berlin") == found.window.begin
