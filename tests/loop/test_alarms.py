from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from reconciler.facts.model import Reading
from reconciler.ledger.alarms import Raised
from reconciler.loop.alarms import crossings
from tests.worlds import NOW, policy


HOUR = timedelta(hours=1)
RESET = NOW + 48 * HOUR
POLICY = policy("warningThreshold: 0.8\ncriticalThreshold: 0.95")


def weekly(used: str | None, at: datetime = NOW, resets_at: datetime | None = RESET) -> Reading:
    return Reading(
        provider="anthropic",
        window="weekly",
        used_fraction=None if used is None else Decimal(used),
        resets_at=resets_at,
        taken_at=at,
        source="test",
    )


def told(*readings: Reading) -> list[str]:
    """Look at one reading after the other and return what was told, each time."""
    raised: tuple[Raised, ...] = ()
    found = []
    for reading in readings:
        alarms, raised = crossings(POLICY, [reading], raised, reading.taken_at)
        found.append(" ".join(alarm.level for alarm in alarms))
    return found


def test_each_threshold_is_told_once() -> None:
    assert ["", "warning", "", "critical", ""] == told(
        *(weekly(used) for used in ("0.79", "0.8", "0.9", "0.97", "1"))
    )


def test_a_jump_past_both_is_one_alarm() -> None:
    assert ["critical"] == told(weekly("0.99"))


def test_a_reading_that_wavers_at_the_threshold_is_told_once() -> None:
    assert ["warning", "", "", ""] == told(*(weekly(used) for used in ("0.8", "0.79", "0.81", "0.76")))


def test_a_use_that_fell_far_below_may_be_told_again() -> None:
    assert ["warning", "", "warning"] == told(weekly("0.82"), weekly("0.74"), weekly("0.81"))


def test_after_falling_below_critical_alone_only_critical_is_told_again() -> None:
    assert ["critical", "", "critical"] == told(weekly("0.96"), weekly("0.85"), weekly("0.95"))


def test_the_window_that_starts_anew_is_told_of_again() -> None:
    later = RESET + HOUR
    assert ["warning", "warning"] == told(weekly("0.9"), weekly("0.9", later, later + 48 * HOUR))


def test_a_window_whose_end_moves_on_with_the_time_is_told_once() -> None:
    readings = [weekly("0.9", NOW + n * HOUR, NOW + (n + 5) * HOUR) for n in range(20)]

    assert ["warning"] == [word for word in told(*readings) if word]


def test_what_nobody_knows_is_no_alarm_and_rearms_nothing() -> None:
    assert ["", "warning", "", ""] == told(weekly(None), weekly("0.8"), weekly(None), weekly("0.8"))


def test_a_budget_has_a_threshold_of_its_own() -> None:
    budget = policy(
        providers="providers:\n  openrouter:\n    {quotaSource: api, quotaType: budget, tier: budget, "
        "budget: {monthlyLimit: 10, alertThreshold: 0.5}}"
    )
    spent = weekly("0.6").model_copy(update={"provider": "openrouter", "unit": "usd"})

    (alarm,) = crossings(budget, [spent], (), NOW).alarms

    assert "openrouter weekly: 60% used (warning), starts anew 2026-09-16 06:00 UTC" == alarm.text
