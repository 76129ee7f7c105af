from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.real.home import FORBIDDEN, OpenClaw
from tests.real.jobs import STRANGE_NAME
from tests.real.restore import ours
from tests.real.tool import Tactician


pytestmark = pytest.mark.real
REVIEW = "Nightly code review"
INBOX = "Inbox triage"


@pytest.fixture
def tactician(openclaw: OpenClaw, tmp_path: Path) -> Tactician:
    return Tactician.set_up(openclaw, tmp_path / "work")


def job_choices(host: OpenClaw) -> dict[str, Any]:
    """Return model and fallbacks of each job by what `openclaw cron list` prints."""
    listed = host.cli_json("cron", "list", "--all")["jobs"]
    return {
        job["id"]: {key: job["payload"][key] for key in ("model", "fallbacks") if key in job["payload"]}
        for job in listed
        if not job.get("declarationKey")
    }


def addresses(plan: dict[str, Any]) -> set[str]:
    return {change["address"] for change in plan["changes"]}


def change_of(plan: dict[str, Any], address: str) -> dict[str, Any]:
    return next(change for change in plan["changes"] if change["address"] == address)


def test_planning_changes_nothing(tactician: Tactician) -> None:
    before = tactician.host.snapshot()

    plan = tactician.plan()

    assert plan["changes"]
    assert before == tactician.host.snapshot()


def test_a_plan_is_the_same_byte_for_byte_on_recorded_facts(tactician: Tactician) -> None:
    facts = tactician.directory / "facts.json"
    assert tactician.run("facts", "--out", facts).returncode == 0

    first, second = (tactician.run("plan", "--facts", facts, "--json") for _ in range(2))

    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout


def test_no_secret_and_no_prompt_leaves_the_host(tactician: Tactician) -> None:
    done = tactician.run("facts")
    plan = tactician.run("plan", "--json", "--verbose")

    for text in (done.stdout, done.stderr, plan.stdout, plan.stderr):
        assert "canary" not in text
        assert "Ignore previous instructions" not in text
        assert "hedgehog" not in text


def test_apply_changes_exactly_the_planned_slots(tactician: Tactician) -> None:
    host = tactician.host
    before = host.snapshot()
    choices_before = job_choices(host)
    plan = tactician.plan()

    tactician.apply()

    after = host.snapshot()
    planned = {
        path.split("/")[2]
        for operation in plan["patches"].get("jobs", [])
        if operation["op"] != "test"
        for path in [operation["path"]]
    }
    choices = job_choices(host)
    assert planned == {job for job in choices if choices[job] != choices_before[job]}
    for job_id, job in ours(before.jobs).items():
        now = dict(after.jobs[job_id])
        assert without_choice(job) == without_choice(now)
    assert_slots(host, plan)
    text = after.config.decode()
    for comment in ("// the weekly limit of this one is precious", "/* reviews need a strong model */"):
        assert comment in text
    if host.modern:
        assert host.cli_json("config", "validate")["valid"] is True


def without_choice(job: Any) -> dict[str, Any]:
    payload = {key: value for key, value in job["payload"].items() if key not in {"model", "fallbacks"}}
    return {**{key: value for key, value in job.items() if key != "configRevision"}, "payload": payload}


def assert_slots(host: OpenClaw, plan: dict[str, Any]) -> None:
    """Ask OpenClaw's own commands what stands in the changed slots of the configuration and the jobs."""
    assert {"agent/researcher", "agent/writer/subagents"} <= addresses(plan)
    status = host.cli_json("models", "status", "--agent", "researcher")
    wanted = change_of(plan, "agent/researcher")["after"]
    assert wanted["primary"] == status["resolvedDefault"]
    assert wanted["fallbacks"] == status["fallbacks"]
    agents = host.cli_json("config", "get", "agents")
    writer = (
        agents["entries"]["writer"]
        if host.modern
        else next(agent for agent in agents["list"] if agent["id"] == "writer")
    )
    wanted = change_of(plan, "agent/writer/subagents")["after"]
    pair = {"primary": "acme/smart-large", "fallbacks": wanted.get("fallbacks")}
    assert (pair if host.modern else "acme/smart-large") == writer["subagents"]["model"]
    choices = job_choices(host)
    for change in plan["changes"]:
        if change["document"] == "jobs":
            job_id = job_of(host, change["title"])
            assert change["after"]["primary"] == choices[job_id]["model"]
            assert change["after"].get("fallbacks") == choices[job_id].get("fallbacks") or not host.modern


