"""What changed jobs and unconfirmed applies come to without a person, on a home with a run history."""

from __future__ import annotations

import json

import pytest

from tests.cli.home import INBOX, PRICES, Household
from tests.cli.test_gate import with_mode
from tests.cli.test_reconcile import Clock, clock, reconcile


__all__ = ["clock"]
SLOT = "job/Inbox check"
LOCAL, OPUS, GPT = "ollama/qwen3:8b", "anthropic/claude-opus-4-6", "openai/gpt-5.4"


def ran(home: Household, clock: Clock, job: str, model: str, status: str = "ok") -> None:
    """Add a run to the host's history that has just ended."""
    provider, _, name = model.partition("/")
    at = int(clock.moment.timestamp() * 1000)
    session = {"sessionId": f"s{at}", "sessionKey": f"agent:main:cron:{job}"}
    entry = {
        "ts": at,
        "jobId": job,
        "action": "finished",
        "status": status,
        "runAtMs": at,
        "durationMs": 4000,
    }
    entry |= {"provider": provider, "model": name, **session}
    file = home.openclaw / "cron" / "runs" / f"{job}.jsonl"
    file.parent.mkdir(exist_ok=True)
    with file.open("a") as stream:
        stream.write(json.dumps(entry) + "\n")


@pytest.fixture
def small(home: Household) -> Household:
    """A home whose plan changes the two jobs alone, in auto mode."""
    head, _, _ = home.policy.read_text().partition("    - name: the coder gets")
    rule = "    - name: prices stay\n      match: {job: Price*}\n      protect: true\n"
    agents = "    - name: agents stay\n      match: {slot: agent/*}\n      protect: true\n"
    home.policy.write_text(f"{head}{rule}{agents}")
    with_mode(home, "auto")
    return home


def applied(home: Household, *more: str) -> str:
    home.apply(*more)
    record = json.loads(home.run("history", "latest", "--json").out)
    assert [SLOT] == record["addresses"]
    name: str = record["id"]
    return name


def model(home: Household) -> str | None:
    found: str | None = home.job(INBOX)["payload"].get("model")
    return found


def test_a_job_that_fails_on_its_new_model_is_moved_back_and_held(small: Household, clock: Clock) -> None:
    record = applied(small)
    assert LOCAL == model(small)
    for _ in range(2):
        clock.forward(hours=1)
        ran(small, clock, INBOX, LOCAL, status="error")
    clock.forward(minutes=1)

    (moved,) = reconcile(small)["interventions"]

    assert (SLOT, "fared badly: 2 of 2 runs failed, 0 of 0 before") == (moved["address"], moved["reason"])
    assert LOCAL != model(small)
    undo = json.loads(small.run("history", moved["record"], "--json").out)
    assert ("watch", record) == (undo["trigger"], undo["undoes"])
    assert f"{SLOT}: on hold until it is resumed: fared badly" in small.run("status", "--no-fetch").out
    again = reconcile(small)
    assert ("in-sync", []) == (again["outcome"], again["interventions"])
    assert 0 == small.run("audit", "verify").code


def test_a_job_that_always_runs_on_something_else_is_moved_back(small: Household, clock: Clock) -> None:
    applied(small)
    assert "fallbacks" not in small.job(INBOX)["payload"]  # so nobody can say what it may fall back to
    found = []
    for _ in range(3):
        clock.forward(hours=1)
        ran(small, clock, INBOX, "zai/glm-5")
        clock.forward(minutes=1)
        found.append([each["reason"] for each in reconcile(small)["interventions"]])

    assert [[], [], ["fared badly: every run fell back, the last one to zai/glm-5"]] == found
    assert LOCAL != model(small)


def test_a_job_that_runs_well_stays(small: Household, clock: Clock) -> None:
    applied(small)
    for _ in range(4):
        clock.forward(hours=1)
        ran(small, clock, INBOX, LOCAL)

    assert [] == reconcile(small)["interventions"]
    assert LOCAL == model(small)


def test_outside_auto_mode_it_is_told_and_nothing_is_moved(small: Household, clock: Clock) -> None:
    record = applied(small)
    small.replace(small.policy, "mode: auto", "mode: dry-run")
    for _ in range(2):
        clock.forward(hours=1)
        ran(small, clock, INBOX, LOCAL, status="error")
    clock.forward(minutes=1)

    done = small.run("reconcile", "--no-fetch")

    assert f"warning: {SLOT} fares badly: 2 of 2 runs failed" in done.err
    assert f"tactician rollback {record}" in done.err
    assert LOCAL == model(small)


def confirming(home: Household, clock: Clock) -> str:
    reconcile(home)  # so that somebody will look again
    clock.forward(minutes=1)
    return applied(home, "--confirm-within", "30m")


def test_an_apply_that_nobody_confirms_is_undone(small: Household, clock: Clock) -> None:
    record = confirming(small, clock)
    clock.forward(minutes=29)
    assert [] == reconcile(small)["interventions"]
    assert LOCAL == model(small)

    clock.forward(minutes=1)
    (undone,) = reconcile(small)["interventions"]

    assert f"nobody confirmed apply {record}" == undone["reason"]
    assert LOCAL != model(small)
    assert [] == reconcile(small)["interventions"]


def test_any_later_apply_undoes_it_too(small: Household, clock: Clock) -> None:
    record = confirming(small, clock)
    told = small.run("plan", "--no-fetch")
    clock.forward(hours=1)

    done = small.run("optimize", "--apply", "--no-fetch")

    assert f"apply {record} is undone after " in told.err
    assert f"nobody confirmed apply {record}, so it is undone" in done.err
    assert LOCAL != model(small)


def test_manual_mode_undoes_nothing(small: Household, clock: Clock) -> None:
    record = confirming(small, clock)
    small.replace(small.policy, "mode: auto", "mode: manual")
    clock.forward(hours=1)

    done = small.run("reconcile", "--no-fetch")

    assert f"warning: nobody confirmed apply {record}" in done.err
    assert LOCAL == model(small)


def test_what_is_confirmed_stays(small: Household, clock: Clock) -> None:
    record = confirming(small, clock)

    done = small.run("confirm")
    clock.forward(hours=1)

    assert f"{record} is confirmed and stays\n" == done.out
    assert [] == reconcile(small)["interventions"]
    assert LOCAL == model(small)
    assert f"confirm {record}" in small.run("audit", "show").out
    assert 3 == small.run("confirm").code
    assert 3 == small.run("confirm", record).code


def test_the_next_run_of_every_changed_job_confirms_it(small: Household, clock: Clock) -> None:
    record = confirming(small, clock)
    clock.forward(minutes=20)
    ran(small, clock, INBOX, LOCAL)
    ran(small, clock, PRICES, GPT, status="error")
    clock.forward(hours=1)

    done = small.run("reconcile", "--no-fetch")

    assert f"apply {record} is confirmed" in done.err
    assert LOCAL == model(small)


def test_where_nothing_would_undo_it_it_is_refused(small: Household) -> None:
    before = small.tree()

    done = small.run("apply", small.plan(), "--yes", "--confirm-within", "30m")

    assert 3 == done.code
    assert "nothing would undo it: no timer runs" in done.err
    assert before.keys() | {"plan.json"} == small.tree().keys()
    assert LOCAL != model(small)
