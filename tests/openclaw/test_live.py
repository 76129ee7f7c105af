from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import ReconcilerError, StalePlan
from reconciler.openclaw.gateway import ADMIN, READ
from reconciler.openclaw.home import Home
from reconciler.openclaw.host import GatewayNeeded, JobChoice, Unconfirmed, choice_of
from reconciler.openclaw.live import LiveHost
from tests.openclaw.fake_cron import cron_gateway, cron_job
from tests.openclaw.fake_gateway import (
    EARLY,
    JOB_CHANGED,
    MODERN,
    RATE_LIMITED,
    Era,
    HangUpError,
    RefusedError,
)
from tests.openclaw.homes import live_host, once, with_jobs_json


LOCAL = JobChoice("ollama/qwen3:8b", ("openai/gpt-5.4",))
PLAIN = JobChoice("ollama/qwen3:8b", None)

eras = pytest.mark.parametrize("era", [EARLY, MODERN], ids=lambda era: era.version)


def test_a_host_is_read_through_its_gateway(tmp_path: Path) -> None:
    models = {
        "models": [
            {"provider": "ollama", "id": "qwen3:8b", "contextWindow": 40960, "available": True},
            {"provider": "openai", "id": "gpt", "available": False, "unavailableReason": "no login"},
            {"id": "of nobody"},
            "no model",
        ]
    }
    with cron_gateway(MODERN, cron_job("j1")) as (gateway, _):
        gateway.answers = {**gateway.answers, "models.list": models}

        with live_host(tmp_path, gateway.url) as host:
            found = host.read()

    assert ("gateway", "2026.9.6") == (found.jobs_from, found.version)
    assert ["j1"] == [job.id for job in found.jobs.jobs]
    assert [
        ("ollama/qwen3:8b", 40960, True, None),
        ("openai/gpt", None, False, "the host says: no login"),
    ] == [(model.ref, model.context_window, model.available, model.reason) for model in found.models]


@eras
def test_reading_asks_for_the_read_scope_alone(tmp_path: Path, era: Era) -> None:
    with cron_gateway(era, cron_job("j1")) as (gateway, _), live_host(tmp_path, gateway.url) as host:
        host.read()

        assert {(READ,)} == {tuple(params["scopes"]) for params in gateway.connects}


@eras
def test_the_scope_to_write_is_asked_for_by_the_first_write(tmp_path: Path, era: Era) -> None:
    with cron_gateway(era, cron_job("j1")) as (gateway, cron), live_host(tmp_path, gateway.url) as host:
        job = host.read().jobs.jobs[0]
        read = len(gateway.connects)

        host.write_job(job, PLAIN)
        host.write_job(cron.read("j1"), JobChoice("openai/gpt-5.4", None))

        written = gateway.connects[read:]
        assert {(ADMIN, READ)} == {tuple(params["scopes"]) for params in written}
        assert (2 if era.device_needed else 1) == len(written)


@eras
def test_a_job_is_written_and_read_back(tmp_path: Path, era: Era) -> None:
    with cron_gateway(era, cron_job("j1")) as (gateway, cron), live_host(tmp_path, gateway.url) as host:
        written = host.write_job(host.read().jobs.jobs[0], PLAIN)

        assert PLAIN == choice_of(written)
        assert cron.read("j1") == written


def test_a_gateway_that_answers_ok_and_drops_a_part_is_seen_by_reading_back(tmp_path: Path) -> None:
    dropping = frozenset({"fallbacks"})
    with (
        cron_gateway(MODERN, cron_job("j1"), drops=dropping) as (gateway, _),
        live_host(tmp_path, gateway.url) as host,
    ):
        written = host.write_job(host.read().jobs.jobs[0], LOCAL)

    assert PLAIN == choice_of(written)


@eras
def test_a_connection_that_breaks_after_the_write_is_found_by_reading_back(tmp_path: Path, era: Era) -> None:
    with (
        cron_gateway(era, cron_job("j1"), after=once(HangUpError())) as (gateway, cron),
        live_host(tmp_path, gateway.url) as host,
    ):
        written = host.write_job(host.read().jobs.jobs[0], PLAIN)

        assert PLAIN == choice_of(written)
        assert 1 == len(cron.updates)


def test_a_connection_that_breaks_before_the_write_is_found_too(tmp_path: Path) -> None:
    with (
        cron_gateway(MODERN, cron_job("j1"), before=once(HangUpError())) as (gateway, cron),
        live_host(tmp_path, gateway.url) as host,
    ):
        written = host.write_job(host.read().jobs.jobs[0], PLAIN)

        assert JobChoice(None, None) == choice_of(written)
        assert 1 == len(cron.updates)


def test_a_write_that_nobody_can_see_any_more_is_called_unconfirmed(tmp_path: Path) -> None:
    def break_for_good(_params: Mapping[str, Any]) -> None:
        gateway.answers = {"cron.list": RefusedError({"code": "UNAVAILABLE", "message": "starting"})}
        raise HangUpError

    with (
        cron_gateway(MODERN, cron_job("j1"), after=break_for_good) as (gateway, _),
        live_host(tmp_path, gateway.url) as host,
    ):
        job = host.read().jobs.jobs[0]

        with pytest.raises(Unconfirmed, match=r"whether the job j1 was written is unknown: .*starting"):
            host.write_job(job, PLAIN)


