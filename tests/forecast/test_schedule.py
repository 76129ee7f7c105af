"""What the real host said of next runs, and what ours says; the files were recorded from OpenClaw."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from reconciler.forecast.schedule import Past, runs


DATA = Path(__file__).parents[1] / "data" / "forecast"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FAR = timedelta(days=3650 * 4)


def recorded(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DATA / name).read_text())
    return found


def moment(ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


@pytest.mark.parametrize(
    "job", recorded("host_jobs.json"), ids=lambda job: f"{job['version']}-{job['id'][:8]}"
)
def test_the_next_run_is_the_one_that_the_host_reported(job: dict[str, Any]) -> None:
    if job["nextRunAtMs"] is None:
        assert not job["enabled"]
        return
    reported = moment(job["nextRunAtMs"])
    before = reported - timedelta(minutes=5)

    found = next(runs(job["id"], job["schedule"], before, before + FAR))
    told = next(runs(job["id"], job["schedule"], before, before + FAR, past=Past(next_run=reported)))

    late = timedelta(
        minutes=2 if job["schedule"]["kind"] == "every" else 0
    )  # an interval counts from a late run
    assert abs(reported - found) <= late
    assert reported == told


def test_around_changes_of_the_clock_the_runs_are_those_of_the_host() -> None:
    for case in recorded("next_runs.json"):
        begin = datetime.fromisoformat(case["from"])
        schedule = {"kind": "cron", "expr": case["expr"], "tz": case["tz"], "staggerMs": 0}

        found = list(islice(runs("any", schedule, begin, begin + FAR), len(case["runs"])))

        assert [datetime.fromisoformat(at) for at in case["runs"]] == found, case


def test_errors_hold_a_job_back() -> None:
    schedule = {"kind": "every", "everyMs": 60_000, "anchorMs": 0}
    past = Past(last_run=NOW, errors=3)

    first, second = islice(runs("any", schedule, NOW, NOW + FAR, past=past), 2)

    assert [NOW + timedelta(minutes=5), NOW + timedelta(minutes=6)] == sorted({first, second})


def test_a_one_shot_that_has_passed_does_not_run() -> None:
    schedule = {"kind": "at", "at": "2026-11-23T13:00:00+01:00"}

    assert [] == list(runs("any", schedule, NOW, NOW + FAR))
    assert [NOW] == list(runs("any", schedule, NOW - timedelta(seconds=1), NOW + FAR))


@pytest.mark.parametrize(
    "schedule",
    [
        {},
        {"kind": "on-exit"},
        {"kind": "cron", "expr": "nonsense"},
        {"kind": "cron", "expr": "* * * * *", "tz": "Mars/Olympus"},
        {"kind": "cron", "expr": 5},
        {"kind": "cron", "expr": "0 0 31 2 *"},
        {"kind": "every", "everyMs": 0},
        {"kind": "every", "everyMs": 10**30},
        {"kind": "at", "at": "tomorrow"},
    ],
)
def test_what_the_host_would_not_run_does_not_run(schedule: dict[str, Any]) -> None:
    assert [] == list(runs("any", schedule, NOW, NOW + timedelta(days=400)))


def test_the_next_run_that_the_host_told_is_believed_over_the_schedule() -> None:
    hourly = {"kind": "cron", "expr": "30 * * * *", "staggerMs": 0}
    later = NOW + timedelta(hours=2)

    found = islice(runs("any", hourly, NOW, NOW + FAR, past=Past(next_run=later, errors=5)), 2)

    assert [later, later + timedelta(minutes=30)] == list(found)


def test_a_told_run_that_has_passed_does_not_stop_the_schedule() -> None:
    hourly = {"kind": "cron", "expr": "30 * * * *", "staggerMs": 0}
    missed = Past(next_run=NOW - timedelta(hours=3))

    assert NOW + timedelta(minutes=30) == next(runs("any", hourly, NOW, NOW + FAR, past=missed))
