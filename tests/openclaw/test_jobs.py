from __future__ import annotations

import dataclasses

import pytest

from reconciler.openclaw.jobs import CronSchedule, Job, JobState


def job(config_revision: str | None) -> Job:
    return Job(
        id="j1",
        name="Digest",
        enabled=True,
        agent_id=None,
        effective_agent_id=None,
        declaration_key=None,
        session_target="isolated",
        schedule=CronSchedule("0 7 * * *"),
        payload_kind="agentTurn",
        message="private words",
        model=None,
        fallbacks=None,
        thinking=None,
        timeout_seconds=None,
        tools=None,
        delete_after_run=False,
        config_revision=config_revision,
        digest="sha256:ours",
    )


def test_a_job_always_has_a_revision() -> None:
    assert ("sha256:ours", "sha256:theirs") == (job(None).revision, job("sha256:theirs").revision)


def test_a_job_cannot_be_changed_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        job(None).model = "x/y"  # type: ignore[misc]


def test_nothing_is_known_of_a_job_that_never_ran() -> None:
    assert JobState(None, None, None, None, None, None) == job(None).state
