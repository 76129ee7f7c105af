from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from multiprocessing import active_children
from pathlib import Path

import pytest

from reconciler.errors import ReconcilerError
from reconciler.ledger import usage
from reconciler.ledger.usage import By, Tally
from reconciler.openclaw.home import Home
from reconciler.usage import pool, sessionfile
from reconciler.usage.importer import Refreshed, add_runs, refresh, refreshed_at
from tests.usage.homes import (
    FIXTURES,
    add_events,
    answer,
    early_home,
    home_in,
    modern_home,
    question,
    session_file,
    write,
)


BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def refreshed(home: Home, ledger: sqlite3.Connection) -> Refreshed:
    return refresh(home, ledger, NOW)


def tallies(ledger: sqlite3.Connection, *by: By) -> dict[tuple[str, ...], Tally]:
    return usage.grouped(ledger, BEGIN, END, by=by)


def total(ledger: sqlite3.Connection) -> Tally:
    return usage.total(ledger, BEGIN, END)


def dump(ledger: sqlite3.Connection) -> list[Sequence[object]]:
    tables = ("usage", "usage_dimensions", "usage_sessions", "usage_runs", "usage_sources")
    return [row for table in tables for row in ledger.execute(f"SELECT * FROM {table}")]  # noqa: S608 -- names above


@pytest.fixture
def early(tmp_path: Path) -> Home:
    return early_home(tmp_path / "openclaw")


@pytest.fixture
def modern(tmp_path: Path) -> Home:
    return modern_home(tmp_path / "openclaw")


def test_each_attempt_of_early_2026_is_a_request_and_the_fallback_is_counted_where_it_ran(
    early: Home, ledger: sqlite3.Connection
) -> None:
    refreshed(early, ledger)

    job = "0461acdc-b1a5-410c-b20b-8be67938c95c"
    found = {
        key[1:]: tally for key, tally in tallies(ledger, "job", "provider", "model").items() if key[0] == job
    }
    assert {
        ("zenith", "plan-429"): Tally(requests=4, failed=4),
        ("homelab", "local-small"): Tally(
            requests=1, messages=1, input=2300, output=24, cache_read=1150, unpriced=1
        ),
    } == found


def test_models_that_failed_without_a_word_since_2026_8_are_inferred(
    modern: Home, ledger: sqlite3.Connection
) -> None:
    refreshed(modern, ledger)

    job = "2c9a9aa3-7880-4778-9a7d-6cf6b94087ae"
    found = {key[1:]: tally for key, tally in tallies(ledger, "job", "provider").items() if key[0] == job}
    assert {"acme": 1, "zenith": 1, "homelab": 0} == {key[0]: tally.failed for key, tally in found.items()}
    assert 4541 == found["homelab",].tokens


def test_a_change_of_model_between_two_turns_is_no_failure(modern: Home, ledger: sqlite3.Connection) -> None:
    refreshed(modern, ledger)

    found = tallies(ledger, "kind", "provider")
    assert 0 == found["heartbeat", "homelab"].failed + found["heartbeat", "acme"].failed
    assert 2 == found["heartbeat", "homelab"].requests + found["heartbeat", "acme"].requests


def test_what_the_transcripts_tell_of_a_session_is_not_counted_again_from_its_run(
    early: Home, ledger: sqlite3.Connection
) -> None:
    runs = refreshed(early, ledger).runs

    job = "b2ab3711-87ca-4e9a-aab1-e99285210b2e"
    in_transcript = [run for run in usage.runs(ledger, BEGIN, END) if run.job == job]
    assert runs == len(usage.runs(ledger, BEGIN, END))
    assert 3411 == max(run.input + run.output + run.cache_read for run in in_transcript)
    others = [run for run in in_transcript if not run.session.startswith("7258b7a5")]
    assert 1 + len(others) == tallies(ledger, "job")[job,].requests


