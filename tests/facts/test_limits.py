from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.facts.history import histories
from reconciler.facts.limits import stretches
from reconciler.ledger import usage
from reconciler.ledger.moments import to_ms
from reconciler.ledger.readings import StoredReading, save
from reconciler.ledger.store import opened
from reconciler.ledger.usage import Dimension, Mark, Row


NOW = datetime(2026, 9, 16, 12, tzinfo=UTC)


def told(hours_ago: float, share: str, *, resets_in: float = 24) -> StoredReading:
    return StoredReading(
        provider="acme",
        window="weekly",
        taken_at=NOW - timedelta(hours=hours_ago),
        source="api",
        used_fraction=Decimal(share),
        resets_at=NOW + timedelta(hours=resets_in),
    )


def limit(directory: Path, readings: Iterable[StoredReading]) -> int | None:
    """Return the learnt limit of an account that used 100 tokens each hour for three days."""
    chat = Dimension("acme", "big", "main", "", "chat")
    rows = [
        Row(to_ms(NOW - timedelta(hours=n + 0.5)), n, 0, Mark.OPENS, 1, 100, 0, 0, 0, 0) for n in range(72)
    ]
    with opened(directory, create=True) as ledger:
        assert ledger is not None
        usage.add(ledger, [chat], rows)
        save(ledger, readings)
        found = next(each for each in histories(ledger, NOW) if each.unit == "tokens")
    return found.limits[0].limit if found.limits else None


def test_a_limit_is_what_was_counted_between_two_readings_over_the_share_gained(tmp_path: Path) -> None:
    assert 10_000 == limit(tmp_path, [told(30, "0.5"), told(20, "0.57"), told(10, "0.7")])


def test_readings_before_and_after_a_reset_are_no_pair(tmp_path: Path) -> None:
    found = limit(tmp_path, [told(40, "0.1", resets_in=-15), told(20, "0.5", resets_in=-15), told(10, "0.9")])

    assert 5_000 == found


def test_a_limit_that_was_raised_begins_a_new_pair(tmp_path: Path) -> None:
    assert 10_000 == limit(tmp_path, [told(54, "0.6"), told(52, "0.64"), told(50, "0.2"), told(0, "0.7")])


def test_old_pairs_count_no_more_once_newer_ones_span_half_a_limit(tmp_path: Path) -> None:
    old = [told(70, "0.1", resets_in=-60), told(61, "0.2", resets_in=-60)]

    assert 10_000 == limit(tmp_path, [*old, told(55, "0.1"), told(0, "0.65")])


def test_a_share_that_hardly_rose_tells_no_limit(tmp_path: Path) -> None:
    assert limit(tmp_path, [told(30, "0.50"), told(10, "0.53")]) is None


def test_what_is_used_up_is_not_taken_for_the_end_of_a_pair(tmp_path: Path) -> None:
    assert 10_000 == limit(tmp_path, [told(40, "0.7"), told(20, "0.9"), told(0, "1")])


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["0", "0.2", "0.5", "1", "1.2"])), max_size=12))
def test_the_order_of_readings_does_not_matter_and_no_stretch_falls(
    shares: list[tuple[int, str]],
) -> None:
    readings = [told(hours, share) for hours, share in dict(shares).items()]

    found = list(stretches(readings))

    assert found == list(stretches(reversed(readings)))
    for first, last in found:
        assert first.taken_at <= last.taken_at
        assert (first.used_fraction or 0) <= (last.used_fraction or 0)


@given(st.lists(st.sampled_from(["0", "0.2", "0.5", "1"]), max_size=6))
def test_readings_of_one_second_are_no_trouble(shares: list[str]) -> None:
    for first, last in stretches([told(1, share) for share in shares]):
        assert first.taken_at == last.taken_at


SHARES = st.sampled_from(["0", "0.01", "0.2", "0.5", "0.97", "1", "1.2"])


@settings(max_examples=8, deadline=None)
@given(
    st.dictionaries(st.integers(-3, 60), st.tuples(SHARES, st.integers(-70, 170)), max_size=8), st.randoms()
)
def test_readings_that_come_out_of_order_tell_the_same(
    read: dict[int, tuple[str, int]], draw: random.Random
) -> None:
    readings = [told(hours, share, resets_in=resets) for hours, (share, resets) in read.items()]
    shuffled = draw.sample(readings, len(readings))

    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        found = limit(Path(one), readings)

        assert found == limit(Path(other), shuffled)
        assert found is None or found > 0


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["api", "file"]), SHARES), max_size=6))
def test_two_readings_in_one_second_never_end_in_an_exception(read: list[tuple[str, str]]) -> None:
    readings = [told(1, "0.4"), *(replace(told(1, share), source=source) for source, share in read)]

    with TemporaryDirectory() as directory:
        found = limit(Path(directory), [told(30, "0.1"), *readings])

    assert found is None or found > 0