def test_a_job_that_somebody_changed_is_a_conflict(tmp_path: Path) -> None:
    with (
        cron_gateway(MODERN, cron_job("j1"), before=once(RefusedError(JOB_CHANGED))) as (gateway, _),
        live_host(tmp_path, gateway.url) as host,
    ):
        job = host.read().jobs.jobs[0]

        with pytest.raises(StalePlan, match="changed by somebody else"):
            host.write_job(job, PLAIN)


def test_the_limit_of_the_gateway_is_waited_for_and_told(tmp_path: Path) -> None:
    pauses: list[float] = []
    told: list[str] = []
    with (
        cron_gateway(MODERN, cron_job("j1"), before=once(RefusedError(RATE_LIMITED))) as (gateway, _),
        live_host(tmp_path, gateway.url, pause=pauses.append, tell=told.append) as host,
    ):
        assert PLAIN == choice_of(host.write_job(host.read().jobs.jobs[0], PLAIN))

    assert [53.386] == pauses
    assert ["the gateway takes thirty changes a minute: going on in 53 s"] == told


def test_without_a_gateway_the_files_are_read_and_it_is_said(tmp_path: Path) -> None:
    with_jobs_json(tmp_path, cron_job("j1"))

    with live_host(tmp_path) as host:
        found = host.read()

    assert ("jobs.json", "2026.3.22", False) == (found.jobs_from, found.version, found.gateway)
    assert ["j1"] == [job.id for job in found.jobs.jobs]
    assert found.problems[0].startswith("no gateway answers")


def test_without_a_gateway_the_early_file_is_written(tmp_path: Path) -> None:
    with_jobs_json(tmp_path, cron_job("j1"))

    with live_host(tmp_path) as host:
        written = host.write_job(host.read().jobs.jobs[0], PLAIN)

        assert PLAIN == choice_of(written)
        assert (written,) == host.read().jobs.jobs


def test_without_a_gateway_later_jobs_are_not_written(tmp_path: Path) -> None:
    with_jobs_json(tmp_path, cron_job("j1"))
    with live_host(tmp_path) as host:
        job = host.read().jobs.jobs[0]
        (tmp_path / "cron" / "jobs.json").unlink()

        with pytest.raises(GatewayNeeded) as caught:
            host.write_job(job, PLAIN)

    assert "start the gateway: openclaw gateway start" == caught.value.hint


def test_a_gateway_that_refuses_the_token_is_not_taken_for_none(tmp_path: Path) -> None:
    with cron_gateway(MODERN) as (gateway, _):
        host = live_host(tmp_path, gateway.url, token="canary-wrong")

        with pytest.raises(ReconcilerError, match="does not accept the token") as caught:
            host.read()

    assert "canary" not in f"{caught.value} {caught.value.evidence} {caught.value.hint}"


def test_a_gateway_on_another_machine_is_refused(tmp_path: Path) -> None:
    (tmp_path / "openclaw.json").write_text(
        "{ gateway: { mode: 'remote', remote: { url: 'wss://far.example:18789' } } }"
    )

    with live_host(tmp_path) as host, pytest.raises(ReconcilerError, match="on another machine") as caught:
        host.read()

    assert "gateway.remote.url is wss://far.example:18789" in str(caught.value)


def test_a_host_is_known_by_where_its_files_are(tmp_path: Path) -> None:
    def identity(name: str) -> str:
        (tmp_path / name).mkdir(exist_ok=True)
        with live_host(tmp_path / name) as host:
            return host.read().id

    assert identity("one") == identity("one")
    assert identity("one") != identity("two")


def test_a_gateway_that_is_still_loading_its_models_is_waited_for(tmp_path: Path) -> None:
    pauses: list[float] = []
    trouble = once(RefusedError({"code": "UNAVAILABLE", "message": "loading"}))

    def models(params: Mapping[str, Any]) -> dict[str, Any]:
        trouble(params)
        return {"models": [{"provider": "ollama", "id": "qwen3:8b"}]}

    with cron_gateway(MODERN) as (gateway, _), live_host(tmp_path, gateway.url, pause=pauses.append) as host:
        gateway.answers = {**gateway.answers, "models.list": models}

        assert ["ollama/qwen3:8b"] == [model.ref for model in host.read().models]

    assert [0.5] == pauses


def test_no_configuration_is_said_with_where_it_was_looked_for(tmp_path: Path) -> None:
    host = LiveHost(Home(tmp_path / "openclaw.json", tmp_path), {}, device_dir=tmp_path)

    with pytest.raises(ReconcilerError, match=f"no OpenClaw configuration at {tmp_path}/openclaw.json"):
        host.read()


def test_a_reading_hides_prompts_and_secrets_from_logs(tmp_path: Path) -> None:
    (tmp_path / "openclaw.json").write_text("{ gateway: { auth: { token: 'canary-secret' } } }")
    with_jobs_json(tmp_path, cron_job("j1"))

    with live_host(tmp_path) as host:
        shown = repr(host.read())

    assert "canary" not in shown
    assert "Check the inbox" not in shown
