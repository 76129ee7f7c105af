from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from reconciler.jsontypes import Json
from reconciler.policy.document import Provider
from reconciler.quota.account import Account, bare, from_host, readings
from reconciler.quota.host_usage import answers
from reconciler.quota.shape import Answer
from tests.quota.asking import NOW


TAKEN = datetime(2026, 9, 20, 9, 58, tzinfo=UTC)


def told(answer: Answer) -> Account:
    """Let the host tell of an account that nobody else knows."""
    return from_host(bare(answer.provider, Provider(quota_source="api")), answer)


def status(*rows: Json) -> dict[str, Json]:
    return {"updatedAt": int(TAKEN.timestamp() * 1000), "providers": list(rows)}


def test_windows_and_budgets_of_the_host_are_readings_like_any_other() -> None:
    row: Json = {
        "provider": "clawrouter",
        "plan": "Managed monthly budget",
        "windows": [
            {"label": "5h", "usedPercent": 83, "resetAt": 1796083200000},
            {"label": "Week", "usedPercent": 140},
        ],
        "billing": [{"type": "budget", "used": 41.5, "limit": 50, "unit": "USD", "period": "month"}],
    }

    (answer,) = answers(status(row), NOW)
    found = {each.window: each for each in readings(told(answer))}

    assert ("ok", TAKEN, "openclaw") == (answer.status, answer.taken_at, answer.source)
    assert {"session": Decimal("0.83"), "weekly": Decimal("1.4"), "budget": Decimal("0.83")} == {
        name: each.used_fraction for name, each in found.items()
    }
    assert TAKEN == found["session"].taken_at


def test_a_provider_that_the_host_could_not_ask_is_unknown_and_its_message_is_not_passed_on() -> None:
    (answer,) = answers(status({"provider": "anthropic", "windows": [], "error": "401 sk-CANARY"}), NOW)

    assert answer.error
    assert "CANARY" not in repr(answer)
    assert [] == list(readings(told(answer)))


def test_no_entry_is_no_answer_and_a_bad_entry_hides_no_other() -> None:
    assert () == answers({"providers": []}, NOW)
    assert () == answers({}, NOW)
    good: Json = {"provider": "zai", "windows": [None, 5, {"label": "Weekly", "usedPercent": "12"}]}
    assert ["zai"] == [each.provider for each in answers(status(None, "x", {}, good), NOW)]


def test_a_time_in_the_future_is_not_believed() -> None:
    (answer,) = answers({"updatedAt": 4102444800000, "providers": [{"provider": "zai"}]}, NOW)

    assert NOW == answer.taken_at
