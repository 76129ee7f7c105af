from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from reconciler.ledger import owner, readings
from reconciler.ledger.readings import Manners, StoredReading
from reconciler.ledger.store import opened


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with opened(tmp_path, create=True) as connection:
        assert connection
        yield connection


def reading(minute: int, fraction: str | None, state: str = "ok", window: str = "weekly") -> StoredReading:
    return StoredReading(
        provider="anthropic",
        window=window,
        taken_at=NOON + timedelta(minutes=minute),
        source="api",
        state=state,
        used_fraction=None if fraction is None else Decimal(fraction),
        resets_at=NOON + timedelta(days=2),
    )


def test_the_last_good_reading_of_each_window_outlives_later_failures(ledger: sqlite3.Connection) -> None:
    good, session = reading(1, "0.30"), reading(0, "0.9", window="session")
    readings.save(ledger, [reading(0, "0.25"), session])
    readings.save(ledger, [good])
    readings.save(ledger, [reading(2, None, state="denied")])

    assert (session, good) == readings.last_good(ledger)
    assert 4 == len(readings.since(ledger, NOON))
    assert 2 == len(readings.since(ledger, NOON + timedelta(minutes=1)))


def test_the_same_reading_twice_is_one(ledger: sqlite3.Connection) -> None:
    for _ in range(2):
        readings.save(ledger, [reading(0, "0.25")])

    assert (reading(0, "0.25"),) == readings.since(ledger, NOON)


def test_the_last_good_answer_is_kept_beside_the_last_one(ledger: sqlite3.Connection) -> None:
    for number, good in enumerate((True, False, True, False)):
        readings.keep_answer(ledger, "claude", "default", NOON, {"number": number}, good=good)

    assert {("claude", "default", True): {"number": 2}, ("claude", "default", False): {"number": 3}} == (
        readings.answers(ledger)
    )


def test_manners_are_kept_for_each_account(ledger: sqlite3.Connection) -> None:
    readings.keep_manners(ledger, "codex", "work", Manners(NOON, 2))

    assert Manners(NOON, 2) == readings.manners(ledger, "codex", "work")
    assert readings.manners(ledger, "codex", "default") is None


def test_what_the_owner_said_comes_back_in_order(ledger: sqlite3.Connection) -> None:
    owner.reset(ledger, "zai", NOON + timedelta(hours=1))
    owner.set_usage(ledger, "zai", NOON, used_fraction=Decimal("0.4"))
    owner.set_usage(ledger, "zai", NOON, used_fraction=Decimal("0.42"))

    owner.set_usage(ledger, "zai", NOON, used_fraction=Decimal("0.1"), window="session")

    assert [("session", "set", Decimal("0.1")), ("", "set", Decimal("0.42")), ("", "reset", None)] == sorted(
        ((point.window, point.kind, point.used_fraction) for point in owner.points(ledger, "zai")),
        key=lambda found: (found[0] == "", found[1] == "reset"),
    )
