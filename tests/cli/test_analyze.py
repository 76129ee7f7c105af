from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jsonschema import Draft7Validator

from tests.cli.home import CHECKOUT, INBOX, Household
from tests.usage.homes import answer, question, session_file, write


SCHEMA = json.loads((CHECKOUT / "schemas" / "analysis.schema.json").read_text())


def used(home: Household, runs: int = 3) -> None:
    """Write transcripts of yesterday's runs of the inbox job, which answered on another model than its own."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    for number in range(runs):
        at = int((yesterday + timedelta(minutes=number)).timestamp() * 1000)
        path = session_file(home.openclaw, f"{number:08x}-0000-4000-8000-000000000000.jsonl")
        reply = answer(number, provider="openai", model="gpt-5.4", timestamp=at)
        write(path, question(f"[cron:{INBOX} Inbox check] Check the inbox."), reply)


def test_each_slot_is_told_with_what_it_used(home: Household) -> None:
    used(home)

    done = home.run("analyze", "--no-fetch")

    assert done.code == 0, done.err
    block = done.out.split("\njob/Inbox check\n")[1].split("\n\n")[0]
    assert " tokens a day" in block
    assert "runs on its fallback openai/gpt-5.4" in block
    assert "Check the inbox" not in done.out


def test_json_is_what_the_published_schema_says(home: Household) -> None:
    used(home)

    found = json.loads(home.run("analyze", "--no-fetch", "--json").out)

    assert [] == [error.message for error in Draft7Validator(SCHEMA).iter_errors(found)]
    inbox = next(slot for slot in found["slots"] if slot["address"] == "job/Inbox check")
    assert {"openai/gpt-5.4": 3} == inbox["used"]["models"]


def test_jobs_and_agents_can_be_asked_for_alone(home: Household) -> None:
    def types(which: str) -> set[str]:
        done = home.run("analyze", "--no-fetch", "--json", "--type", which)
        return {slot["type"] for slot in json.loads(done.out)["slots"]}

    assert {"job"} == types("crons")
    assert {"defaults", "agent", "heartbeat", "subagents"} == types("agents")
    assert types("all") == types("crons") | types("agents")


def test_recorded_facts_are_analysed_without_a_host(home: Household, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    home.run("facts", "--no-fetch", "--out", facts)
    home.config.unlink()

    done = home.run("analyze", "--facts", facts)

    assert done.code == 0, done.err
    assert "job/Inbox check" in done.out


def test_nothing_is_written_to_the_host(home: Household) -> None:
    used(home)
    before = home.tree()

    home.run("analyze", "--no-fetch")

    assert before == home.tree()


def test_agents_are_judged_by_what_they_are_asked_and_nothing_of_it_is_kept(home: Household) -> None:
    words = "Refactor the function xyzzy, fix the bug and commit the patch."
    write(session_file(home.openclaw, "chat.jsonl", "coder"), *[question(words)] * 12)
    (home.openclaw / "workspace").mkdir()
    (home.openclaw / "workspace" / "HEARTBEAT.md").write_text("Check the inbox for mail of xyzzy, count it.")

    facts = home.run("facts", "--no-fetch")
    done = home.run("analyze", "--no-fetch", "--type", "agents")

    assert "xyzzy" not in facts.out + done.out
    assert "of 12 messages to it: 12 coding" in done.out
    heartbeat = done.out.split("\nagent/main/heartbeat\n")[1].split("\n\n")[0]
    assert "task      simple" in heartbeat
