from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import ReconcilerError
from reconciler.ledger import usage
from reconciler.ledger.usage import Tally
from reconciler.usage.importer import add_runs, refresh
from reconciler.usage.summaries import add_summaries
from tests.usage.homes import FIXTURES, early_home


BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def told(era: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((FIXTURES / era / "sessions-usage.json").read_text())
    return answer


def total(ledger: sqlite3.Connection) -> Tally:
    return usage.total(ledger, BEGIN, END)


@pytest.mark.parametrize("era", ["early", "modern"])
def test_the_sums_are_those_of_the_host_by_provider_too(era: str, ledger: sqlite3.Connection) -> None:
    answer = told(era)

    add_summaries(ledger, answer)

    found = usage.grouped(ledger, BEGIN, END, by=["provider"])
    assert answer["totals"]["totalTokens"] == total(ledger).tokens
    assert {
        one["provider"]: (one["totals"]["totalTokens"], one["count"])
        for one in answer["aggregates"]["byProvider"]
    } == {key[0]: (tally.tokens, tally.requests) for key, tally in found.items()}


@pytest.mark.parametrize("era", ["early", "modern"])
def test_the_same_answer_twice_changes_nothing(era: str, ledger: sqlite3.Connection) -> None:
    add_summaries(ledger, told(era))
    before = total(ledger)

    assert 0 == add_summaries(ledger, told(era))
    assert before == total(ledger)


def test_of_a_session_that_went_on_only_the_difference_is_added(ledger: sqlite3.Connection) -> None:
    def answer(count: int, tokens: int, last: int) -> dict[str, Any]:
        day = {
            "date": "2026-11-23",
            "provider": "acme",
            "model": "m",
            "count": count,
            "tokens": tokens,
            "cost": 0.1,
        }
        used = {"lastActivity": last, "dailyModelUsage": [day]}
        return {"sessions": [{"key": "agent:main:main", "sessionId": "s", "usage": used}]}

    add_summaries(ledger, answer(2, 300, 1795435200000))
    add_summaries(ledger, answer(5, 1000, 1795438800000))

    hours = usage.grouped(ledger, BEGIN, END, by=["hour"])
    assert {"1795435200000": (2, 300), "1795438800000": (3, 700)} == {
        key[0]: (tally.requests, tally.tokens) for key, tally in hours.items()
    }


def test_a_cold_cache_is_refused_because_its_zeros_are_not_true(ledger: sqlite3.Connection) -> None:
    answer = {**told("modern"), "cacheStatus": {"status": "refreshing"}}

    with pytest.raises(ReconcilerError, match="still counting"):
        add_summaries(ledger, answer)

    assert Tally() == total(ledger)


def test_an_answer_of_another_shape_is_refused(ledger: sqlite3.Connection) -> None:
    with pytest.raises(ReconcilerError, match="not understood"):
        add_summaries(ledger, {"sessions": "many"})


def test_neither_transcripts_nor_runs_are_counted_beside_a_summary(
    tmp_path: Path, ledger: sqlite3.Connection
) -> None:
    refresh(early_home(tmp_path / "openclaw"), ledger, END)
    sessions = [one["sessionId"] for one in told("early")["sessions"]]
    read = usage.sessions_told(ledger, by="transcript")
    assert read.intersection(sessions)

    add_summaries(ledger, told("early"))

    kept = ledger.execute("SELECT sum(input + output + cache_read) FROM usage").fetchone()[0]
    assert told("early")["totals"]["totalTokens"] == kept


def test_a_past_run_is_still_known_by_its_job_where_the_run_history_tells(ledger: sqlite3.Connection) -> None:
    entries = json.loads((FIXTURES / "modern" / "cron-runs-all.json").read_text())["entries"]
    add_runs(ledger, entries)

    add_summaries(ledger, told("modern"))

    job = "e573de54-32a4-41ce-8446-7787267fcadd"
    runs = [one for one in entries if one["jobId"] == job]
    assert len(runs) == usage.grouped(ledger, BEGIN, END, by=["job"])[job,].requests
