"""Plan, apply and roll back through a gateway of each era, and what it can do to us."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from reconciler.openclaw.gateway import ADMIN, READ
from tests.cli.home import INBOX, PRICES, Household
from tests.openclaw.fake_cron import FakeCron, cron_gateway
from tests.openclaw.fake_gateway import (
    EARLY,
    JOB_CHANGED,
    MODERN,
    TOKEN,
    Era,
    FakeGateway,
    HangUpError,
    RefusedError,
)


LOCAL = "ollama/qwen3:8b"

eras = pytest.mark.parametrize("era", [EARLY, MODERN], ids=lambda era: era.version)


class Served:
    """A household whose gateway runs; the jobs are the gateway's, and the file beside it is old."""

    def __init__(
        self, home: Household, gateway: FakeGateway, cron: FakeCron, patch: pytest.MonkeyPatch
    ) -> None:
        self.home, self.gateway, self.cron = home, gateway, cron
        patch.setenv("OPENCLAW_GATEWAY_PORT", gateway.url.rpartition(":")[2])
        patch.setenv("OPENCLAW_GATEWAY_TOKEN", TOKEN)

    @property
    def scopes(self) -> set[tuple[str, ...]]:
        return {tuple(params["scopes"]) for params in self.gateway.connects}


@pytest.fixture
def serve(home: Household, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    @contextmanager
    def serving(era: Era, **trouble: Any) -> Iterator[Served]:
        jobs = json.loads(home.jobs.read_text())["jobs"]
        with cron_gateway(era, *jobs, **trouble) as (gateway, cron):
            yield Served(home, gateway, cron, monkeypatch)

    return serving


def at_update(number: int, error: Exception) -> Callable[[Mapping[str, Any]], None]:
    """Raise at the update of this *number*, counted from 1."""
    count = iter(range(1, 1000))

    def trouble(_params: Mapping[str, Any]) -> None:
        if next(count) == number:
            raise error

    return trouble


@eras
def test_planning_asks_for_the_read_scope_alone_and_changes_nothing(
    serve: Callable[..., Any], era: Era
) -> None:
    with serve(era) as served:
        before = served.home.tree()

        plan, facts = served.home.run("plan", "--json"), served.home.run("facts")

        assert 0 == plan.code, plan.err
        assert {(READ,)} == served.scopes
        assert [] == served.cron.updates
        assert "gateway" == json.loads(facts.out)["host"]["jobsFrom"]
        assert before == served.home.tree()


@eras
def test_apply_writes_each_job_and_nothing_is_left_to_plan(serve: Callable[..., Any], era: Era) -> None:
    with serve(era) as served:
        done = served.home.apply()
        again = served.home.run("plan", "--detailed-exitcode")

        assert [INBOX, PRICES] == [update["id"] for update in served.cron.updates]
        modern = [era is MODERN] * 2
        assert modern == ["expectedConfigRevision" in update for update in served.cron.updates]
        assert {(READ,), (ADMIN, READ)} == served.scopes
        assert LOCAL == served.cron.read(INBOX).model
        assert "apply, done" in done.out
        assert 0 == again.code, again.out


def test_rollback_brings_every_revision_back(serve: Callable[..., Any]) -> None:
    with serve(MODERN) as served:
        before = [served.cron.read(job).revision for job in (INBOX, PRICES)]
        config = served.home.config.read_bytes()
        served.home.apply()

        done = served.home.run("rollback", "latest", "--yes")

        assert 0 == done.code, done.err
        assert "not exactly" not in done.err
        assert before == [served.cron.read(job).revision for job in (INBOX, PRICES)]
        assert config == served.home.config.read_bytes()


def test_an_early_gateway_cannot_clear_a_model_and_plan_and_rollback_say_so(
    serve: Callable[..., Any],
) -> None:
    with serve(EARLY) as served:
        plan = served.home.run("plan")
        served.home.apply()

        done = served.home.run("rollback", "latest", "--yes")

        assert 1 == plan.out.count("this host cannot put the old state back exactly")
        assert 0 == done.code, done.err
        assert "not exactly: job/Inbox check: this gateway cannot clear a job's model" in done.err
        assert "anthropic/claude-opus-4-6" == served.cron.read(INBOX).model  # what ran before
        assert "openai/gpt-5.4" == served.cron.read(PRICES).model


def test_safe_only_leaves_out_what_an_early_gateway_cannot_undo(serve: Callable[..., Any]) -> None:
    with serve(EARLY) as served:
        done = served.home.run("optimize", "--apply", "--yes", "--safe-only")

        assert 0 == done.code, done.err
        assert [PRICES] == [update["id"] for update in served.cron.updates]
        assert "not exactly" not in served.home.run("rollback", "latest", "--yes").err


def test_a_conflict_stops_the_run_and_tells_what_was_done(serve: Callable[..., Any]) -> None:
    with serve(MODERN, before=at_update(2, RefusedError(JOB_CHANGED))) as served:
        plan = served.home.plan()
        revision = served.cron.read(INBOX).revision

        done = served.home.run("apply", plan, "--yes")
        record = json.loads(served.home.run("history", "latest", "--json").out)

        assert 3 == done.code
        assert "error: not everything was written\n" in done.err
        assert f"job/Price watch: the job {PRICES} was changed by somebody else just now" in done.err
        assert f"or undo what was written: tactician rollback {record['id']}\n" in done.err
        assert "done     job/Inbox check" in done.out
        assert "partial" == record["status"]
        assert ["done", "refused"] == [job["outcome"] for job in record["jobs"]]
        assert 0 == served.home.run("rollback", "latest", "--yes").code
        assert revision == served.cron.read(INBOX).revision
        assert "openai/gpt-5.4" == served.cron.read(PRICES).model


def test_a_conflict_at_the_first_write_is_recorded_as_nothing_written(serve: Callable[..., Any]) -> None:
    with serve(MODERN, before=at_update(1, RefusedError(JOB_CHANGED))) as served:
        served.home.replace(served.home.policy, "slot: agent/coder", "slot: agent/nobody")
        served.home.replace(served.home.policy, "slot: agent/family", "slot: agent/noone")
        plan = served.home.plan()

        done = served.home.run("apply", plan, "--yes")

        assert 3 == done.code
        assert "error: nothing was written\n" in done.err
        assert "job/Price watch: not tried\n" in done.err
        assert "apply, failed" in done.out
        assert "rollback" not in done.err
        assert 4 == served.home.run("apply", plan, "--yes").code


def test_an_error_of_the_gateway_ends_with_one(serve: Callable[..., Any]) -> None:
    error = RefusedError({"code": "INTERNAL", "message": f"cannot, {TOKEN} \x1b[31m"})
    with serve(MODERN, before=at_update(2, error)) as served:
        done = served.home.run("apply", served.home.plan(), "--yes")

        assert 1 == done.code
        assert "error: not everything was written\n" in done.err
        assert TOKEN not in done.out + done.err
        assert "\x1b" not in done.out + done.err


def test_a_gateway_that_says_ok_and_drops_the_fallbacks_is_noticed(serve: Callable[..., Any]) -> None:
    with serve(MODERN, drops=frozenset({"fallbacks"})) as served:
        before = served.cron.read(INBOX).revision
        done = served.home.run("apply", served.home.plan(), "--yes")

        assert 1 == done.code
        assert f"job/Inbox check: the host has {LOCAL} instead of {LOCAL} → " in done.err
        assert 0 == served.home.run("rollback", "latest", "--yes").code
        assert before == served.cron.read(INBOX).revision


@eras
def test_a_connection_that_breaks_after_a_write_does_not_stop_the_apply(
    serve: Callable[..., Any], era: Era
) -> None:
    with serve(era, after=at_update(1, HangUpError())) as served:
        done = served.home.apply()

        assert "apply, done" in done.out
        assert [INBOX, PRICES] == [update["id"] for update in served.cron.updates]


def test_a_wrong_token_is_told_and_no_token_is_shown(
    serve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(MODERN) as served:
        monkeypatch.setenv("OPENCLAW_GATEWAY_TOKEN", "canary-wrong-token")
        before = served.home.tree()

        for command in ("plan", "facts", "optimize --apply --yes", "doctor"):
            done = served.home.run(*command.split())

            assert 1 == done.code
            assert "the gateway does not accept the token" in done.out + done.err
            assert "canary" not in done.out + done.err
        assert before == served.home.tree()


@eras
def test_the_token_is_in_no_output_and_in_no_file_of_ours(serve: Callable[..., Any], era: Era) -> None:
    with serve(era) as served:
        told = [served.home.run("facts"), served.home.run("plan", "--json", "--verbose"), served.home.apply()]
        told += [served.home.run("history", "--json"), served.home.run("doctor")]
        told += [served.home.run("rollback", "latest", "--yes")]

        assert not any(TOKEN in done.out + done.err for done in told)
        ours = [served.home.root / "plan.json", *served.home.state.rglob("*")]
        assert not any(TOKEN.encode() in path.read_bytes() for path in ours if path.is_file())


def test_status_takes_what_openclaw_knows_where_nothing_better_is_known(serve: Callable[..., Any]) -> None:
    window = {"label": "5h", "usedPercent": 42}
    known = {"updatedAt": 0, "providers": [{"provider": "acme", "plan": "Pro", "windows": [window]}]}
    with serve(MODERN) as served:
        served.home.policy.write_text(
            "apiVersion: tactician/v1\nkind: RoutingPolicy\nspec: {providers: {acme: {quotaSource: api}}}\n"
        )
        served.gateway.answers["usage.status"] = known
        told = served.home.run("status")
        unasked = served.home.run("status", "--no-fetch")

        assert "acme  (standard)  Pro  openclaw, now" in told.out
        assert "42 % used" in told.out
        assert "unknown: no reader for this provider" in unasked.out
        assert {(READ,)} == served.scopes


def test_doctor_finds_a_healthy_home_healthy(serve: Callable[..., Any]) -> None:
    with serve(MODERN) as served:
        done = served.home.run("doctor")

        assert 0 == done.code
        assert "ok    gateway    version 2026.9.6, read scope granted" in done.out
        assert "ok    jobs       3 read from gateway" in done.out
        assert f"ok state {served.home.state}, made by the first apply" in " ".join(done.out.split())
        assert 80 >= max(len(line) for line in done.out.splitlines() if str(served.home.root) not in line)
        assert {(READ,)} == served.scopes
