from __future__ import annotations

from datetime import timedelta

from reconciler.loop.moves import flapping, managed, moved, moves, spent
from tests.loop.records import record
from tests.worlds import HAIKU, MINI, NOW, OPUS


DAY = timedelta(days=1)
THERE, BACK = ("Digest", OPUS, MINI), ("Digest", MINI, OPUS)


def test_a_slot_was_moved_when_it_was_last_written() -> None:
    records = [record(NOW - DAY, BACK), record(NOW - 3 * DAY, THERE, ("Other", OPUS, MINI))]

    assert {"job/Digest": NOW - DAY, "job/Other": NOW - 3 * DAY} == moved(records, "host-1")
    assert {} == moved(records, "host-2")


def test_what_was_not_written_was_not_moved_and_is_not_managed() -> None:
    refused = [record(NOW, THERE, outcome="refused")]

    assert {} == moved(refused, "host-1")
    assert frozenset() == managed(refused, "host-1")


def test_slots_are_managed_once_an_applied_plan_named_them() -> None:
    records = [record(NOW, THERE, trigger=None), record(NOW, ("Other", OPUS, MINI), host="host-2")]

    assert {"job/Digest"} == managed(records, "host-1")


def test_only_what_auto_mode_did_in_the_last_day_is_spent() -> None:
    made = moves(
        [
            record(NOW - timedelta(hours=25), THERE),
            record(NOW - timedelta(hours=3), BACK, ("Other", OPUS, MINI)),
            record(NOW - timedelta(hours=1), THERE, trigger=None),
        ],
        "host-1",
    )

    assert 2 == spent(made, NOW)


def test_two_ways_back_within_a_week_are_flapping() -> None:
    once = [record(NOW - 5 * DAY, THERE), record(NOW - 3 * DAY, BACK)]
    twice = [*once, record(NOW - DAY, THERE)]

    assert [] == list(flapping(moves(once, "host-1"), NOW))
    assert ["job/Digest"] == list(flapping(moves(twice, "host-1"), NOW))
    assert [] == list(flapping(moves(twice, "host-1"), NOW + 3 * DAY))


def test_going_on_is_no_way_back_and_what_people_do_does_not_count() -> None:
    onwards = [record(NOW - 3 * DAY, THERE), record(NOW - 2 * DAY, ("Digest", MINI, HAIKU))]
    by_hand = [record(NOW - n * DAY, THERE if n % 2 else BACK, trigger=None) for n in range(6)]

    assert [] == list(flapping(moves(onwards, "host-1"), NOW))
    assert [] == list(flapping(moves(by_hand, "host-1"), NOW))
