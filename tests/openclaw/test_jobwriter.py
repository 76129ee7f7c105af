from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import StalePlan
from reconciler.openclaw.gateway import ADMIN, READ, Gateway, GatewayAddress, connect
from reconciler.openclaw.gateway_errors import RpcError
from reconciler.openclaw.host import JobChoice, choice_of
from reconciler.openclaw.jobstore import JobStore, find_store
from reconciler.openclaw.jobwriter import Patience, find_job, update_by_gateway, update_in_file
from tests.openclaw.fake_cron import FakeCron, cron_gateway, cron_job
from tests.openclaw.fake_gateway import EARLY, MODERN, RATE_LIMITED, TOKEN, Era, RefusedError


LOCAL = JobChoice("ollama/qwen3:8b", ("openai/gpt-5.4",))


class Clock:
    """Pauses that only count; what was told about them."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.told: list[str] = []

    @property
    def patience(self) -> Patience:
        return Patience(self.pauses.append, self.told.append)


@contextmanager
def writing(
    tmp_path: Path, era: Era, *jobs: dict[str, Any], **trouble: Any
) -> Iterator[tuple[Gateway, FakeCron]]:
    with cron_gateway(era, *jobs, **trouble) as (fake, cron):
        address = GatewayAddress(fake.url, TOKEN)
        with connect(address, (READ, ADMIN), device_dir=tmp_path / "device", timeout=5) as gateway:
            yield gateway, cron


def limited(times: int) -> Any:
    """Refuse the first *times* updates as the gateway's limit does."""
    left = [RATE_LIMITED] * times

    def refuse(_params: Mapping[str, Any]) -> None:
        if left:
            raise RefusedError(left.pop())

    return refuse


def test_a_modern_gateway_is_told_which_job_was_seen(tmp_path: Path) -> None:
    with writing(tmp_path, MODERN, cron_job("j1")) as (gateway, cron):
        job = cron.read("j1")

        update_by_gateway(gateway, job, LOCAL, Clock().patience)

        payload = {"kind": "agentTurn", "model": "ollama/qwen3:8b", "fallbacks": ["openai/gpt-5.4"]}
        update = {"id": "j1", "patch": {"payload": payload}, "expectedConfigRevision": job.config_revision}
        assert [update] == cron.updates
        assert choice_of(cron.read("j1")) == LOCAL


def test_an_early_gateway_gets_no_key_that_it_does_not_know(tmp_path: Path) -> None:
    with writing(tmp_path, EARLY, cron_job("j1")) as (gateway, cron):
        update_by_gateway(gateway, cron.read("j1"), LOCAL, Clock().patience)

        payload = {"kind": "agentTurn", "model": "ollama/qwen3:8b"}
        assert [{"id": "j1", "patch": {"payload": payload}}] == cron.updates


def test_only_what_changes_is_sent_and_null_for_what_shall_be_absent(tmp_path: Path) -> None:
    job = cron_job("j1", model="openai/gpt-5.4", fallbacks=["openai/gpt-5.4"])
    with writing(tmp_path, MODERN, job) as (gateway, cron):
        wanted = JobChoice(None, ("openai/gpt-5.4",))

        update_by_gateway(gateway, cron.read("j1"), wanted, Clock().patience)

        assert {"kind": "agentTurn", "model": None} == cron.updates[0]["patch"]["payload"]
        assert choice_of(cron.read("j1")) == wanted


@pytest.mark.parametrize("era", [EARLY, MODERN], ids=lambda era: era.version)
def test_a_job_that_somebody_changed_meanwhile_is_left_alone(tmp_path: Path, era: Era) -> None:
    with writing(tmp_path, era, cron_job("j1")) as (gateway, cron):
        job = cron.read("j1")
        cron.jobs["j1"]["payload"]["message"] = "Something else entirely."

        with pytest.raises(StalePlan, match="the job j1 was changed by somebody else just now"):
            update_by_gateway(gateway, job, LOCAL, Clock().patience)

        assert "model" not in cron.jobs["j1"]["payload"]


