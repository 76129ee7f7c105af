from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from reconciler.ledger.holds import Hold, lift, put, standing
from reconciler.ledger.store import opened


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_holds_are_kept_for_each_host_and_end_by_themselves(tmp_path: Path) -> None:
    short = Hold("job/a", "first", NOON, NOON + timedelta(hours=1))
    endless = Hold("job/b", "second", NOON)
    with opened(tmp_path, create=True) as ledger:
        assert ledger
        for hold in (short, endless):
            put(ledger, "host-1", hold)
    with opened(tmp_path, create=False) as ledger:
        assert ledger
        assert (short, endless) == standing(ledger, "host-1", NOON)
        assert (endless,) == standing(ledger, "host-1", NOON + timedelta(hours=1))
        assert () == standing(ledger, "host-2", NOON)
        assert [True, False] == [lift(ledger, "host-1", "job/b") for _ in range(2)]


def test_a_second_hold_takes_the_place_of_the_first(tmp_path: Path) -> None:
    with opened(tmp_path, create=True) as ledger:
        assert ledger
        for reason in ("first", "second"):
            put(ledger, "host-1", Hold("job/a", reason, NOON))

        assert ["second"] == [hold.reason for hold in standing(ledger, "host-1", NOON)]