def job_of(host: OpenClaw, title: str) -> str:
    from reconciler.text import printable

    return next(job["id"] for job in ours(host.jobs()).values() if printable(job["name"]) == title)


def test_a_changed_job_runs_on_its_new_model(tactician: Tactician) -> None:
    host = tactician.host
    plan = tactician.plan()
    wanted = change_of(plan, f"job/{INBOX}")["after"]["primary"]
    tactician.apply()
    start = len(host.provider.requests)

    run = host.run_job(host.job_named(INBOX)["id"])

    assert "ok" == run["status"]
    assert wanted == f"{run['provider']}/{run['model']}"
    assert [wanted] == host.provider.asked_since(start)


def test_after_an_apply_there_is_nothing_left_to_plan(tactician: Tactician) -> None:
    tactician.plan()
    tactician.apply()

    again = tactician.run("plan", "--detailed-exitcode")

    assert 0 == again.returncode, again.stdout
    assert "No changes" in again.stdout


def test_a_plan_can_be_applied_once(tactician: Tactician) -> None:
    tactician.plan()
    tactician.apply()

    second = tactician.run("apply", tactician.plan_file, "--yes")

    assert 4 == second.returncode
    assert "was used" in second.stderr


def test_an_edited_plan_is_refused(tactician: Tactician) -> None:
    tactician.plan()
    before = tactician.host.snapshot()
    text = tactician.plan_file.read_text()
    tactician.plan_file.write_text(text.replace("homelab/local-small", "zenith/writer-xl", 1))

    done = tactician.run("apply", tactician.plan_file, "--yes")

    assert 4 == done.returncode
    assert "digest" in done.stderr
    assert before == tactician.host.snapshot()


def test_a_human_edit_of_a_planned_slot_makes_the_plan_stale(tactician: Tactician) -> None:
    host = tactician.host
    tactician.plan()
    inbox = host.job_named(INBOX)["id"]
    host.cli("cron", "edit", inbox, "--model", "acme/code-pro")
    before = host.snapshot()

    done = tactician.run("apply", tactician.plan_file, "--yes")

    assert 4 == done.returncode
    assert f"job/{INBOX}: was acme/smart-large, is now acme/code-pro" in done.stderr
    assert before == host.snapshot()


def test_an_unrelated_edit_does_not_matter(tactician: Tactician) -> None:
    host = tactician.host
    tactician.plan()
    inbox = host.job_named(INBOX)["id"]
    host.rpc("cron.update", {"id": inbox, "patch": {"description": "edited by hand"}})
    text = host.config_path.read_text()
    host.config_path.write_text(text.replace("// inherits everything", "// inherits everything, still"))

    tactician.apply()

    assert "edited by hand" == host.job_named(INBOX)["description"]
    assert "inherits everything, still" in host.config_path.read_text()


def test_rollback_restores_everything(tactician: Tactician) -> None:
    host = tactician.host
    if not host.modern:
        give_every_planned_job_a_model(tactician)
    before = host.snapshot()
    tactician.plan()
    tactician.apply()
    assert before != host.snapshot()

    done = tactician.run("rollback", "latest", "--yes")

    assert 0 == done.returncode, done.stderr
    assert "not exactly" not in done.stderr
    assert before.config == host.config_path.read_bytes()
    assert ours(before.jobs) == ours(host.snapshot().jobs)


