from __future__ import annotations

from typing import Any

import pytest

from reconciler.facts.model import HostFacts, JobFacts, JobUse
from reconciler.forecast.heartbeats import every_ms, with_heartbeats
from tests.forecast.houses import history, job


MINUTE = 60_000
BEATS = history(jobs=(JobUse(job="heartbeat:main", runs=9, mean=40, p90=60),))


def host(config: dict[str, Any], *jobs: JobFacts) -> HostFacts:
    return HostFacts(
        id="h", label="h", layout="legacy", jobs_from="none", gateway=False, config=config, jobs=jobs
    )


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("1h30m", 90), ("45", 45), ("90s", 1.5), ("0m", 0), ("2 h", 120), ("soon", 30), ("", 30), (5, 30)],
)
def test_an_agent_is_woken_as_often_as_its_configuration_says(written: object, minutes: float) -> None:
    config = {"agents": {"defaults": {"heartbeat": {"every": written}}}}

    assert minutes * MINUTE == every_ms(host(config), "main")


def test_the_agents_own_interval_comes_before_that_of_all() -> None:
    agents = {"list": [{"id": "main", "heartbeat": {"every": "10m"}}]}
    config = {"agents": {"defaults": {"heartbeat": {"every": "2h"}}, **agents}}

    assert (10 * MINUTE, 120 * MINUTE) == (every_ms(host(config), "main"), every_ms(host(config), "other"))


def test_a_heartbeat_that_no_host_lists_runs_by_the_configuration() -> None:
    (beat,) = with_heartbeats(host({}), [BEATS])

    assert ("heartbeat:main", "heartbeat of main", True) == (beat.id, beat.name, beat.enabled)
    assert {"kind": "every", "everyMs": 30 * MINUTE} == beat.schedule


def test_a_heartbeat_that_is_off_does_not_run() -> None:
    (beat,) = with_heartbeats(host({"agents": {"defaults": {"heartbeat": {"every": "0m"}}}}), [BEATS])

    assert not beat.enabled


def test_a_heartbeat_that_the_host_lists_is_known_by_the_name_of_its_use() -> None:
    listed = job("2c5a0dd4", 20).model_copy(update={"declaration_key": "heartbeat:main"})

    (beat,) = with_heartbeats(host({}, listed), [BEATS])

    assert ("heartbeat:main", listed.schedule) == (beat.id, beat.schedule)


def test_without_use_of_a_heartbeat_none_is_made_up() -> None:
    assert () == with_heartbeats(host({}), [history()])