def test_an_early_run_counts_its_cached_tokens_though_only_its_total_holds_them(
    early: Home, ledger: sqlite3.Connection
) -> None:
    refreshed(early, ledger)

    run = next(run for run in usage.runs(ledger, BEGIN, END) if run.job.startswith("0461acdc"))
    assert (2300, 24, 1150) == (run.input, run.output, run.cache_read)


def test_a_failed_run_without_a_transcript_is_a_failed_request(
    modern: Home, ledger: sqlite3.Connection
) -> None:
    refreshed(modern, ledger)

    failed = [run for run in usage.runs(ledger, BEGIN, END) if run.reason == "rate_limit"]
    assert {"quota-429"} == {run.model for run in failed}
    assert {0} == {run.reported for run in failed}


def test_runs_come_the_same_from_the_database_and_from_the_gateway(
    modern: Home, ledger: sqlite3.Connection
) -> None:
    refreshed(modern, ledger)
    before = usage.runs(ledger, BEGIN, END)
    entries = json.loads((FIXTURES / "modern" / "cron-runs-all.json").read_text())["entries"]

    new = add_runs(ledger, [*entries, "no entry", {"ts": "soon"}])

    after = usage.runs(ledger, BEGIN, END)
    assert len(after) - len(before) == new
    assert {(run.job, run.run_at) for run in after} == {(one["jobId"], one["runAtMs"]) for one in entries}


def test_the_run_log_that_2026_6_moved_into_its_database_is_the_same_history(
    early: Home, ledger: sqlite3.Connection
) -> None:
    refreshed(early, ledger)
    before = usage.runs(ledger, BEGIN, END)
    path = early.state_dir / "state" / "openclaw.sqlite"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database:
        for name in ("cron_run_logs.schema.sql", "cron_run_logs.sql"):
            database.executescript((FIXTURES / "early" / name).read_text())
        database.commit()

    refreshed(early, ledger)

    assert {run[:2] for run in before} <= {run[:2] for run in usage.runs(ledger, BEGIN, END)}
    assert len(usage.runs(ledger, BEGIN, END)) < len(before) + 8


@pytest.mark.parametrize("era", ["early", "modern"])
def test_importing_the_same_history_twice_changes_nothing(
    era: str, request: pytest.FixtureRequest, ledger: sqlite3.Connection
) -> None:
    home: Home = request.getfixturevalue(era)
    assert refreshed(home, ledger).requests
    before = dump(ledger)

    again = refreshed(home, ledger)

    assert Refreshed() == again
    assert before == dump(ledger)


@pytest.mark.parametrize("era", ["early", "modern"])
def test_forgetting_how_far_it_read_changes_no_sum(
    era: str, request: pytest.FixtureRequest, ledger: sqlite3.Connection
) -> None:
    home: Home = request.getfixturevalue(era)
    refreshed(home, ledger)
    before = dump(ledger)
    ledger.execute("DELETE FROM usage_sources")

    assert 0 == refreshed(home, ledger).requests
    assert before == dump(ledger)


def test_transcripts_that_the_host_moved_into_its_database_are_known_already(
    early: Home, ledger: sqlite3.Connection
) -> None:
    refreshed(early, ledger)
    before = tallies(ledger, "provider", "model", "agent", "job")
    for path in early.state_dir.glob("agents/*/sessions/*.jsonl"):
        add_events(early.state_dir, path.parts[-3], path.stem, path.read_bytes().splitlines())
        path.unlink()

    assert 0 == refreshed(early, ledger).requests
    assert before == tallies(ledger, "provider", "model", "agent", "job")


@pytest.mark.parametrize("suffix", [".deleted.1795460000000", ".reset.2026-11-23T18-00-00.000Z"])
def test_deleted_and_reset_sessions_count_too(
    suffix: str, tmp_path: Path, ledger: sqlite3.Connection
) -> None:
    write(session_file(tmp_path, f"one.jsonl{suffix}"), question("Hello"), answer(1))
    write(session_file(tmp_path, "notes.txt"), answer(2))

    refreshed(home_in(tmp_path), ledger)

    assert 1116 == total(ledger).tokens