def give_every_planned_job_a_model(tactician: Tactician) -> None:
    for change in tactician.plan()["changes"]:
        if not change["safe"]:
            job_id = job_of(tactician.host, change["title"])
            payload = {"kind": "agentTurn", "model": change["before"]["effective"]["primary"]}
            tactician.host.rpc("cron.update", {"id": job_id, "patch": {"payload": payload}})


def test_what_an_old_gateway_cannot_undo_is_said_beforehand(tactician: Tactician) -> None:
    host = tactician.host
    plan = tactician.plan()
    unsafe = {change["address"] for change in plan["changes"] if not change["safe"]}
    without_model = {
        f"job/{job['name']}"
        for job in ours(host.jobs()).values()
        if job["payload"]["kind"] == "agentTurn" and "model" not in job["payload"]
    }

    if host.modern:
        assert set() == unsafe
        return
    assert unsafe
    assert unsafe == without_model & addresses(plan)
    assert "cannot put the old state back" in tactician.run("show", tactician.plan_file).stdout
    assert not unsafe & addresses(tactician.plan("--safe-only"))


def test_rollback_of_what_cannot_be_undone_names_it_and_restores_the_rest(tactician: Tactician) -> None:
    host = tactician.host
    if host.modern:
        pytest.skip("this gateway can undo everything")
    before = host.snapshot()
    plan = tactician.plan()
    unsafe = {change["title"] for change in plan["changes"] if not change["safe"]}
    tactician.apply()

    done = tactician.run("rollback", "latest", "--yes")

    assert 0 == done.returncode, done.stderr
    assert before.config == host.config_path.read_bytes()
    now = ours(host.snapshot().jobs)
    differing = {job["name"] for job in ours(before.jobs).values() if job != now[job["id"]]}
    assert unsafe == differing
    for name in unsafe:
        assert f"not exactly: job/{name}: this gateway cannot clear a job's model" in done.stderr


def test_openclaws_own_jobs_and_other_payloads_are_never_planned(tactician: Tactician) -> None:
    text = tactician.policy.read_text()
    tactician.policy.write_text(text + '    - {name: all, match: {job: "*"}, pin: acme/fast-mini}\n')

    plan = tactician.plan()

    jobs = tactician.host.jobs()
    touched = {operation["path"].split("/")[2] for operation in plan["patches"]["jobs"]}
    for job_id in touched:
        assert "agentTurn" == jobs[job_id]["payload"]["kind"]
        assert not jobs[job_id].get("declarationKey")
    assert job_of(tactician.host, "Standup reminder") not in touched
    owned = job_of(tactician.host, "Thread digest of the work account")
    assert tactician.host.modern == (owned not in touched)


@pytest.mark.parametrize(
    ("model", "belt"), [(FORBIDDEN, "outside-allow-list"), ("nosuch/model", "unknown-model")]
)
def test_a_model_that_the_host_would_not_run_is_refused_at_plan_time(
    tactician: Tactician, model: str, belt: str
) -> None:
    before = tactician.host.snapshot()
    text = tactician.policy.read_text()
    tactician.policy.write_text(text + f"    - {{name: wrong, match: {{job: {INBOX}}}, pin: {model}}}\n")

    planned = tactician.run("plan", "--out", tactician.plan_file)
    applied = tactician.run("apply", tactician.plan_file, "--yes")

    assert 3 == planned.returncode
    assert f"refused by {belt}" in planned.stdout
    assert 3 == applied.returncode
    assert f"--lift-{belt}" in applied.stderr
    assert before == tactician.host.snapshot()


def test_a_job_with_a_hostile_name_is_planned_and_shown_harmlessly(tactician: Tactician) -> None:
    shown = tactician.run("plan", "--verbose").stdout

    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert STRANGE_NAME not in shown


def test_facts_name_the_store_and_the_layout(tactician: Tactician) -> None:
    facts = json.loads(tactician.run("facts").stdout)

    assert ("modern" if tactician.host.modern else "legacy") == facts["host"]["layout"]
    assert "gateway" == facts["host"]["jobsFrom"]
    assert tactician.host.version == facts["host"]["version"]
