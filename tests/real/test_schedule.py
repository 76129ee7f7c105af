"""When the real host will run its jobs, and when ours says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.facts.model import Facts
from reconciler.forecast.schedule import runs
from tests.real.home import OpenClaw
from tests.real.tool import Tactician


pytestmark = pytest.mark.real
FAR = timedelta(days=3650)
SCHEDULES: list[dict[str, Any]] = [
    {"kind": "cron", "expr": "0 * * * *"},
    {"kind": "cron", "expr": "0 */3 * * *", "tz": "America/New_York"},
    {"kind": "cron", "expr": "0 0 * * *", "staggerMs": 7_200_000},
    {"kind": "cron", "expr": "30 15 10 * * *", "tz": "Asia/Kolkata"},
    {"kind": "cron", "expr": "15 4 13 * 5"},
    {"kind": "cron", "expr": "30 2 29 3 *", "tz": "Europe/Berlin"},
    {"kind": "every", "everyMs": 40 * 60_000, "anchorMs": 1_700_000_000_000},
    {"kind": "every", "everyMs": 90 * 60_000},
    {"kind": "at", "at": "2030-07-01T08:00:00+02:00"},
]


def test_the_next_run_of_every_kind_of_schedule_is_the_one_that_the_host_lists(
    openclaw: OpenClaw, tmp_path: Path
) -> None:
    for number, schedule in enumerate(SCHEDULES):
        openclaw.rpc("cron.add", _job(f"schedule {number}", schedule))

    begin = datetime.now(UTC)
    done = Tactician.set_up(openclaw, tmp_path / "work").run("facts")
    listed = {each["id"]: each.get("state", {}).get("nextRunAtMs") for each in openclaw.jobs().values()}

    assert 0 == done.returncode, done.stderr
    facts = Facts.model_validate(json.loads(done.stdout))
    counted = {}
    for job in facts.host.jobs:
        told = job.scheduler and job.scheduler.next_run_at
        if not job.enabled or told is None or (job.scheduler and job.scheduler.last_run_at):
            continue
        assert told.timestamp() * 1000 == listed[job.id]
        ours = next(runs(job.id, job.schedule, begin, begin + FAR, zone=facts.host.zone or "UTC"), None)
        counted[f"{job.name}: {job.schedule}"] = (ours, told)
    assert {name: told for name, (_, told) in counted.items()} == {
        name: ours for name, (ours, _) in counted.items()
    }
    assert len(counted) > len(SCHEDULES)


def _job(name: str, schedule: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "schedule": schedule,
        "sessionTarget": "isolated",
        "wakeMode": "now",
        "payload": {"kind": "agentTurn", "message": "Say done."},
        "delivery": {"mode": "none"},
        "agentId": "main",
    }
