from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.jsontypes import Json
from reconciler.quota.times import moment


NOON = datetime(2026, 9, 20, 12, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        1789907520,
        1789907520000,
        " 1789907520",
        "2026-09-20T12:32:00Z",
        "2026-09-20T12:31:59.943648+00:00",
        "2026-09-20T14:32:00.123456789+02:00",
        "2026-09-20T12:32:00",
    ],
)
def test_every_form_of_a_time_is_the_same_whole_second_in_utc(value: Json) -> None:
    assert NOON == moment(value)


def test_a_bare_date_is_its_midnight() -> None:
    assert datetime(2026, 10, 1, tzinfo=UTC) == moment("2026-10-01")


@pytest.mark.parametrize(
    "value", [None, 0, -5, "1970-01-01T00:00:00Z", "soon", "", True, {}, 10**20, "9999-12-31T23:59:59.9Z"]
)
def test_fillers_and_nonsense_are_no_time(value: Json) -> None:
    assert moment(value) is None


@given(st.text(max_size=40) | st.floats() | st.integers())
def test_any_value_is_read_or_refused(value: Json) -> None:
    found = moment(value)

    assert found is None or found.tzinfo is UTC
