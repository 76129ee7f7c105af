from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.usage.asked import SAMPLE, asked
from tests.usage.homes import add_events, answer, home_in, question, session_file, write


CODING = "Refactor the function, fix the bug, run the test suite and commit the patch."
SIMPLE = "Check the inbox and tell me the count of unread mail."


def told(folder: Path) -> dict[str, dict[str, int]]:
    problems: list[str] = []
    found = asked(home_in(folder), problems)
    assert [] == problems
    return {agent: each.kinds for agent, each in found.items()}


def test_the_messages_of_people_are_counted_by_what_they_ask_for(tmp_path: Path) -> None:
    write(session_file(tmp_path, "a.jsonl"), question(CODING), answer(1), question(CODING), question(SIMPLE))

    assert {"main": {"coding": 2, "simple": 1}} == told(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        question(f"[cron:j1 Build] {CODING}"),
        question(f"[OpenClaw heartbeat poll] {CODING}"),
        question(f"Read HEARTBEAT.md if it exists. {CODING}"),
        question(f"System: {CODING}"),
        question("/new"),
        question(CODING, provenance={"kind": "internal_system", "sourceTool": "cron"}),
        question(CODING, provenance={"kind": "inter_session"}),
        question("thanks"),
        answer(1),
        b'{"type": "message", "message": {"role": "user", "content": 7}}',
        b'{"role": "user"',
    ],
)
def test_what_no_person_asked_is_left_out(tmp_path: Path, line: bytes) -> None:
    write(session_file(tmp_path, "a.jsonl"), line)

    assert {} == told(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        f"[Telegram Ada id:7 2026-03-22 10:11 UTC] {SIMPLE}",
        f'Conversation info (untrusted metadata):\n```json\n{{"fix": "bug", "code": "refactor"}}\n```\n\n{SIMPLE}',
    ],
)
def test_what_openclaw_puts_around_a_message_is_not_judged(tmp_path: Path, text: str) -> None:
    write(session_file(tmp_path, "a.jsonl"), question(text))

    assert {"main": {"simple": 1}} == told(tmp_path)


def test_a_picture_is_counted(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": SIMPLE}, {"type": "image", "data": "AAAA", "mimeType": "image/png"}]
    write(session_file(tmp_path, "a.jsonl"), question("", content=parts))

    assert 1 == asked(home_in(tmp_path), [])["main"].pictures


def test_the_newest_messages_are_judged_and_no_more_than_the_sample(tmp_path: Path) -> None:
    old = write(session_file(tmp_path, "old.jsonl"), *[question(CODING)] * 10)
    os.utime(old, (1, 1))
    write(session_file(tmp_path, "new.jsonl"), *[question(SIMPLE)] * SAMPLE)

    assert {"main": {"simple": SAMPLE}} == told(tmp_path)


def test_of_a_long_transcript_only_the_end_is_read(tmp_path: Path) -> None:
    filler = answer(1, content=[{"type": "text", "text": "x" * 300_000}])
    write(session_file(tmp_path, "a.jsonl"), question(CODING), filler, question(SIMPLE))

    assert {"main": {"simple": 1}} == told(tmp_path)


def test_the_transcripts_in_a_database_are_read_too(tmp_path: Path) -> None:
    add_events(tmp_path, "coder", "s1", [question(CODING), answer(1), question(CODING)], {2})

    assert {"coder": {"coding": 2}} == told(tmp_path)


def test_a_database_that_is_none_is_a_problem_and_the_others_are_read(tmp_path: Path) -> None:
    add_events(tmp_path, "coder", "s1", [question(CODING)]).write_bytes(b"no database at all" * 100)
    write(session_file(tmp_path, "a.jsonl"), question(SIMPLE))
    problems: list[str] = []

    assert ["main"] == list(asked(home_in(tmp_path), problems))
    assert ["what agent coder was asked cannot be read: file is not a database"] == problems


def test_a_host_without_agents_was_asked_nothing(tmp_path: Path) -> None:
    assert {} == told(tmp_path)
