from __future__ import annotations

from datetime import timedelta

import pytest

from reconciler.loop.backoff import retry_at
from reconciler.loop.pace import pause, wake_at
from tests.worlds import NOW, policy, reading


@pytest.mark.parametrize(
    ("used", "minutes"),
    [(None, 60), ("0.69", 60), ("0.7", 5), ("0.79", 5), ("0.8", 60), ("0.85", 5), ("0.95", 60)],
)
def test_near_a_threshold_it_looks_every_five_minutes(used: str | None, minutes: int) -> None:
    found = pause(policy(), [reading("openai", "0.1"), reading("anthropic", used)], timedelta(hours=1))

    assert timedelta(minutes=minutes) == found


def test_it_never_looks_less_often_than_the_interval() -> None:
    assert timedelta(minutes=2) == pause(policy(), [reading("anthropic", "0.79")], timedelta(minutes=2))


def test_the_pause_after_failures_doubles_up_to_six_hours() -> None:
    minutes = [(retry_at(failures, NOW) - NOW) // timedelta(minutes=1) for failures in (1, 2, 3, 7, 8, 10**9)]

    assert [5, 10, 20, 320, 360, 360] == minutes


def test_a_back_off_is_waited_for() -> None:
    hour = timedelta(hours=1)

    assert NOW + hour == wake_at(NOW, hour, None)
    assert NOW + hour == wake_at(NOW, hour, NOW + hour / 2)
    assert NOW + 3 * hour == wake_at(NOW, hour, NOW + 3 * hour)
