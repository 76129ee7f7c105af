from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from reconciler.ledger.owner import Point
from reconciler.policy.document import Budget, Provider, Weekly
from reconciler.quota.account import (
    Account,
    answered,
    bare,
    counted,
    from_host,
    readings,
    with_budget,
    with_reset,
    worded,
)
from reconciler.quota.shape import Answer, ErrorInfo, Money, window
from reconciler.usage.quota import Standing
from reconciler.usage.resets import Window


NOW = datetime(2026, 9, 20, 10, 0, tzinfo=UTC)
API = Provider(quota_source="api")


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def answer(fraction: str = "0.4", *, minutes: int = 0, **more: Any) -> Answer:
    values: dict[str, Any] = {
        "provider": "claude",
        "source": "oauth",
        "status": "ok",
        "taken_at": at(minutes),
    }
    return Answer(**{**values, "windows": (window("weekly", Decimal(fraction)),), **more})


def failure(minutes: int = 0) -> Answer:
    error = ErrorInfo(kind="server_error", message="the provider fails")
    return answer(status="error", windows=(), minutes=minutes, source="none", error=error)


def account(*, good: Answer | None = None, latest: Answer | None = None) -> Account:
    return answered(bare("anthropic", API), "claude", good=good, latest=latest, next_ask=None)


def used(found: Account, name: str = "weekly") -> Decimal | None:
    return next(each.used_fraction for each in found.windows if each.id == name)


def test_the_last_good_answer_stands_while_the_provider_does_not_answer() -> None:
    found = account(good=answer("0.4"), latest=failure(30))

    assert (Decimal("0.4"), True, at(0)) == (used(found), found.stale, found.taken_at)
    assert found.error
    assert found.error.kind == "server_error"


def test_a_newer_answer_takes_the_place_of_the_last_good_one() -> None:
    newer = answer("0.6", minutes=30)

    assert (Decimal("0.6"), False) == (used(found := account(good=newer, latest=newer)), found.stale)


def test_an_account_that_never_answered_is_unknown_and_gives_no_reading() -> None:
    found = account(latest=failure())

    assert (False, None, []) == (found.known, found.source, list(readings(found)))


def test_the_owners_word_stands_until_the_provider_says_something_newer() -> None:
    word = Point(at=at(10), kind="set", used_fraction=Decimal("0.9"), window="weekly")
    older, newer = answer("0.4", minutes=0), answer("0.5", minutes=20)

    assert Decimal("0.9") == used(worded(account(good=older, latest=older), [word], API))
    assert Decimal("0.5") == used(worded(account(good=newer, latest=newer), [word], API))


def test_a_word_of_a_window_that_nobody_else_knows_is_added() -> None:
    good = answer()
    word = Point(at=at(10), kind="set", used_fraction=Decimal("0.2"), window="session")

    found = worded(account(good=good, latest=good), [word], API)

    assert (Decimal("0.4"), Decimal("0.2")) == (used(found), used(found, "session"))


def test_a_reset_that_the_owner_tells_empties_the_window() -> None:
    good = answer()

    found = worded(account(good=good, latest=good), [Point(at=at(10), kind="reset", window="weekly")], API)

    assert Decimal(0) == used(found)


@pytest.mark.parametrize(("minutes", "expected"), [(-5, "0.4"), (5, "0.8")])
def test_what_openclaw_knows_stands_only_where_the_provider_does_not_answer(
    minutes: int, expected: str
) -> None:
    host = answer("0.8", minutes=minutes, source="openclaw")

    stale = from_host(account(good=answer("0.4"), latest=failure(1)), host)
    fresh = from_host(account(good=answer("0.4"), latest=answer("0.4")), host)

    assert (Decimal(expected), Decimal("0.4")) == (used(stale), used(fresh))


def test_our_own_count_says_what_it_rests_on() -> None:
    provider = Provider(
        quota_source="self-tracked",
        quota_type="messages",
        reset_schedule=Weekly(type="weekly", day_of_week=1),
    )
    standing = Standing(
        state="known",
        unit="messages",
        window=Window(at(-60), at(60)),
        used=Decimal(30),
        limit=Decimal(120),
        used_fraction=Decimal("0.25"),
        coverage=Decimal("0.5"),
        disagreement="the provider resets at another time",
    )

    found = counted(bare("zai", provider), provider, standing, NOW)

    (only,) = found.windows
    assert ("weekly", "messages", Decimal(30), at(60)) == (only.id, only.unit, only.used, only.resets_at)
    assert ("own-count", Decimal("0.5")) == (found.source, found.coverage)
    assert ["the provider resets at another time", "50%"] == [
        found.warnings[0],
        found.warnings[1].split(" of ")[0],
    ]


@pytest.mark.parametrize(
    ("money", "counted_usd", "amount"),
    [
        (Money(id="month", kind="spend", amount=Decimal("3.2"), unit="USD", period="month"), "9", "3.2"),
        (Money(id="left", kind="balance", amount=Decimal("3.2"), unit="USD"), "9", "9"),
        (None, "9", "9"),
    ],
    ids=["the provider's word", "a balance says nothing of it", "our own count"],
)
def test_the_owners_budget_is_held_against_what_was_spent(
    money: Money | None, counted_usd: str, amount: str
) -> None:
    provider = API.model_copy(update={"budget": Budget(monthly_limit=Decimal(10))})
    good = answer(money=(money,) if money else ())
    standing = Standing(
        state="known",
        unit="budget",
        window=Window(None, at(60)),
        used=Decimal(counted_usd),
        limit=Decimal(10),
    )

    found = with_budget(account(good=good, latest=good), provider, standing, NOW)

    budget = next(each for each in found.money if each.kind == "budget")
    assert (Decimal(amount), Decimal(10), at(60)) == (budget.amount, budget.limit, budget.resets_at)
    assert Decimal(amount) / 10 == next(
        each.used_fraction for each in readings(found) if "budget" in each.window
    )


def test_a_budget_of_a_provider_that_does_not_answer_is_told_as_our_own_count() -> None:
    provider = API.model_copy(update={"budget": Budget(monthly_limit=Decimal(10))})
    standing = Standing(
        state="known", unit="budget", window=Window(None, at(60)), used=Decimal(9), limit=Decimal(10)
    )

    found = with_budget(account(good=None, latest=failure(1)), provider, standing, NOW)

    assert ("own-count", NOW) == (found.source, found.taken_at)
    assert "the budget's spending is our own count" in found.warnings


def test_a_provider_that_resets_at_another_time_than_the_policy_says_is_told_of_and_believed() -> None:
    weekly = Weekly(type="weekly", day_of_week=0, hour=20)  # NOW is a Sunday
    provider = API.model_copy(update={"reset_schedule": weekly})
    good = answer("0.4")
    late = good.model_copy(
        update={"windows": (window("weekly", Decimal("0.4"), resets_at=NOW + timedelta(days=1)),)}
    )

    found = with_reset(account(good=late, latest=late), provider, NOW)

    (only,) = found.windows
    assert NOW + timedelta(days=1) == only.resets_at
    assert "the provider resets at" in found.warnings[-1]
    assert () == with_reset(account(good=late, latest=late), API, NOW).warnings


def test_limits_that_do_not_exist_are_no_readings_and_a_cap_of_nothing_is_used_up() -> None:
    windows = (
        window("a", None, state="unlimited"),
        window("b", None, state="not_included"),
        window("c", None, state="exhausted"),
        window("d", None),
    )
    good = answer(windows=windows)

    found = {each.window: each.used_fraction for each in readings(account(good=good, latest=good))}

    assert {"c": Decimal(1), "d": None} == found