def test_a_session_that_is_reset_between_two_imports_counts_once(
    tmp_path: Path, ledger: sqlite3.Connection
) -> None:
    path = write(session_file(tmp_path, "one.jsonl"), question("Hello"), answer(1))
    refreshed(home_in(tmp_path), ledger)
    path.rename(f"{path}.reset.2026-11-23T18-00-00.000Z")
    write(path, question("Again"), answer(2))

    refreshed(home_in(tmp_path), ledger)

    assert Tally(
        requests=2, messages=2, input=203, output=20, cache_read=2000, cache_write=10, nanodollars=2_000_000
    ) == total(ledger)


def test_messages_that_a_fork_copied_count_once(tmp_path: Path, ledger: sqlite3.Connection) -> None:
    path = write(session_file(tmp_path, "one.jsonl"), question("Hello"), answer(1))
    fork = session_file(tmp_path, "two.jsonl")
    shutil.copy(path, fork)
    with fork.open("ab") as file:
        file.write(answer(2) + b"\n")

    refreshed(home_in(tmp_path), ledger)

    assert 2 == total(ledger).requests


def test_a_half_written_line_is_read_when_it_is_whole(tmp_path: Path, ledger: sqlite3.Connection) -> None:
    path = write(session_file(tmp_path, "one.jsonl"), question("Hello"), answer(1))
    line = answer(2) + b"\n"
    with path.open("ab") as file:
        file.write(line[:100])
    assert 0 == refreshed(home_in(tmp_path), ledger).unreadable
    with path.open("ab") as file:
        file.write(line[100:])

    assert 1 == refreshed(home_in(tmp_path), ledger).requests
    assert 2 == total(ledger).requests


def test_a_last_line_without_its_line_break_counts_once(tmp_path: Path, ledger: sqlite3.Connection) -> None:
    path = session_file(tmp_path, "one.jsonl.deleted.1")
    path.write_bytes(question("Hello") + b"\n" + answer(1))
    refreshed(home_in(tmp_path), ledger)
    with path.open("ab") as file:
        file.write(b"\n" + answer(2) + b"\n")

    refreshed(home_in(tmp_path), ledger)

    assert 2 == total(ledger).requests


def test_what_follows_in_a_session_still_knows_its_job_and_its_model(
    tmp_path: Path, ledger: sqlite3.Connection
) -> None:
    model = b'{"type":"model_change","provider":"zenith","modelId":"writer-xl"}'
    path = write(session_file(tmp_path, "one.jsonl"), model, question("[cron:1234-ab Diary] Go on."))
    refreshed(home_in(tmp_path), ledger)
    with path.open("ab") as file:
        file.write(answer(1, provider=None, model=None) + b"\n")

    refreshed(home_in(tmp_path), ledger)

    assert [("1234-ab", "zenith", "writer-xl")] == list(tallies(ledger, "job", "provider", "model"))


def test_a_file_that_was_rewritten_is_read_anew(tmp_path: Path, ledger: sqlite3.Connection) -> None:
    path = write(session_file(tmp_path, "one.jsonl"), question("Hello"), answer(1))
    refreshed(home_in(tmp_path), ledger)
    write(path, question("Compacted, this is another beginning"), answer(1), answer(2))

    assert 1 == refreshed(home_in(tmp_path), ledger).requests


def test_a_session_that_was_rewritten_in_the_database_is_read_anew(
    tmp_path: Path, ledger: sqlite3.Connection
) -> None:
    path = add_events(tmp_path, "main", "one", [question("Hello"), answer(1)])
    refreshed(home_in(tmp_path), ledger)
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM transcript_events")
        database.commit()
    add_events(tmp_path, "main", "one", [question("Hi"), answer(2)])

    assert 1 == refreshed(home_in(tmp_path), ledger).requests


