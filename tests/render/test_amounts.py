from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from reconciler.render.amounts import chance, resets


NOW = datetime(2026, 9, 20, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (None, "reset unknown"),
        (NOW, "reset passed at 2026-09-20 10:00 UTC"),
        (NOW + timedelta(days=2), "resets in 2 d 0 h, Tue 22 Sep 10:00 UTC"),
        (NOW + timedelta(days=365), "resets in 365 d 0 h, 2027-09-20 10:00 UTC"),
    ],
)
def test_a_reset_is_told_with_its_year_where_that_is_in_doubt(at: datetime | None, said: str) -> None:
    assert said == resets(at, NOW)


@pytest.mark.parametrize(
    ("of", "said"),
    [("0", "< 1 %"), ("0.004", "< 1 %"), ("0.42", "42 %"), ("0.996", "> 99 %"), ("1", "100 %")],
)
def test_a_chance_is_certain_only_where_it_has_come_true(of: str, said: str) -> None:
    assert said == chance(Decimal(of))
