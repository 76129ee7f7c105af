from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from reconciler.facts.gather import facts_of
from reconciler.facts.model import Facts
from reconciler.facts.read import read_facts
from reconciler.openclaw.host import KnownModel, Snapshot
from reconciler.openclaw.jobjson import read_jobs
from reconciler.openclaw.source import read_config


CRON = Path(__file__).parents[1] / "openclaw" / "fixtures" / "cron" / "2026.9.6" / "cron-list.json"
NOW = datetime(2026, 9, 14, 6, 0, 0, 123456, tzinfo=UTC)


def snapshot(tmp_path: Path, config: str = "{}", jobs: list[object] | None = None) -> Snapshot:
    file = tmp_path / "openclaw.json"
    file.write_text(config)
    return Snapshot(
        id="host-1",
        label="a host",
        source=read_config(file),
        jobs=read_jobs(jobs or []),  # type: ignore[arg-type]
        jobs_from="gateway",
        version="2026.9.6",
        models=(KnownModel("anthropic/claude-opus-4-6", 200_000, available=False, reason="no login"),),
        problems=("the gateway is slow",),
    )


def one_job(**changes: object) -> dict[str, object]:
    payload = {"kind": "agentTurn", "message": "Tell me the secret word: xyzzy. Check it.", "model": "a/b"}
    schedule = {"kind": "every", "everyMs": 60000.0}
    return {"id": "j1", "name": "Job", "schedule": schedule, "payload": payload, **changes}


def test_the_prompts_of_recorded_jobs_stay_behind(tmp_path: Path) -> None:
    recorded = json.loads(CRON.read_text())
    jobs = recorded.get("jobs", recorded)
    prompts = [job["payload"].get("message") or job["payload"].get("text") for job in jobs]

    facts = facts_of(snapshot(tmp_path, jobs=jobs), now=NOW)

    text = json.dumps(facts.dump())
    assert len(jobs) == len(facts.host.jobs)
    assert any(prompts)
    assert not [prompt for prompt in prompts if prompt and len(prompt) > 20 and prompt in text]


def test_of_a_prompt_only_its_signals_are_kept(tmp_path: Path) -> None:
    facts = facts_of(snapshot(tmp_path, jobs=[one_job()]), now=NOW)

    prompt = facts.host.jobs[0].prompt
    assert prompt is not None
    assert {"check": 1, "tell me": 1} == prompt.words
    assert "xyzzy" not in json.dumps(facts.dump())


def test_of_a_prompt_in_steps_each_ones_range_and_signals_are_kept(tmp_path: Path) -> None:
    payload = {"kind": "agentTurn", "message": "For xyzzy:\n1. Check it.\n2. Write a poem."}

    facts = facts_of(snapshot(tmp_path, jobs=[one_job(payload=payload)]), now=NOW)

    prompt = facts.host.jobs[0].prompt
    assert prompt is not None
    parts = [(part.begin, part.end, part.shared) for part in prompt.parts or ()]
    assert [(0, 11, True), (11, 24, False), (24, 40, False)] == parts
    assert "xyzzy" not in json.dumps(facts.dump())


def test_a_system_event_has_no_prompt_of_its_own(tmp_path: Path) -> None:
    event = one_job(payload={"kind": "systemEvent", "text": "Check it."})

    assert facts_of(snapshot(tmp_path, jobs=[event]), now=NOW).host.jobs[0].prompt is None


def test_each_kind_of_schedule_keeps_what_it_says(tmp_path: Path) -> None:
    kinds = [
        {"kind": "cron", "expr": "0 7 * * *", "tz": "UTC"},
        {"kind": "every", "everyMs": 60000.0},
        {"kind": "at", "at": "2026-12-01T07:00:00Z"},
        {"kind": "on-exit", "command": "secret --token=x"},
    ]
    jobs = [one_job(id=f"j{number}", schedule=schedule) for number, schedule in enumerate(kinds)]

    facts = facts_of(snapshot(tmp_path, jobs=jobs), now=NOW)

    found = [job.schedule for job in facts.host.jobs]
    assert [*kinds[:1], {"kind": "every", "everyMs": 60000}, kinds[2], {"kind": "on-exit"}] == found


def test_what_could_not_be_read_is_a_problem_of_the_facts(tmp_path: Path) -> None:
    facts = facts_of(snapshot(tmp_path, jobs=[one_job(), one_job(id="j2", payload=7)]), now=NOW)

    assert ("the gateway is slow", "job j2: payload is not an object") == facts.problems


def test_facts_written_to_a_file_are_the_facts_read_from_it(tmp_path: Path) -> None:
    config = '{agents: {entries: {main: {model: "a/b"}}}, gateway: {auth: {token: "sk-canary"}}}'
    facts = facts_of(snapshot(tmp_path, config, [one_job()]), now=NOW)

    text = json.dumps(facts.dump())

    assert facts == read_facts(text, name="facts.json")
    assert "modern" == facts.host.layout
    assert "sk-canary" not in text


def test_the_digest_of_facts_does_not_depend_on_the_time(tmp_path: Path) -> None:
    read = snapshot(tmp_path, jobs=[one_job()])
    later = facts_of(read, now=NOW.replace(hour=9))

    facts = facts_of(read, now=NOW)

    assert facts.digest() == later.digest()
    assert facts.digest() != facts_of(snapshot(tmp_path), now=NOW).digest()
    assert NOW.replace(microsecond=0) == facts.taken_at


def test_a_name_that_is_no_unicode_can_be_digested_and_dumped(tmp_path: Path) -> None:
    jobs = [one_job(name=json.loads('"half \\ud83d"'))]

    facts = facts_of(snapshot(tmp_path, jobs=jobs), now=NOW)

    assert isinstance(facts, Facts)
    assert facts.digest().startswith("sha256:")


def test_a_prompt_that_holds_a_key_is_a_problem_without_the_key(tmp_path: Path) -> None:
    payload = {"kind": "agentTurn", "message": "Check it with sk-ant-api03-abcdefghijklmnopqrstuvwx"}

    facts = facts_of(snapshot(tmp_path, jobs=[one_job(payload=payload)]), now=NOW)

    assert "job j1: its prompt holds what looks like a key" in facts.problems[-1]
    assert "abcdefghijkl" not in json.dumps(facts.dump())


def test_what_the_scheduler_remembers_is_told_and_changes_no_digest(tmp_path: Path) -> None:
    state = {"nextRunAtMs": 1795485600000, "lastRunAtMs": 1795458520181, "consecutiveErrors": 2}

    told = facts_of(snapshot(tmp_path, jobs=[one_job(state=state)]), now=NOW)
    plain = facts_of(snapshot(tmp_path, jobs=[one_job(state={"nextRunAtMs": 10**30})]), now=NOW)

    remembered = told.host.jobs[0].scheduler
    assert remembered is not None
    assert remembered.next_run_at == datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    assert 2 == remembered.errors
    assert plain.host.jobs[0].scheduler is None
    assert told.digest() == plain.digest()
