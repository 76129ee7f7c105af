"""What rules say of slots beside their models: planned, written, read back and rolled back, on files and gateways."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.home import INBOX, PRICES, REVIEW, Household
from tests.cli.test_gateway import eras, serve
from tests.openclaw.fake_gateway import EARLY, MODERN, Era


__all__ = ["serve"]  # the fixture


def say(home: Household, *rules: str) -> None:
    """Add rules behind those of the household."""
    home.policy.write_text(home.policy.read_text() + "".join(f"    - {{{rule}}}\n" for rule in rules))


LOW = "name: think less, match: {job: 'Price watch'}, thinking: low"
CODER = "name: think more, match: {slot: agent/coder}, thinking: high"


@eras
def test_a_level_is_written_with_the_model_in_one_call(serve: Callable[..., Any], era: Era) -> None:
    with serve(era) as served:
        say(served.home, LOW)

        done = served.home.apply()
        again = served.home.run("plan", "--detailed-exitcode")

        assert [INBOX, PRICES] == [update["id"] for update in served.cron.updates]
        payload = served.cron.updates[1]["patch"]["payload"]
        assert ("ollama/qwen3:8b", "low") == (payload["model"], payload["thinking"])
        assert "done     job/Price watch: openai/gpt-5.4, thinking not set → ollama/qwen3:8b" in done.out
        assert "thinking low" in done.out
        assert 0 == again.code, again.out


def test_a_rollback_takes_the_level_away_again(serve: Callable[..., Any]) -> None:
    with serve(MODERN) as served:
        say(served.home, LOW)
        before = served.cron.read(PRICES).revision
        served.home.apply()

        done = served.home.run("rollback", "latest", "--yes")

        assert 0 == done.code, done.err
        assert "not exactly" not in done.err
        assert before == served.cron.read(PRICES).revision


def test_an_early_gateway_keeps_the_level_and_plan_and_rollback_say_so(serve: Callable[..., Any]) -> None:
    with serve(EARLY) as served:
        say(served.home, LOW)
        plan = served.home.run("plan")
        served.home.apply()

        done = served.home.run("rollback", "latest", "--yes")

        assert 2 == plan.out.count("this host cannot put the old state back exactly")
        assert "job/Price watch: this gateway cannot clear a thinking level: low stays" in done.err
        assert ("openai/gpt-5.4", "low") == (
            served.cron.read(PRICES).model,
            served.cron.read(PRICES).thinking,
        )


def test_a_gateway_that_drops_the_level_is_found_out(serve: Callable[..., Any]) -> None:
    with serve(MODERN, drops=frozenset({"thinking"})) as served:
        say(served.home, LOW)

        done = served.home.run("apply", served.home.plan(), "--yes")

        assert 1 == done.code
        assert "thinking not set instead of ollama/qwen3:8b" in done.err


def test_without_a_gateway_files_are_written_and_put_back_byte_for_byte(home: Household) -> None:
    say(home, LOW, CODER)
    jobs, config = home.jobs.read_bytes(), home.config.read_bytes()

    home.apply()

    assert "low" == home.job(PRICES)["payload"]["thinking"]
    assert "thinkingDefault: 'high'" in home.config.read_text()
    assert "No changes" in home.run("plan").out
    home.run("rollback", "latest", "--yes")
    assert (json.loads(jobs), config) == (json.loads(home.jobs.read_text()), home.config.read_bytes())


def test_a_level_that_somebody_changed_meanwhile_makes_the_plan_stale(home: Household) -> None:
    say(home, LOW, CODER)
    plan = home.plan()
    home.edit_job(PRICES, thinking="high")

    done = home.run("apply", plan, "--yes")

    assert 4 == done.code
    assert "job/Price watch: was not set, is now high" in done.err


def test_plan_show_diff_and_the_audit_log_name_the_level(home: Household) -> None:
    plain = json.loads(home.plan().read_text())
    (home.root / "plain.json").write_text(home.plan().read_text())
    say(home, LOW, "name: mine, match: {slot: agent/family}, thinking: low")

    shown = home.run("plan").out
    markdown = home.run("show", home.plan(), "--format", "markdown").out
    told = home.run("diff", "plain.json", "plan.json").out
    home.apply()
    log = home.run("audit", "show", "--json").out

    assert plain["digest"]
    assert "thinking   not set → low" in shown
    assert "| `thinking not set` | `thinking low` |" in markdown
    assert "+ changes/job/Price watch set-thinking" in told
    assert "thinking low" in log


@pytest.mark.parametrize("gateway", [True, False])
def test_a_protected_job_keeps_its_level(
    serve: Callable[..., Any], home: Household, *, gateway: bool
) -> None:
    say(home, "name: all, match: {job: '*'}, thinking: low")
    if not gateway:
        home.apply()
        assert "thinking" not in home.job(REVIEW)["payload"]
        return
    with serve(MODERN) as served:
        served.home.apply()
        assert served.cron.read(REVIEW).thinking is None
