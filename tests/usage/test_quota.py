from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from reconciler.ledger.owner import Point
from reconciler.ledger.usage import Tally
from reconciler.policy.document import Provider
from reconciler.usage.quota import Standing, amount, coverage, rolling, standing
from reconciler.usage.resets import Window


MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
WEEKLY = {"type": "weekly", "dayOfWeek": 1}


def hours(number: float) -> datetime:
    return MONDAY + timedelta(hours=number)


def tracked(**keys: Any) -> Provider:
    return Provider.model_validate({"quotaSource": "self-tracked", **keys})


def hourly(begin: datetime, end: datetime) -> Tally:
    """Return what a host uses that asks once an hour for 90 + 10 tokens."""
    requests = int((end - begin) / timedelta(hours=1))
    return Tally(requests=requests, messages=requests, input=90 * requests, output=10 * requests)


def nothing(begin: datetime, end: datetime) -> Tally:
    assert begin <= end
    return Tally()


def never(_begin: datetime, _end: datetime) -> Sequence[datetime]:
    return ()


def said(hour: float, fraction: str) -> Point:
    return Point(at=hours(hour), kind="set", used_fraction=Decimal(fraction))


def stands(provider: Provider, hour: float, *points: Point, reported: datetime | None = None) -> Standing:
    return standing(provider, hours(hour), count=hourly, uses=never, points=points, reported=reported)


@pytest.mark.parametrize(
    ("unit", "expected"), [("tokens", "0.5000"), ("messages", "0.0050"), ("requests", "0.0050")]
)
def test_a_known_limit_is_counted_since_the_last_reset(unit: str, expected: str) -> None:
    found = stands(tracked(quotaType=unit, limit=10_000, resetSchedule=WEEKLY), 50)

    assert ("known", Decimal(expected)) == (found.state, found.used_fraction)
    assert Window(MONDAY, hours(7 * 24)) == found.window


def test_without_a_limit_or_a_word_of_the_owner_the_share_is_unknown_but_the_count_is_told() -> None:
    found = stands(tracked(resetSchedule=WEEKLY), 50)

    assert ("unknown", None, 5000) == (found.state, found.used_fraction, found.used)


def test_without_any_beginning_nothing_is_known() -> None:
    found = stands(tracked(limit=1000), 50)

    assert ("unknown", None, None) == (found.state, found.used_fraction, found.used)


def test_one_word_of_the_owner_tells_the_limit() -> None:
    found = stands(tracked(resetSchedule=WEEKLY), 60, said(40, "0.4"))

    assert ("calibrated", 10_000) == (found.state, found.limit)
    assert Decimal("0.6") == found.used_fraction


def test_several_words_calibrate_by_the_fullest_of_each_window() -> None:
    found = stands(
        tracked(resetSchedule=WEEKLY),
        24,
        *(said(-128, "0.5"), said(-68, "0.8"), said(10, "0.12")),
    )

    assert found.calibration
    assert 3 == found.calibration.points
    assert (10_000 + 1_000) / Decimal("0.92") == found.calibration.limit
    assert 1_000 / Decimal("0.12") == found.calibration.low
    assert 12_500 == found.calibration.high
    assert Decimal("0.2371") == found.used_fraction


def test_a_reset_by_the_owner_begins_the_count_anew() -> None:
    provider = tracked(limit=10_000, resetSchedule=WEEKLY)

    found = stands(provider, 60, said(40, "0.9"), Point(at=hours(50), kind="reset"))

    assert (Decimal("0.1"), Window(hours(50), hours(168))) == (found.used_fraction, found.window)


def test_words_about_earlier_windows_do_not_add_to_this_one() -> None:
    assert (
        Decimal("0.1")
        == stands(tracked(limit=10_000, resetSchedule=WEEKLY), 10, said(-1, "0.9")).used_fraction
    )


def test_words_from_the_future_are_not_heard() -> None:
    assert stands(tracked(resetSchedule=WEEKLY), 10, said(20, "0.9")).used_fraction is None


