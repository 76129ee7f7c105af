from __future__ import annotations

from decimal import Decimal

from reconciler.quota.readings import readings
from reconciler.quota.shape import Answer, Money, window
from tests.quota.asking import NOW


def facts(**parts: object) -> dict[str, Decimal | None]:
    answer = Answer.model_validate(
        {"provider": "x", "source": "api", "status": "ok", "taken_at": NOW, **parts}
    )
    return {each.window: each.used_fraction for each in readings(answer, provider="p", account="a")}


def test_unknown_stays_unknown_and_what_limits_nothing_is_left_out() -> None:
    windows = (
        window("a", Decimal("0.5")),
        window("b", None),
        window("c", None, state="unlimited"),
        window("d", None, state="not_included"),
    )

    assert {"a": Decimal("0.5"), "b": None} == facts(windows=windows)


def test_a_cap_of_nothing_is_used_up() -> None:
    assert {"key_budget": Decimal(1)} == facts(windows=(window("key_budget", None, state="exhausted"),))


def test_a_budget_is_a_window_and_a_balance_is_none() -> None:
    money = (
        Money(id="extra_usage", kind="budget", amount=Decimal(60), limit=Decimal(50), unit="USD"),
        Money(id="credits", kind="balance", amount=Decimal(60), unit="USD"),
    )

    assert {"extra_usage": Decimal("1.2")} == facts(money=money)
