from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from reconciler.facts.history import histories
from reconciler.ledger import usage
from reconciler.ledger.moments import to_ms
from reconciler.ledger.readings import StoredReading, save
from reconciler.ledger.store import opened
from reconciler.ledger.usage import Dimension, Mark, Row


NOW = datetime(2026, 9, 16, 12, 30, tzinfo=UTC)


def row(key: int, hours_ago: float, dimension: int, tokens: int, marks: int = Mark.OPENS) -> Row:
    at = to_ms(NOW - timedelta(hours=hours_ago))
    return Row(at, key, dimension, marks, 1, tokens, 0, 0, 0, 0)


def test_use_is_told_by_hour_apart_for_people_and_for_jobs(tmp_path: Path) -> None:
    people = Dimension("acme", "big", "main", "", "chat")
    job = Dimension("acme", "big", "main", "j1", "cron")
    elsewhere = Dimension("zenith", "big", "main", "j1", "cron")
    rows = [
        row(1, 5.5, 0, 100),
        row(2, 0.5, 0, 50, Mark.OPENS | Mark.ESTIMATED),
        *(row(10 + number, number + 0.6, 1, 10 * number) for number in range(1, 5)),
        row(20, 4.6, 2, 7),
    ]
    with opened(tmp_path, create=True) as ledger:
        assert ledger is not None
        usage.add(ledger, [people, job, elsewhere], rows)
        found = histories(ledger, NOW)

    tokens = next(each for each in found if (each.provider, each.unit) == ("acme", "tokens"))
    (use,) = tokens.jobs
    assert 150 == sum(tokens.hours)
    assert 100 == sum(tokens.job_hours)
    assert len(tokens.hours) == len(tokens.job_hours)
    assert 50 == tokens.hours[-1]
    assert (4, 25, 40, Decimal("0.8")) == (use.runs, use.mean, use.p90, use.share)
    assert tokens.coverage < 1


def test_an_empty_ledger_has_no_history(tmp_path: Path) -> None:
    with opened(tmp_path, create=True) as ledger:
        assert ledger is not None
        assert () == histories(ledger, NOW)


def test_hours_at_the_limit_are_marked(tmp_path: Path) -> None:
    with opened(tmp_path, create=True) as ledger:
        assert ledger is not None
        usage.add(ledger, [Dimension("acme", "big", "main", "", "chat")], [row(1, 50, 0, 100)])
        full = StoredReading(
            provider="acme",
            window="weekly",
            taken_at=NOW - timedelta(hours=4),
            source="api",
            used_fraction=Decimal(1),
            resets_at=NOW - timedelta(hours=2),
        )
        save(ledger, [full])
        found = histories(ledger, NOW)

    assert all(each.blocked == (len(each.hours) - 4, len(each.hours) - 3) for each in found)
    assert found


def test_heartbeats_are_runs_of_their_agent_and_not_people(tmp_path: Path) -> None:
    chat = Dimension("acme", "big", "main", "", "chat")
    beat = Dimension("acme", "big", "main", "", "heartbeat")
    with opened(tmp_path, create=True) as ledger:
        assert ledger is not None
        usage.add(ledger, [chat, beat], [row(1, 30, 0, 100), *(row(2 + n, n + 0.5, 1, 7) for n in range(26))])
        found = histories(ledger, NOW)

    tokens = next(each for each in found if each.unit == "tokens")
    (use,) = tokens.jobs
    assert (100, 26 * 7) == (sum(tokens.hours), sum(tokens.job_hours))
    assert ("heartbeat:main", 26, 7, 24) == (use.job, use.runs, use.mean, use.last_day)
