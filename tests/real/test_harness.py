from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.openclaw.gateway import READ, GatewayAddress, connect
from reconciler.openclaw.gateway_errors import CredentialRefused, MissingScope
from reconciler.openclaw.version import parse_version
from tests.real.home import OpenClaw
from tests.real.install import MODERN
from tests.real.jobs import STRANGE_NAME
from tests.real.restore import Pristine, ours


pytestmark = pytest.mark.real


def test_the_command_line_and_the_gateway_tell_the_version(host: OpenClaw, tactician_dir: Path) -> None:
    said = host.cli("--version").stdout
    address = GatewayAddress(host.gateway_url, token=host.token)

    with connect(address, [READ], device_dir=tactician_dir, timeout=10) as gateway:
        told = gateway.server_version

    assert host.version == str(parse_version(said)) == told


def test_read_scope_is_enough_to_list_and_not_enough_to_change(host: OpenClaw, tactician_dir: Path) -> None:
    before = host.snapshot()
    address = GatewayAddress(host.gateway_url, token=host.token)
    job_id = host.job_named("Inbox triage")["id"]

    with connect(address, [READ], device_dir=tactician_dir, timeout=10) as gateway:
        listed: Any = gateway.call("cron.list", {"includeDisabled": True})
        with pytest.raises(MissingScope, match=r"operator\.admin"):
            gateway.call("cron.update", {"id": job_id, "patch": {"enabled": False}})

    assert {job["id"] for job in listed["jobs"]} == set(before.jobs)
    assert before == host.snapshot()


def test_a_device_key_is_made_only_where_it_is_needed(host: OpenClaw, tactician_dir: Path) -> None:
    address = GatewayAddress(host.gateway_url, token=host.token)

    with connect(address, [READ], device_dir=tactician_dir, timeout=10):
        pass

    assert (not host.modern) == tactician_dir.exists()


def test_a_wrong_token_is_refused(host: OpenClaw, tactician_dir: Path) -> None:
    with pytest.raises(CredentialRefused) as caught:
        connect(
            GatewayAddress(host.gateway_url, token="canary-wrong"),
            [READ],
            device_dir=tactician_dir,
            timeout=10,
        )

    assert "canary" not in f"{caught.value} {caught.value.evidence}"


def test_a_home_has_four_agents_and_varied_jobs(host: OpenClaw) -> None:
    jobs = ours(host.jobs())
    agents = {agent["id"] for agent in host.rpc("agents.list")["agents"]}

    assert {"main", "coder", "researcher", "writer"} == agents
    assert len(jobs) >= 12
    assert STRANGE_NAME in {job["name"] for job in jobs.values()}
    assert {"cron", "every", "at"} == {job["schedule"]["kind"] for job in jobs.values()}
    kinds = {"agentTurn", "systemEvent"} | ({"command", "script"} if host.modern else set())
    assert kinds == {job["payload"]["kind"] for job in jobs.values()}
    assert "agentId" not in host.job_named("Default agent audit")
    assert "fast" == host.job_named("Translation batch")["payload"]["model"]
    assert not host.job_named("Paused photo captions")["enabled"]


def test_one_job_belongs_to_an_account(host: OpenClaw) -> None:
    job = host.job_named("Thread digest of the work account")

    if host.version == MODERN:
        assert "account" == job["scheduledToolPolicy"]["mode"]
        assert "work" == job["owner"]["accountId"]
    else:
        assert "work" == job["delivery"]["accountId"]


def test_the_configuration_is_still_the_text_that_was_written(host: OpenClaw) -> None:
    assert b"// the weekly limit of this one is precious" in host.config_path.read_bytes()


def test_a_job_that_runs_asks_the_provider_for_its_model(openclaw: OpenClaw) -> None:
    before = len(openclaw.provider.requests)

    entry = openclaw.run_job(openclaw.job_named("Translation batch")["id"])

    assert "ok" == entry["status"]
    assert ["acme/fast-mini"] == openclaw.provider.asked_since(before)


def test_what_a_test_changed_is_undone(openclaw: OpenClaw, pristine: Pristine) -> None:
    job_id = openclaw.job_named("Inbox triage")["id"]
    payload = {"kind": "agentTurn", "model": "homelab/local-small"}
    openclaw.rpc("cron.update", {"id": job_id, "patch": {"payload": payload}})
    openclaw.rpc("cron.remove", {"id": openclaw.job_named("Bedtime story")["id"]})
    text = openclaw.config_path.read_text().replace("name: 'Main'", "name: 'Principal'")
    openclaw.config_path.write_text(text)

    pristine.restore(openclaw)

    assert pristine.snapshot.config == openclaw.config_path.read_bytes()
    assert ours(pristine.snapshot.jobs) == ours(openclaw.jobs_defined())
    assert "acme/smart-large" == openclaw.job_named("Inbox triage")["payload"]["model"]


def test_the_command_line_finds_the_gateway(host: OpenClaw) -> None:
    listed = host.cli_json("cron", "list", "--all")

    assert set(host.jobs()) == {job["id"] for job in listed["jobs"]}