def test_a_word_that_nothing_can_be_counted_to_is_repeated() -> None:
    found = standing(
        tracked(resetSchedule=WEEKLY), hours(20), count=nothing, uses=never, points=[said(10, "0.3")]
    )

    assert ("said", Decimal("0.3"), None) == (found.state, found.used_fraction, found.limit)


def test_the_reset_that_the_provider_reports_moves_the_window() -> None:
    found = stands(tracked(limit=10_000, resetSchedule=WEEKLY), 60, reported=hours(7 * 24 + 50))

    assert Window(hours(50), hours(7 * 24 + 50)) == found.window
    assert Decimal("0.1") == found.used_fraction
    assert found.disagreement
    assert "the provider resets at 2026-12-02 02:00 UTC" in found.disagreement


def test_a_manual_quota_is_the_last_word_of_this_window_and_nothing_else() -> None:
    provider = Provider.model_validate({"quotaSource": "manual", "limit": 500, "resetSchedule": WEEKLY})

    found = stands(provider, 60, said(-10, "0.9"), said(20, "0.2"))
    assert ("said", Decimal("0.2"), 100) == (found.state, found.used_fraction, found.used)
    assert ("unknown", None) == (
        (late := stands(provider, 60, said(-10, "0.9"))).state,
        late.used_fraction,
    )
    assert 0 == stands(provider, 60, Point(at=hours(5), kind="reset")).used_fraction


def test_an_absolute_word_is_a_share_of_the_limit() -> None:
    provider = tracked(limit=1_000, quotaType="requests", resetSchedule=WEEKLY)

    found = stands(provider, 60, Point(at=hours(10), kind="set", used=Decimal(400)))

    assert Decimal("0.45") == found.used_fraction


def test_unlimited_is_not_counted() -> None:
    found = stands(Provider.model_validate({"quotaSource": "unlimited"}), 1)

    assert ("unlimited", None) == (found.state, found.used_fraction)


def test_a_budget_is_money_of_the_calendar_month_and_says_what_it_does_not_know() -> None:
    provider = tracked(budget={"monthlyLimit": 10})
    spent = Tally(requests=4, nanodollars=2_500_000_000, unpriced=1, input=9)

    found = standing(provider, hours(0), count=lambda _begin, _end: spent, uses=never)

    assert (Decimal("2.5"), Decimal("0.25"), Decimal("0.75")) == (
        found.used,
        found.used_fraction,
        found.coverage,
    )
    assert datetime(2026, 11, 1, tzinfo=UTC) == found.window.begin


def test_coverage_is_the_share_of_requests_whose_amount_is_recorded() -> None:
    tally = Tally(requests=3, estimated=1, unpriced=3, messages=2)

    assert [Decimal("0.6667"), 0, 1, 1] == [
        coverage(tally, unit) for unit in ("tokens", "budget", "messages", "requests")
    ]
    assert coverage(Tally(), "tokens") is None
    assert 2 == amount(tally, "messages")


def test_a_rolling_window_begins_with_the_first_use_after_the_last_one() -> None:
    uses = [hours(hour) for hour in (0, 1, 4.9, 5, 7, 12, 13)]

    def used(begin: datetime, end: datetime) -> Sequence[datetime]:
        return [use for use in uses if begin <= use < end]

    five = timedelta(hours=5)
    assert Window(hours(0), hours(5)) == rolling(five, hours(3), used)
    assert Window(hours(5), hours(10)) == rolling(five, hours(9), used)
    assert Window(hours(12), hours(17)) == rolling(five, hours(16), used)
    assert Window(hours(20), None) == rolling(five, hours(20), used)


def test_a_rolling_quota_is_counted_in_its_window() -> None:
    provider = tracked(limit=10, quotaType="requests", resetSchedule={"type": "rolling", "windowHours": 5})

    found = standing(provider, hours(3), count=hourly, uses=lambda _begin, _end: [hours(1)])

    assert (Window(hours(1), hours(6)), Decimal("0.2")) == (found.window, found.used_fraction)
