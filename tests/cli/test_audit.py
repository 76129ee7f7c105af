"""What was done stands in a log whose lines are chained."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
import sys
from typing import Any

import pytest

from reconciler.openclaw.host import JobChoice
from reconciler.openclaw.jobs import Job
from reconciler.openclaw.live import LiveHost
from tests.cli.home import CHECKOUT, TOKEN, Household


SLOT = "job/Inbox check"


def logged(home: Household) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(home.run("audit", "show", "--json").out)
    return found


def test_an_apply_is_logged_as_it_begins_and_as_it_ends(home: Household) -> None:
    home.apply()

    begin, end = logged(home)

    record = json.loads(home.run("history", "latest", "--json").out)
    assert [("apply", "begin"), ("apply", "end")] == [(e["action"], e["phase"]) for e in (begin, end)]
    for entry in (begin, end):
        assert (record["id"], record["host"]["id"]) == (entry["record"], entry["host"])
        assert pwd.getpwuid(os.geteuid()).pw_name == entry["who"]
    slots = {slot["address"]: slot for slot in begin["slots"]}
    assert "ollama/qwen3:8b" == slots[SLOT]["after"]
    assert slots[SLOT]["before"].endswith(" (inherited)")
    assert "anthropic/claude-opus-4-6 + openai/gpt-5.4" == slots["agent/coder"]["before"]
    assert "done" == end["status"]
    assert dict.fromkeys(slots, "done") == {slot["address"]: slot["outcome"] for slot in end["slots"]}


def test_a_rollback_is_logged_the_other_way_round_with_its_hold(home: Household) -> None:
    home.apply()
    home.run("rollback", "latest", "--yes")

    applied, _, begin, end, hold = logged(home)

    assert [(s["address"], s["after"], s["before"]) for s in applied["slots"]] == [
        (s["address"], s["before"], s["after"]) for s in begin["slots"]
    ]
    assert ["rollback", "rollback", "hold"] == [entry["action"] for entry in (begin, end, hold)]
    assert applied["record"] == begin["undoes"] == end["undoes"]
    assert {"done"} == {slot["outcome"] for slot in end["slots"]}
    assert f"rolled back by {end['record']}" == hold["reason"]


def test_what_a_rollback_left_as_it_was_is_logged_so(home: Household) -> None:
    home.apply()
    home.edit_job(home_job := "11111111-0000-4000-8000-000000000000", model="openai/gpt-5.4")
    assert "openai/gpt-5.4" == home.job(home_job)["payload"]["model"]

    home.run("rollback", "latest", "--yes")

    end = next(e for e in logged(home) if e["action"] == "rollback" and e["phase"] == "end")
    assert "partial" == end["status"]
    assert {SLOT: "skipped"} == {s["address"]: s["outcome"] for s in end["slots"] if s["outcome"] != "done"}


def test_holds_resumes_and_mode_changes_are_logged(home: Household) -> None:
    home.run("hold", SLOT, "--until", "3d", "--reason", "under test")
    home.run("resume", SLOT)
    home.run("mode", "auto")

    hold, resume, mode = logged(home)

    assert ("hold", [{"address": SLOT}], "under test") == (hold["action"], hold["slots"], hold["reason"])
    assert hold["until"] > hold["at"]
    assert ("resume", [{"address": SLOT}]) == (resume["action"], resume["slots"])
    assert ("mode", "dry-run", "auto", str(home.policy)) == tuple(
        mode[key] for key in ("action", "before", "after", "policy")
    )


def test_looking_and_rehearsing_is_not_logged(home: Household) -> None:
    home.run("apply", home.plan(), "--dry-run")
    home.run("mode")
    home.run("resume", "--all")
    home.run("history")

    assert [] == logged(home)
    assert "Nothing was logged yet.\n" == home.run("audit", "show").out
    assert (0, "intact: nothing was logged yet\n") == (
        (done := home.run("audit", "verify")).code,
        done.out,
    )


def test_an_intact_log_is_said_to_be_with_its_length_and_last_digest(home: Household) -> None:
    home.apply()
    last = logged(home)[-1]["digest"]

    assert (0, f"intact: 2 lines\nlast: {last}\n") == ((done := home.run("audit", "verify")).code, done.out)
    assert {
        "intact": True,
        "lines": 2,
        "last": last,
        "mended": [],
        "cutShort": None,
        "broken": None,
    } == json.loads(home.run("audit", "verify", "--json").out)


def test_an_edited_line_is_found(home: Household) -> None:
    home.apply()
    home.run("hold", SLOT)
    log = home.state / "audit.jsonl"
    log.write_text(log.read_text().replace('"outcome":"done"', '"outcome":"failed"', 1))

    done, machine = home.run("audit", "verify"), home.run("audit", "verify", "--json")

    assert (1, "") == (done.code, done.out)
    assert "error: the audit log does not fit at line 2: it was edited" in done.err
    assert 1 == machine.code
    assert (False, 2) == ((found := json.loads(machine.out))["intact"], found["broken"]["line"])
    assert "warning: line 2 does not fit" in home.run("audit", "show").err


def test_lines_taken_away_from_the_end_are_found_by_a_digest_noted_earlier(home: Household) -> None:
    home.apply()
    noted = logged(home)[-1]["digest"]
    home.run("hold", SLOT)
    grown = home.run("audit", "verify", "--contains", noted)
    log = home.state / "audit.jsonl"
    log.write_text(log.read_text().splitlines(keepends=True)[0])

    cut = home.run("audit", "verify", "--contains", noted)

    assert 0 == grown.code
    assert 1 == cut.code
    assert f"no line of the audit log has the digest {noted}" in cut.err


def test_a_line_that_a_crash_cut_short_is_told_and_mended_by_the_next_action(home: Household) -> None:
    home.apply()
    log = home.state / "audit.jsonl"
    log.write_bytes(log.read_bytes()[:-40])

    cut = home.run("audit", "verify")
    home.run("hold", SLOT)
    mended = home.run("audit", "verify")

    assert 0 == cut.code
    assert "line 2 was cut short by a crash: the next action mends it" in cut.out
    assert mended.out.startswith("intact: 3 lines\n")
    assert "line 2 was cut short by a crash, as the log says" in mended.out
    assert "the line before was cut short by a crash" in home.run("audit", "show").out


@pytest.mark.parametrize(
    "action",
    [("apply", "plan.json", "--yes"), ("hold", SLOT), ("mode", "auto"), ("rollback", "latest", "--yes")],
    ids=lambda action: action[0],
)
def test_what_cannot_be_logged_is_not_done(home: Household, action: tuple[str, ...]) -> None:
    home.plan()
    if action[0] == "rollback":
        home.run("apply", "plan.json", "--yes")
        (home.state / "audit.jsonl").unlink()
    (home.state / "audit.jsonl").mkdir(parents=True)
    before, records = home.tree(), home.run("history", "--json").out
    holds = json.loads(home.run("status", "--no-fetch", "--json").out)["holds"]

    done = home.run(*action)

    assert 1 == done.code
    assert "error: cannot use the audit log" in done.err
    assert before == home.tree()
    assert records == home.run("history", "--json").out
    assert holds == json.loads(home.run("status", "--no-fetch", "--json").out)["holds"]


@pytest.mark.parametrize("kept", ["directory", "log"])
def test_a_log_that_is_not_ours_to_write_refuses_the_apply(home: Household, kept: str) -> None:
    home.plan()
    (home.state / "audit.jsonl").touch(mode=0o444)
    if kept == "directory":
        home.state.chmod(0o500)
    as_others = ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []
    before = home.tree()

    done = subprocess.run(
        [*as_others, *home.command("apply", "plan.json", "--yes")],
        cwd=home.root,
        env=home.environment(PYTHONPATH=str(CHECKOUT)),
        capture_output=True,
        text=True,
        check=False,
    )

    home.state.chmod(0o700)
    assert 1 == done.returncode
    assert "error: cannot " in done.stderr
    assert "ermission denied" in done.stderr or "readonly" in done.stderr
    assert before == home.tree()


def test_no_secret_is_in_the_log(home: Household) -> None:
    key = "sk-ant-" + "a1B2c3D4" * 5
    home.apply()
    home.run("rollback", "latest", "--yes")
    home.run("hold", SLOT, "--reason", f"the key {key} is used up")

    text = (home.state / "audit.jsonl").read_text()

    assert TOKEN not in text
    assert key not in text
    assert "(left out: it looks like a key)" == logged(home)[-1]["reason"]


def test_the_log_for_people_fits_eighty_columns_and_moves_no_cursor(home: Household) -> None:
    home.apply()
    home.run("hold", SLOT, "--reason", "\x1b[31mred " + "word " * 40)

    lines = home.run("audit", "show").out.splitlines()

    assert 80 >= max(map(len, lines))
    assert all(line.isprintable() for line in lines)
    assert any(line.strip().startswith(f"{SLOT}: ") for line in lines)


def test_a_log_of_strange_objects_is_shown_without_a_traceback(home: Household) -> None:
    home.state.mkdir(exist_ok=True)
    (home.state / "audit.jsonl").write_text(
        '{}\n[]\n{"slots":1,"action":[]}\n{"slots":[1,{"address":{}}],"at":null,"record":0}\n\n'
    )

    done = home.run("audit", "show")

    assert 0 == done.code
    assert 4 == len(done.out.splitlines())


def test_history_show_is_history(home: Household) -> None:
    home.apply()
    (record,) = json.loads(home.run("history", "--json").out)

    assert home.run("history", record["id"]) == home.run("history", "show", record["id"])
    assert home.run("history", "latest", "--json") == home.run("history", "show", "latest", "--json")
    for words in (("show",), ("latest", "latest"), ("show", "latest", "more")):
        assert 64 == home.run("history", *words).code


def test_an_apply_that_is_killed_between_two_writes_leaves_a_beginning_without_an_end(
    home: Household,
) -> None:
    home.plan()
    killer = home.root / "bin" / "killed.py"
    killer.write_text(
        "import os, signal, sys\n"
        "from reconciler.cli.main import main\n"
        "from reconciler.openclaw.live import LiveHost\n"
        "LiveHost.write_job = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "main(sys.argv[1:])\n"
    )
    done = subprocess.run(
        [sys.executable, str(killer), "apply", "plan.json", "--yes"],
        cwd=home.root,
        env=home.environment(PYTHONPATH=str(CHECKOUT)),
        check=False,
        capture_output=True,
    )
    undone = home.run("rollback", "latest", "--yes")

    assert -signal.SIGKILL == done.returncode
    assert 0 == undone.code, undone.err
    assert [("apply", "begin"), ("rollback", "begin"), ("rollback", "end"), ("hold", None)] == [
        (entry["action"], entry.get("phase")) for entry in logged(home)
    ]
    assert 0 == home.run("audit", "verify").code


def test_an_apply_whose_end_cannot_be_logged_says_that_it_ended(
    home: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, log = LiveHost.write_job, home.state / "audit.jsonl"

    def spoil(self: LiveHost, job: Job, wanted: JobChoice) -> Job:
        if log.is_file():
            log.unlink()
            log.mkdir()
        return write(self, job, wanted)

    monkeypatch.setattr(LiveHost, "write_job", spoil)

    done = home.run("apply", home.plan(), "--yes")

    record = json.loads(home.run("history", "latest", "--json").out)
    assert (1, "done") == (done.code, record["status"])
    assert f"error: apply {record['id']} has ended (done), but cannot use the audit log" in done.err
