from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.jsontypes import Json
from reconciler.quota.numbers import dollars, number, of_percent_left, share, whole


@pytest.mark.parametrize(
    "value", [True, False, None, "", "NaN", "inf", "-Infinity", "1e99", "0x10", [], {}, "1 2"]
)
def test_what_is_no_number_is_none(value: Json) -> None:
    assert number(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("812.5000000000", "812.5"), (" 7 ", "7"), (-3, "-3"), ("1e2", "100"), (".5", "0.5")],
)
def test_numbers_may_be_texts(value: Json, expected: str) -> None:
    assert Decimal(expected) == number(value)


def test_use_beyond_the_limit_is_told_and_a_negative_use_is_none() -> None:
    assert Decimal("1.15") == share(Decimal(345), Decimal(300))
    assert Decimal(0) == share(Decimal(-1), Decimal(300))
    assert Decimal("1.15") == of_percent_left(Decimal(-15))


def test_a_limit_of_zero_is_never_divided_by() -> None:
    assert share(Decimal(1), Decimal(0)) is None


def test_amounts_may_bear_a_dollar_sign() -> None:
    assert Decimal("1036.5") == dollars("$1,036.50")


@given(st.text(max_size=60) | st.floats() | st.integers())
def test_any_value_is_read_or_refused(value: Json) -> None:
    found = number(value)

    assert found is None or found.is_finite()
    assert whole(value) is None or whole(value) == found
