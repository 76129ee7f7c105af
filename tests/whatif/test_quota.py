"""Quota is assumed in the readings alone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from reconciler.errors import UsageError
from reconciler.facts.model import Facts, Reading
from reconciler.whatif.quota import with_quota
from tests.worlds import NOW, config, facts, policy, reading


def read(*readings: Reading) -> Facts:
    return facts(config=config(), readings=readings)


HOUSE = read(
    reading("anthropic", "0.4", window="session"),
    reading("anthropic", "0.2"),
    reading("openai", "0.1", account="work"),
    reading("openai", "0.1", account="home"),
)


def used(found: Facts) -> list[str]:
    return [str(each.used_fraction) for each in found.readings]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("anthropic.used", ["0.95", "0.95", "0.1", "0.1"]),
        ("anthropic.weekly.used", ["0.4", "0.95", "0.1", "0.1"]),
        ("openai.work.used", ["0.4", "0.2", "0.95", "0.1"]),
        ("openai.home.weekly.used", ["0.4", "0.2", "0.1", "0.95"]),
    ],
)
def test_a_path_names_all_windows_of_a_provider_or_some(path: str, expected: list[str]) -> None:
    assert expected == used(with_quota(policy(), HOUSE, path, "0.95"))
    assert expected == used(with_quota(policy(), HOUSE, path, "95%"))


def test_what_was_assumed_says_so_and_the_rest_stays_as_it_was_read() -> None:
    found = with_quota(policy(), HOUSE, "anthropic.weekly.used", "0.95").readings

    assert ["test", "assumed", "test", "test"] == [each.source for each in found]
    assert HOUSE.readings[2:] == found[2:]


def test_a_provider_that_nobody_read_gets_a_reading() -> None:
    (found,) = with_quota(policy(), read(), "google.daily.used", "1").readings

    assert ("google", "daily", Decimal(1)) == (found.provider, found.window, found.used_fraction)


def test_a_larger_limit_leaves_the_amount_that_is_used() -> None:
    tight = reading("anthropic", "0.8").model_copy(update={"limit": Decimal(1000)})

    (found,) = with_quota(policy(), read(tight), "anthropic.limit", "4000").readings

    assert (Decimal("0.2"), 800, 4000) == (found.used_fraction, found.used, found.limit)


def test_a_used_share_of_a_known_limit_is_an_amount() -> None:
    known = reading("anthropic", "0.8").model_copy(update={"limit": Decimal(1000), "used": Decimal(800)})

    (found,) = with_quota(policy(), read(known), "anthropic.used", "10%").readings

    assert 100 == found.used


@pytest.mark.parametrize("text", ["6h", "2026-09-14T12:00", "2026-09-14T14:00+02:00"])
def test_a_reset_is_a_span_from_the_facts_on_or_a_time(text: str) -> None:
    found = with_quota(policy(), HOUSE, "anthropic.weekly.resetsAt", text).readings[1]

    assert NOW + timedelta(hours=6) == found.resets_at


@pytest.mark.parametrize(
    ("path", "text", "problem", "hint"),
    [
        ("antropic.used", "1", "no provider 'antropic'", "did you mean anthropic?"),
        ("anthropic.weely.used", "1", "no window or account 'weely'", "did you mean weekly?"),
        ("google.weely.used", "1", "no window or account 'weely'", "did you mean weekly?"),
        ("anthropic.used", "lots", "expected a used share, found 'lots'", "0.95 or 95%"),
        ("anthropic.used", "95", "expected a used share", "stand for 95 %"),
        ("anthropic.used", "-1%", "expected a used share", "stand for 95 %"),
        ("anthropic.limit", "0", "expected a number above 0", "5000000"),
        ("anthropic.limit", "true", "expected a number above 0", "5000000"),
        ("anthropic.resetsAt", "soon", "expected a time", "write 6h"),
        ("anthropic.resetsAt", "2020-01-01", "expected a time after 2026-09-14", "write 6h"),
    ],
)
def test_a_wrong_path_or_value_names_what_is_nearest(path: str, text: str, problem: str, hint: str) -> None:
    with pytest.raises(UsageError) as error:
        with_quota(policy(), HOUSE, path, text)

    assert problem in error.value.problem
    assert hint in error.value.hint
