from __future__ import annotations

from decimal import Decimal

from reconciler.tasks.asked import also, task_of
from reconciler.tasks.classify import Task


def agent(doubtful: int = 0, pictures: int = 0, **kinds: int) -> Task | None:
    return task_of(sum(kinds.values()), kinds, doubtful=doubtful, pictures=pictures)


def test_an_agent_has_to_do_the_most_demanding_work_that_it_is_often_asked_for() -> None:
    task = agent(simple=14, coding=4, creative=2)

    assert task is not None
    assert ("coding", ("simple",)) == (task.kind, task.rivals)
    assert ("of 20 messages to it: 4 coding, 2 creative, 14 simple",) == task.evidence


def test_work_that_it_is_seldom_asked_for_does_not_count() -> None:
    task = agent(simple=18, coding=2)

    assert task is not None
    assert ("simple", ()) == (task.kind, task.rivals)


def test_where_most_messages_are_in_doubt_the_rarer_kinds_count_too() -> None:
    task = agent(simple=18, coding=2, doubtful=9)

    assert task is not None
    assert (Decimal("0.55"), ("coding",)) == (task.confidence, task.rivals)


def test_from_few_messages_nothing_follows() -> None:
    assert agent(coding=9) is None
    assert agent() is None


def test_an_agent_uses_tools_and_sees_what_it_was_sent() -> None:
    seen, blind = agent(simple=10, pictures=1), agent(simple=10)

    assert seen is not None
    assert blind is not None
    assert (True, True, False) == (seen.tools, seen.vision, blind.vision)


def test_what_else_speaks_of_a_kind_adds_its_threshold_and_the_reason_once() -> None:
    task = agent(simple=10)
    assert task is not None

    more = also(also(task, "coding", "has tools"), "coding", "is described so")

    assert ("simple", ("coding",), "has tools") == (more.kind, more.rivals, more.evidence[-1])
    assert task == also(task, "simple", "is described so")
