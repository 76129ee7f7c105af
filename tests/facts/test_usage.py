from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.facts.usage import usage_facts
from reconciler.ledger import usage
from reconciler.ledger.moments import to_ms
from reconciler.ledger.store import opened
from reconciler.ledger.usage import Dimension, Mark, Row, Run


NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DIGEST = Dimension("acme", "smart", "main", "j1", "cron")
CHAT = Dimension("acme", "smart", "main", "", "chat")
BEAT = Dimension("acme", "fast", "main", "", "heartbeat")


def row(
    dimension: int, key: int, *, days_ago: float = 1, marks: int = 0, tokens: tuple[int, ...] = (10, 2, 30, 4)
) -> Row:
    return Row(to_ms(NOW - timedelta(days=days_ago)), key, dimension, marks, 1, *tokens, 0)


def run(number: int, status: str = "ok", *, job: str = "j1") -> Run:
    at = to_ms(NOW - timedelta(hours=number))
    return Run(job, at, "main", f"s{number}", status, None, "", "", 0, 0, 0, 0, 0, 0)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with opened(tmp_path, create=True) as connection:
        assert connection
        yield connection


def test_a_jobs_requests_are_summed_with_the_largest_and_the_models_that_ran(
    ledger: sqlite3.Connection,
) -> None:
    usage.add(
        ledger, (DIGEST,), [row(0, 1, marks=Mark.OPENS), row(0, 2, tokens=(100, 5, 0, 0), days_ago=4.5)]
    )

    found = usage_facts(ledger, NOW)["job", "j1"]

    assert (5, 1, 2, 100) == (found.days, found.runs, found.requests, found.largest_request)
    assert (110, 7, 30, 4) == (found.input, found.output, found.cache_read, found.cache_write)
    assert {"acme/smart": 2} == found.models


def test_what_the_host_tells_of_runs_goes_before_a_count_of_answers(ledger: sqlite3.Connection) -> None:
    usage.add(ledger, (DIGEST,), [row(0, 1, marks=Mark.OPENS)])
    usage.add_runs(ledger, [run(1), run(2), run(3, "error"), run(4, "skipped")])

    found = usage_facts(ledger, NOW)["job", "j1"]

    assert (3, 1) == (found.runs, found.failed)


def test_conversations_heartbeats_and_jobs_of_an_agent_are_kept_apart(ledger: sqlite3.Connection) -> None:
    usage.add(ledger, (DIGEST, CHAT, BEAT), [row(0, 1), row(1, 2), row(1, 3), row(2, 4)])

    found = usage_facts(ledger, NOW)

    assert {("agent", "main"): 2, ("heartbeat", "main"): 1, ("job", "j1"): 1} == {
        who: used.requests for who, used in found.items()
    }


def test_requests_without_recorded_tokens_are_told_and_none_of_them_is_the_largest(
    ledger: sqlite3.Connection,
) -> None:
    usage.add(ledger, (CHAT,), [row(0, 1), row(0, 2, marks=Mark.ESTIMATED, tokens=(9_000, 1, 0, 0))])

    found = usage_facts(ledger, NOW)["agent", "main"]

    assert (1, 44) == (found.unmetered, found.largest_request)


def test_what_is_older_than_a_month_does_not_count(ledger: sqlite3.Connection) -> None:
    usage.add(ledger, (CHAT,), [row(0, 1, days_ago=31)])

    assert {} == usage_facts(ledger, NOW)


def test_an_unused_ledger_tells_nothing(ledger: sqlite3.Connection) -> None:
    assert {} == usage_facts(ledger, NOW)
