from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from reconciler.ledger import usage
from reconciler.ledger.usage import Tally
from reconciler.usage.importer import add_runs, refresh
from tests.usage.homes import answer, home_in, question, session_file, write


BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
NOTHING = {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0, "totalTokens": 0}


def imported(folder: Path, ledger: sqlite3.Connection, *lines: bytes) -> Tally:
    write(session_file(folder, "one.jsonl"), *lines)
    refresh(home_in(folder), ledger, END)
    return usage.total(ledger, BEGIN, END)


def test_an_answer_without_tokens_is_a_request_whose_tokens_are_estimated_from_the_text(
    tmp_path: Path, ledger: sqlite3.Connection
) -> None:
    content = [{"type": "text", "text": "x" * 800}]

    found = imported(tmp_path, ledger, question("y" * 4000), answer(1, usage=NOTHING, content=content))

    assert (1, 1, 0, 1) == (found.requests, found.messages, found.failed, found.estimated)
    assert 1000 == found.input
    assert 200 <= found.output < 220
    assert found.tokens == found.estimated_tokens


def test_an_estimate_builds_on_the_last_size_that_the_provider_reported(
    tmp_path: Path, ledger: sqlite3.Connection
) -> None:
    found = imported(
        tmp_path,
        ledger,
        *(question("Hello"), answer(1), question("y" * 400), answer(2, usage=None)),
    )

    assert 1 == found.estimated
    assert 101 + 1116 + 100 == found.input
    assert found.estimated_tokens == found.tokens - 1116


def test_the_share_that_is_estimated_is_shown(tmp_path: Path, ledger: sqlite3.Connection) -> None:
    found = imported(tmp_path, ledger, *map(answer, range(9)), answer(9, usage=None))

    assert (10, 1) == (found.requests, found.estimated)


def test_a_failed_answer_used_no_tokens(tmp_path: Path, ledger: sqlite3.Connection) -> None:
    found = imported(
        tmp_path, ledger, question("Hello"), answer(1, usage=NOTHING, stopReason="error", errorMessage="429")
    )

    assert Tally(requests=1, failed=1) == found


def test_messages_that_openclaw_mirrored_are_no_requests(tmp_path: Path, ledger: sqlite3.Connection) -> None:
    mirrored = answer(2, provider="openclaw", model="delivery-mirror", usage=NOTHING)

    assert 1 == imported(tmp_path, ledger, answer(1), mirrored).requests


def test_tokens_that_only_the_total_knows_are_counted(tmp_path: Path, ledger: sqlite3.Connection) -> None:
    found = imported(tmp_path, ledger, answer(1, usage={"input": 10, "output": 5, "totalTokens": 40}))

    assert (10, 30, 40) == (found.input, found.output, found.tokens)


def test_numbers_that_cannot_be_are_not_counted(tmp_path: Path, ledger: sqlite3.Connection) -> None:
    odd = {"input": -5, "output": 1e300, "cacheRead": 7, "cost": {"total": -1}}

    assert 7 == imported(tmp_path, ledger, answer(1, usage=odd)).tokens


def test_a_cost_of_zero_for_tokens_is_unknown_not_free(tmp_path: Path, ledger: sqlite3.Connection) -> None:
    found = imported(tmp_path, ledger, answer(1), answer(2, usage={"input": 10, "cost": {"total": 0}}))

    assert (1_000_000, 1) == (found.nanodollars, found.unpriced)


def test_a_run_that_reports_no_tokens_is_marked_as_unknown_in_part(ledger: sqlite3.Connection) -> None:
    run = {"jobId": "j", "runAtMs": 1795435200000, "ts": 1, "status": "ok", "provider": "acme", "model": "m"}
    add_runs(ledger, [{**run, "action": "finished"}])

    found = usage.total(ledger, BEGIN, END)
    assert (1, 1, 1, 0) == (found.requests, found.messages, found.estimated, found.tokens)