def test_broken_lines_are_counted_and_do_no_harm(tmp_path: Path, ledger: sqlite3.Connection) -> None:
    lines = (b"{", b"\xff\xfe", b'{"type":"message","message":7}', b"[" * 5000, b'{"type":5}')
    write(session_file(tmp_path, "one.jsonl"), *lines, answer(1))
    add_events(tmp_path, "main", "two", [answer(2)], {0})
    (tmp_path / "agents" / "broken" / "agent").mkdir(parents=True)
    (tmp_path / "agents" / "broken" / "agent" / "openclaw-agent.sqlite").write_bytes(b"no database" * 100)

    found = refreshed(home_in(tmp_path), ledger)

    assert (2, 5) == (found.requests, found.unreadable)
    assert ["file is not a database"] == [problem.rpartition(": ")[2] for problem in found.problems]


def test_a_home_without_agents_has_used_nothing(tmp_path: Path, ledger: sqlite3.Connection) -> None:
    assert Refreshed() == refreshed(home_in(tmp_path / "none"), ledger)
    assert Tally() == total(ledger)
    assert NOW == refreshed_at(home_in(tmp_path / "none"), ledger)
    assert refreshed_at(home_in(tmp_path), ledger) is None


def test_many_bytes_are_read_by_several_processes_with_the_same_result(
    tmp_path: Path, ledger: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for session in range(4):
        lines = [line for turn in range(200) for line in (question("Go on"), answer(session * 1000 + turn))]
        write(session_file(tmp_path, f"{session}.jsonl"), *lines)
    monkeypatch.setattr(pool, "WORTH_A_POOL", 1)
    monkeypatch.setattr(pool, "AT_ONCE", 20_000)
    seen: list[tuple[int, int]] = []

    refresh(home_in(tmp_path), ledger, NOW, lambda done, of: seen.append((done, of)))

    assert (800, 800) == (total(ledger).requests, total(ledger).messages)
    assert seen[-1][0] == seen[-1][1]
    assert 4 < len(seen)


def test_lines_longer_than_what_is_read_at_once_are_whole(
    tmp_path: Path, ledger: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessionfile, "CHUNK", 64)
    write(session_file(tmp_path, "one.jsonl"), question("x" * 500), *map(answer, range(20)))

    assert 20 == refreshed(home_in(tmp_path), ledger).requests


def test_a_reader_that_the_system_killed_is_told_and_what_was_read_is_kept(
    tmp_path: Path, ledger: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for session in range(8):
        write(
            session_file(tmp_path, f"{session}.jsonl"), *map(answer, range(session * 10, session * 10 + 10))
        )
    monkeypatch.setattr(pool, "WORTH_A_POOL", 1)
    monkeypatch.setattr(pool, "AT_ONCE", 1000)

    def kill(_done: int, _of: int) -> None:
        for reader in active_children():
            reader.kill()

    with pytest.raises(ReconcilerError, match="has been killed"):
        refresh(home_in(tmp_path), ledger, NOW, kill)

    assert 10 <= total(ledger).requests < 80
    refreshed(home_in(tmp_path), ledger)
    assert 80 == total(ledger).requests


def test_a_problem_with_a_file_of_any_name_may_be_shown(tmp_path: Path, ledger: sqlite3.Connection) -> None:
    agent = tmp_path / "agents" / "evil\x1b[2J\u202e"
    agent.mkdir(parents=True)
    (agent / "sessions").symlink_to("sessions")

    (problem,) = refreshed(home_in(tmp_path), ledger).problems

    assert problem.isprintable()
    assert problem.endswith(r"evil\x1b[2J\u202e/sessions: Too many levels of symbolic links")


def test_a_folder_that_cannot_be_listed_is_a_problem_not_an_empty_one(
    tmp_path: Path, ledger: sqlite3.Connection
) -> None:
    folder = session_file(tmp_path, "one.jsonl").parent
    folder.rmdir()
    folder.symlink_to(folder)

    problems = refreshed(home_in(tmp_path), ledger).problems

    assert [f"{folder}: Too many levels of symbolic links"] == problems
