"""Who may write when: the modes, the lock, the host."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.cli.home import CHECKOUT, Household


HOLD = """
import sys
from pathlib import Path
from reconciler.apply.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def with_mode(home: Household, mode: str) -> None:
    home.replace(home.policy, "mode: dry-run", f"mode: {mode}")


@pytest.mark.parametrize("command", [["apply", "plan.json"], ["optimize", "--apply"], ["rollback", "latest"]])
def test_manual_mode_writes_nothing_and_says_how_to_change_it(home: Household, command: list[str]) -> None:
    home.apply()
    home.edit_job("1" * 8 + "-0000-4000-8000-000000000000", model=None)
    home.plan()
    with_mode(home, "manual")
    before = home.tree()

    done = home.run(*command, "--yes")

    assert 3 == done.code
    assert "error: the policy is in manual mode: nothing is written" in done.err
    assert "→ change the mode: tactician mode dry-run" in done.err
    assert before == home.tree()


@pytest.mark.parametrize("command", [["apply", "plan.json"], ["optimize", "--apply"]])
def test_dry_run_mode_without_anybody_to_answer_refuses_at_once(home: Household, command: list[str]) -> None:
    home.plan()
    before = home.tree(without="state")

    with subprocess.Popen(
        home.command(*command),
        cwd=home.root,
        env=home.environment(PYTHONPATH=str(CHECKOUT)),
        stdin=subprocess.PIPE,  # which stays open: whoever reads it waits for ever
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            code = process.wait(timeout=30)
        finally:
            process.kill()
        assert process.stderr
        said = process.stderr.read()

    assert 3 == code
    assert "pass --yes where nobody can answer" in said
    assert before == home.tree(without="state")


def test_a_rollback_in_dry_run_mode_wants_an_answer_too(home: Household) -> None:
    home.apply()
    before = home.tree()

    done = home.spawn("rollback", "latest")

    assert 3 == done.returncode
    assert before == home.tree()


@pytest.mark.parametrize("command", [["apply", "plan.json"], ["optimize", "--apply"]])
def test_auto_mode_applies_without_a_question(home: Household, command: list[str]) -> None:
    with_mode(home, "auto")
    home.plan()

    done = home.spawn(*command)

    assert 0 == done.returncode, done.stderr
    assert "apply, done" in done.stdout
    assert 0 == home.spawn("rollback", "latest").returncode


@pytest.mark.parametrize("mode", ["manual", "dry-run", "auto"])
@pytest.mark.parametrize("command", ["plan", "optimize"])
def test_planning_is_allowed_in_every_mode(home: Household, mode: str, command: str) -> None:
    if mode != "dry-run":
        with_mode(home, mode)
    before = home.tree(without="state")

    done = home.run(command)

    assert 0 == done.code
    assert "4 to change" in done.out
    assert before == home.tree(without="state")


def test_the_mode_command_changes_that_one_value(home: Household) -> None:
    before = home.policy.read_text()

    done = home.run("mode", "auto")

    assert "policies/home.yaml: mode is auto, was dry-run\n" == done.out.removeprefix(f"{home.root}/")
    assert before.replace("mode: dry-run # ask", "mode: auto # ask") == home.policy.read_text()
    assert "auto\n" == home.run("mode").out


def test_a_plan_for_another_host_is_refused_and_names_both(
    home: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = home.plan()
    other = home.root / "other"
    shutil.copytree(home.openclaw, other)
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(other))
    before = home.tree()

    done = home.run("apply", plan, "--yes")

    assert 3 == done.code
    assert f"error: this was made for another OpenClaw: {home.config}" in done.err
    assert f"the one found here is {other / 'openclaw.json'}" in done.err
    assert before == home.tree()


def test_a_record_of_another_host_is_not_rolled_back(
    home: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.apply()
    other = home.root / "other"
    shutil.copytree(home.openclaw, other)
    monkeypatch.setenv("OPENCLAW_STATE_DIR", str(other))
    before = home.tree()

    done = home.run("rollback", "latest", "--yes")

    assert 3 == done.code
    assert "made for another OpenClaw" in done.err
    assert before == home.tree()


@contextmanager
def lock_held(home: Household) -> Iterator[int]:
    """Let another process hold the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.state)],
        env=home.environment(PYTHONPATH=str(CHECKOUT)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdin
        assert holder.stdout
        assert "held\n" == holder.stdout.readline()
        yield holder.pid
        holder.stdin.close()


def test_while_another_process_applies_nothing_else_does(home: Household) -> None:
    plan = home.plan()
    before = home.tree()

    with lock_held(home) as pid:
        done = home.run("apply", plan, "--yes")

    assert 5 == done.code
    assert f"error: another tactician is applying (process {pid})" in done.err
    assert before == home.tree()
    assert 0 == home.run("apply", plan, "--yes").code


def test_a_rollback_waits_for_nobody_either(home: Household) -> None:
    home.apply()

    with lock_held(home):
        done = home.run("rollback", "latest", "--yes")

    assert 5 == done.code


def with_database(home: Household) -> None:
    """Move the jobs into the store of later versions."""
    jobs = json.loads(home.jobs.read_text())["jobs"]
    home.jobs.unlink()
    home.replace(home.config, "lastTouchedVersion: '2026.3.22'", "lastTouchedVersion: '2026.9.6'")
    path = home.openclaw / "state" / "openclaw.sqlite"
    path.parent.mkdir()
    columns = "store_key, job_id, name, enabled, job_json, state_json, sort_order, updated_at"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE cron_jobs ({columns})")
        for number, job in enumerate(jobs):
            row = ("cron", job["id"], job["name"], 1, json.dumps(job), "{}", number, 0)
            database.execute("INSERT INTO cron_jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def test_jobs_in_a_database_are_planned_without_a_gateway_and_not_written(home: Household) -> None:
    with_database(home)
    plan = home.plan()
    before = home.tree()

    done = home.run("apply", plan, "--yes")

    assert 3 == done.code
    assert "error: no gateway answers" in done.err
    assert "→ start the gateway: openclaw gateway start" in done.err
    assert before == home.tree()
    assert "Nothing was applied yet.\n" == home.run("history").out  # so the plan is not used up
