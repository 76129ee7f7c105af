"""A job that waits for a reset: what is written of it, and that it is woken whatever becomes of us."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import Refused, StalePlan
from reconciler.facts.model import Reading
from reconciler.openclaw.host import JobChoice
from reconciler.openclaw.recording import RecordingHost
from reconciler.policy.model import Policy
from tests.apply.hosts import NOW, STORES, Applied, applied
from tests.openclaw.fake_cron import cron_job
from tests.worlds import policy, reading


RESET = NOW + timedelta(days=2)
HOURLY = {"kind": "cron", "expr": "30 * * * *", "tz": "UTC"}
SOON, AFTER = NOW + timedelta(minutes=30), RESET + timedelta(minutes=30)
gateways = pytest.mark.parametrize("store", STORES[1:])


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def hourly(**changes: Any) -> dict[str, Any]:
    own = {"schedule": HOURLY, "state": {"nextRunAtMs": ms(SOON), "lastRunAtMs": ms(SOON) - 3_600_000}}
    return {**cron_job("j1", model="openai/gpt-5.4"), **own, **changes}


def owner() -> Policy:
    rules = "rules: [{name: can wait, whenExhausted: defer, match: {job: Digest}}]"
    known = "providers: {openai: {quotaSource: api}}\nmodels: {openai/gpt-5.4: {scores: {simple: 0.9}}}"
    return policy(rules, providers=known)


def used(share: str) -> tuple[Reading, ...]:
    return (reading("openai", share).model_copy(update={"resets_at": RESET, "taken_at": NOW}),)


def deferred(host: Applied) -> Any:
    host.readings = used("1")
    return host.apply(host.plan(owner()), owner())


def state(host: Applied) -> dict[str, Any]:
    found: dict[str, Any] = host.job("j1")["state"]
    return found


@gateways
def test_the_job_stays_enabled_and_byte_for_byte_what_it_was(tmp_path: Path, store: str) -> None:
    with applied(tmp_path / "host", store, hourly()) as host:
        before = {key: value for key, value in host.job("j1").items() if key != "state"}
        revision = host.live.read().jobs.jobs[0].revision

        done = deferred(host)

        assert host.cron is not None
        assert [{"state": {"nextRunAtMs": ms(AFTER)}}] == [each["patch"] for each in host.cron.updates]
        assert before == {key: value for key, value in host.job("j1").items() if key != "state"}
        assert (revision, revision) == (done.jobs[0].revision_before, done.jobs[0].revision_after)
        assert ("done", "next run 2026-09-16 06:30 UTC") == (done.status, done.slots[0].after)
        assert {"nextRunAtMs": ms(AFTER), "lastRunAtMs": ms(SOON) - 3_600_000} == state(host)


@gateways
def test_once_it_waits_nothing_is_left_to_plan(tmp_path: Path, store: str) -> None:
    with applied(tmp_path / "host", store, hourly()) as host:
        deferred(host)

        assert () == host.plan(owner()).settings


@gateways
def test_quota_before_the_reset_wakes_it(tmp_path: Path, store: str) -> None:
    with applied(tmp_path / "host", store, hourly()) as host:
        deferred(host)
        host.readings, host.now = used("0.1"), NOW + timedelta(hours=3)

        host.apply(host.plan(owner()), owner())

        assert ms(NOW + timedelta(hours=3, minutes=30)) == state(host)["nextRunAtMs"]


@gateways
@pytest.mark.parametrize(
    ("hours", "back_at"), [(0, SOON), (5, NOW + timedelta(hours=5, minutes=30))], ids=["at once", "later"]
)
def test_a_rollback_brings_the_next_run_back(
    tmp_path: Path, store: str, hours: int, back_at: datetime
) -> None:
    with applied(tmp_path / "host", store, hourly()) as host:
        done = deferred(host)
        host.now = NOW + timedelta(hours=hours)

        undone = host.undo(done)

        assert ("done", ms(back_at)) == (undone.status, state(host)["nextRunAtMs"])


def test_after_the_reset_there_is_nothing_to_roll_back(tmp_path: Path) -> None:
    with applied(tmp_path / "host", STORES[-1], hourly()) as host:
        done = deferred(host)
        state(host)["nextRunAtMs"] = ms(AFTER) + 3_600_000  # the host ran it and went on

        undone = host.undo(done)

        assert ["skipped"] == [job.outcome for job in undone.jobs]
        assert ms(AFTER) + 3_600_000 == state(host)["nextRunAtMs"]


def test_a_job_with_another_schedule_by_then_makes_the_plan_stale(tmp_path: Path) -> None:
    with applied(tmp_path / "host", STORES[-1], hourly()) as host:
        host.readings = used("1")
        plan = host.plan(owner())
        host.job("j1")["schedule"] = {**HOURLY, "expr": "0 9 * * *"}

        with pytest.raises(StalePlan) as told:
            host.apply(plan, owner())

        assert ("job/Digest: was 30 * * * * UTC, is now 0 9 * * * UTC",) == told.value.evidence


def test_a_run_between_plan_and_apply_does_not_matter(tmp_path: Path) -> None:
    with applied(tmp_path / "host", STORES[-1], hourly()) as host:
        host.readings = used("1")
        plan = host.plan(owner())
        state(host).update(nextRunAtMs=ms(SOON) + 3_600_000, lastRunAtMs=ms(SOON))

        assert "done" == host.apply(plan, owner()).status
        assert ms(AFTER) == state(host)["nextRunAtMs"]


def test_a_gateway_that_does_not_keep_the_next_run_is_found_out(tmp_path: Path) -> None:
    with applied(tmp_path / "host", STORES[-1], hourly(), drops=frozenset({"state"})) as host:
        done = deferred(host)

        assert ("failed", "failed") == (done.status, done.jobs[0].outcome)
        assert (
            "the host has next run 2026-09-14 06:30 UTC instead of next run 2026-09-16 06:30 UTC"
            == done.jobs[0].note
        )


def test_without_a_gateway_no_next_run_is_written(tmp_path: Path) -> None:
    with applied(tmp_path / "host", "jobs.json", hourly()) as host:
        (job,) = host.live.read().jobs.jobs

        with pytest.raises(Refused, match="can only be moved through the gateway"):
            host.live.write_job(job, JobChoice(next_run_at_ms=ms(AFTER), keys=("nextRunAtMs",)))

        assert ms(SOON) == state(host)["nextRunAtMs"]


def test_a_rehearsal_tells_the_next_run(tmp_path: Path) -> None:
    lines: list[str] = []
    with applied(tmp_path / "host", STORES[-1], hourly()) as host:
        (job,) = host.live.read().jobs.jobs

        then = RecordingHost(host.live, lines.append).write_job(
            job, JobChoice(next_run_at_ms=ms(AFTER), keys=("nextRunAtMs",))
        )

    assert ms(AFTER) == then.state.next_run_at_ms
    assert ["would write job Digest (j1): next run 2026-09-16 06:30 UTC"] == lines