def test_a_job_that_is_gone_from_an_early_gateway_is_told(tmp_path: Path) -> None:
    with writing(tmp_path, EARLY, cron_job("j1")) as (gateway, cron):
        job = cron.read("j1")
        cron.jobs.clear()

        with pytest.raises(StalePlan, match="the job j1 is gone"):
            update_by_gateway(gateway, job, LOCAL, Clock().patience)


def test_the_limit_is_waited_for_as_long_as_the_gateway_says(tmp_path: Path) -> None:
    clock = Clock()
    with writing(tmp_path, MODERN, cron_job("j1"), before=limited(1)) as (gateway, cron):
        update_by_gateway(gateway, cron.read("j1"), LOCAL, clock.patience)

        assert choice_of(cron.read("j1")) == LOCAL
    assert [53.386] == clock.pauses
    assert ["the gateway takes thirty changes a minute: going on in 53 s"] == clock.told


def test_a_limit_that_does_not_end_is_not_waited_for(tmp_path: Path) -> None:
    clock = Clock()
    with (
        writing(tmp_path, MODERN, cron_job("j1"), before=limited(9)) as (gateway, cron),
        pytest.raises(RpcError, match="rate limit exceeded"),
    ):
        update_by_gateway(gateway, cron.read("j1"), LOCAL, clock.patience)

    assert [53.386] == clock.pauses
    assert "model" not in cron.jobs["j1"]["payload"]


def test_an_error_that_may_not_be_repeated_is_not_repeated(tmp_path: Path) -> None:
    error = {**RATE_LIMITED, "retryable": False}

    def refuse(_params: Mapping[str, Any]) -> None:
        raise RefusedError(error)

    clock = Clock()
    with (
        writing(tmp_path, MODERN, cron_job("j1"), before=refuse) as (gateway, cron),
        pytest.raises(RpcError),
    ):
        update_by_gateway(gateway, cron.read("j1"), LOCAL, clock.patience)

    assert [] == clock.pauses
    assert 1 == len(cron.updates)


def store_of(tmp_path: Path, *jobs: dict[str, Any]) -> JobStore:
    path = tmp_path / "cron" / "jobs.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"version": 1, "jobs": list(jobs)}, indent=2, ensure_ascii=False))
    return find_store(tmp_path)


def test_a_file_without_a_gateway_is_changed_in_that_job_only(tmp_path: Path) -> None:
    store = store_of(tmp_path, cron_job("j1"), cron_job("j2", "Other", model="openai/gpt-5.4"))
    job, other = store.read().jobs

    update_in_file(store, job, JobChoice("ollama/qwen3:8b", None))

    assert JobChoice("ollama/qwen3:8b", None) == choice_of(find_job(job, store.read()))
    assert other == find_job(other, store.read())
    assert ["jobs.json"] == [path.name for path in (tmp_path / "cron").iterdir()]


def test_the_old_choice_written_back_gives_the_old_bytes(tmp_path: Path) -> None:
    store = store_of(tmp_path, cron_job("j1", "Grüße \u2028"), cron_job("j2", "Other"))
    assert store.path
    before = store.path.read_bytes()
    job = store.read().jobs[0]

    update_in_file(store, job, JobChoice("ollama/qwen3:8b", ("a/b",)))
    update_in_file(store, find_job(job, store.read()), choice_of(job))

    assert before == store.path.read_bytes()


def test_a_job_of_the_file_that_somebody_changed_is_left_alone(tmp_path: Path) -> None:
    store = store_of(tmp_path, cron_job("j1"))
    assert store.path
    job = store.read().jobs[0]
    store.path.write_text(store.path.read_text().replace("0 7 * * *", "0 8 * * *"))
    before = store.path.read_bytes()

    with pytest.raises(StalePlan, match="changed by somebody else"):
        update_in_file(store, job, LOCAL)

    assert before == store.path.read_bytes()
