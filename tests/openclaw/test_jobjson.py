from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.openclaw.jobjson import definition_digest, read_jobs
from reconciler.openclaw.jobs import AtSchedule, CronSchedule, EverySchedule, JobProblem, OtherSchedule


CRON = Path(__file__).parent / "fixtures" / "cron"


def recorded(name: str) -> list[Any]:
    jobs: list[Any] = json.loads((CRON / name).read_text(encoding="utf-8"))["jobs"]
    return jobs


def raw(**changes: Any) -> dict[str, Any]:
    return {
        "id": "j1",
        "name": "Digest",
        "schedule": {"kind": "every", "everyMs": 60000},
        "payload": {"kind": "agentTurn", "message": "private words"},
    } | changes


@pytest.mark.parametrize(
    ("name", "count"),
    [("2026.3.22/jobs.json", 16), ("2026.5.28/jobs.json", 16), ("2026.9.6/cron-list.json", 24)],
)
def test_every_recorded_job_is_read(name: str, count: int) -> None:
    found = read_jobs(recorded(name))

    assert count == len(found.jobs)
    assert () == found.problems


def test_a_job_of_2026_9_6_keeps_everything_that_decides_its_model() -> None:
    found = {job.name: job for job in read_jobs(recorded("2026.9.6/cron-list.json")).jobs}

    job = found["Nightly code review"]
    assert ("coder", "coder", None) == (job.agent_id, job.effective_agent_id, job.declaration_key)
    assert CronSchedule("0 2 * * 1-5") == job.schedule
    assert ("agentTurn", "acme/code-pro") == (job.payload_kind, job.model)
    assert ("acme/smart-large", "homelab/local-small") == job.fallbacks
    assert ("off", 900.0, ("*",)) == (job.thinking, job.timeout_seconds, job.tools)
    assert "ok" == job.state.last_status
    assert () == found["Strict plan user"].fallbacks
    assert found["Bedtime story"].fallbacks is None
    assert "skill-collection-review:main" == found["skill-collection-review-main"].declaration_key
    assert not found["Paused photo captions"].enabled
    assert found["Dentist one-shot"].delete_after_run


def test_each_kind_of_schedule_is_told_apart() -> None:
    kinds = [
        {"kind": "cron", "expr": "0 */6 * * *", "tz": "UTC", "staggerMs": 300000},
        {"kind": "every", "everyMs": 900000, "anchorMs": 5},
        {"kind": "at", "at": "2027-01-15T09:00:00.000Z"},
        {"kind": "on-exit", "anything": 1},
    ]

    found = read_jobs([raw(id=str(n), schedule=kind) for n, kind in enumerate(kinds)])

    assert [
        CronSchedule("0 */6 * * *", "UTC", 300000),
        EverySchedule(900000, 5),
        AtSchedule("2027-01-15T09:00:00.000Z"),
        OtherSchedule("on-exit"),
    ] == [job.schedule for job in found.jobs]


MALFORMED = [
    ("text", "it is not an object"),
    (raw(payload=None), "payload is not an object"),
    (raw(payload={"message": "x"}), "payload.kind is not a text"),
    (raw(payload={"kind": "agentTurn", "model": ["x"]}), "model is not a text"),
    (raw(payload={"kind": "agentTurn", "fallbacks": "x"}), "fallbacks is not a list of texts"),
    (raw(payload={"kind": "agentTurn", "fallbacks": [1]}), "fallbacks is not a list of texts"),
    (raw(payload={"kind": "agentTurn", "timeoutSeconds": "x"}), "timeoutSeconds is not a number"),
    (raw(payload={"kind": "agentTurn", "timeoutSeconds": float("inf")}), "timeoutSeconds is not a number"),
    (raw(schedule={}), "schedule.kind is not a text"),
    (raw(schedule={"kind": "cron"}), "schedule.expr is not a text"),
    (raw(schedule={"kind": "every", "everyMs": 0}), "schedule.everyMs is not a positive number"),
    (raw(enabled="yes"), "enabled is not true or false"),
]


@pytest.mark.parametrize(("broken", "reason"), MALFORMED)
def test_a_malformed_job_becomes_a_problem_and_hides_no_other(broken: Any, reason: str) -> None:
    found = read_jobs([raw(id="before"), broken, raw(id="after")])

    assert ["before", "after"] == [job.id for job in found.jobs]
    (problem,) = found.problems
    assert reason == problem.reason


def test_a_job_nested_too_deeply_hides_no_other() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]

    found = read_jobs([raw(description=deep), raw(id="ok")])

    assert ["ok"] == [job.id for job in found.jobs]
    assert (JobProblem("j1", "it is nested too deeply"),) == found.problems


def test_a_problem_names_the_id_or_the_position() -> None:
    found = read_jobs([raw(schedule=None), raw(id=None), raw(id="a\nb"), raw(id="x" * 201)])

    assert ["j1", "#1", "#2", "#3"] == [problem.id for problem in found.problems]


def test_an_id_that_two_jobs_share_is_a_problem() -> None:
    found = read_jobs([raw(name="first"), raw(name="second")])

    assert ["first"] == [job.name for job in found.jobs]
    assert (JobProblem("j1", "another job has the same id"),) == found.problems


def test_a_strange_state_hides_no_job() -> None:
    state = {"nextRunAtMs": "soon", "lastRunAtMs": True, "consecutiveErrors": float("nan"), "lastStatus": 3}

    (job,) = read_jobs([raw(state=state)]).jobs
    (other,) = read_jobs([raw(state="gone")]).jobs

    assert job.state == other.state


def test_a_job_without_a_name_is_called_by_its_id() -> None:
    (job,) = read_jobs([raw(name=None)]).jobs

    assert "j1" == job.name


def test_the_prompt_never_shows_in_a_representation() -> None:
    (job,) = read_jobs([raw()]).jobs

    assert "private words" == job.message
    assert "private" not in repr(job)


def test_the_digest_is_the_revision_that_the_gateway_itself_computes() -> None:
    """Three recorded prompts were shortened after the capture, so theirs cannot agree."""
    jobs = [job for job in read_jobs(recorded("2026.9.6/cron-list.json")).jobs if "skill-" not in job.name]

    assert 21 == len(jobs)
    assert [job.config_revision for job in jobs] == [job.digest for job in jobs]


def test_letters_beyond_ascii_are_digested_as_the_gateway_writes_them() -> None:
    expected = urlsafe_b64encode(sha256('{"name":"Übersicht"}'.encode()).digest()).decode().rstrip("=")

    assert f"sha256:{expected}" == definition_digest({"name": "Übersicht", "state": {}})


def test_a_run_changes_no_digest_and_an_edit_does() -> None:
    plain = definition_digest(raw())
    ran = raw(
        updatedAtMs=9, state={"lastStatus": "ok"}, nextRunAtMs=3, lastRunStatus="ok", effectiveAgentId="main"
    )

    assert plain == definition_digest(ran)
    assert plain != definition_digest(
        raw(payload={"kind": "agentTurn", "message": "private words", "model": "x/y"})
    )
    assert plain != definition_digest(raw(enabled=False))


def test_the_revision_is_the_gateways_where_it_has_one() -> None:
    plain, told = read_jobs([raw(), raw(id="j2", configRevision="sha256:told")]).jobs

    assert plain.digest == plain.revision
    assert "sha256:told" == told.revision


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_no_value_whatever_stops_the_reading(item: Any) -> None:
    found = read_jobs([item, raw(schedule=item), raw(id="j2", payload=item), raw(id="ok")])

    assert "ok" in {job.id for job in found.jobs}
