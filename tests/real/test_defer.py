"""A real host wakes a job whose next run was moved, and its definition stays what it was."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from reconciler.openclaw.home import Home
from reconciler.openclaw.host import JobChoice
from reconciler.openclaw.live import LiveHost
from tests.real.home import OpenClaw


pytestmark = pytest.mark.real
HOUR_MS = 3_600_000
EVERY = {"kind": "every", "everyMs": HOUR_MS}
DAILY = {"kind": "cron", "expr": "30 4 * * *", "tz": "UTC"}


@contextmanager
def live(openclaw: OpenClaw) -> Iterator[LiveHost]:
    home = Home(openclaw.config_path, openclaw.state_dir)
    environ = {"OPENCLAW_GATEWAY_PORT": str(openclaw.port), **openclaw.env}
    with LiveHost(home, environ, device_dir=openclaw.home / "device") as host:
        yield host


def move(openclaw: OpenClaw, job_id: str, at_ms: int) -> None:
    with live(openclaw) as host:
        job = next(job for job in host.read().jobs.jobs if job.id == job_id)
        wanted = JobChoice(next_run_at_ms=at_ms, keys=("nextRunAtMs",))

        written = host.write_job(job, wanted)

        assert at_ms == written.state.next_run_at_ms
        assert job.revision == written.revision


def next_run(openclaw: OpenClaw, job_id: str) -> Any:
    return openclaw.jobs()[job_id]["state"].get("nextRunAtMs")


@pytest.mark.parametrize("schedule", [EVERY, DAILY], ids=["interval", "expression"])
def test_a_deferred_job_waits_through_a_restart_and_runs_by_itself(
    openclaw: OpenClaw, schedule: dict[str, Any]
) -> None:
    job = openclaw.rpc("cron.add", _job(schedule))
    natural = next_run(openclaw, job["id"])
    days_later = natural + 3 * 24 * HOUR_MS

    move(openclaw, job["id"], days_later)
    openclaw.restart()

    assert days_later == next_run(openclaw, job["id"])
    assert [] == openclaw.runs(job["id"])
    move(openclaw, job["id"], int(time.time() * 1000) + 2_000)
    openclaw.wait_until(lambda: bool(openclaw.runs(job["id"])), seconds=120, what="the job to run by itself")
    assert "ok" == openclaw.runs(job["id"])[0]["status"]
    openclaw.rpc("cron.remove", {"id": job["id"]})


def _job(schedule: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "deferred",
        "schedule": schedule,
        "sessionTarget": "isolated",
        "wakeMode": "now",
        "payload": {"kind": "agentTurn", "message": "Say done.", "model": "acme/fast-mini"},
        "delivery": {"mode": "none"},
        "agentId": "main",
    }
