from __future__ import annotations

import pytest

from reconciler.assign.subject import subjects
from reconciler.errors import UsageError
from reconciler.explain.find import find
from tests.worlds import config, facts, job


HOST = subjects(facts(job("Inbox check"), job("Inbox sweep"), job("Build"), config=config()).host)


@pytest.mark.parametrize(
    ("named", "address"),
    [
        ("job/Inbox check", "job/Inbox check"),
        ("Build", "job/Build"),
        ("inbox c", "job/Inbox check"),
        ("job/b", "job/Build"),
        ("defaults", "defaults"),
    ],
)
def test_a_slot_is_found_by_address_name_or_enough_of_the_beginning(named: str, address: str) -> None:
    assert address == find(HOST, named).slot.address


@pytest.mark.parametrize(
    ("named", "problem", "hint"),
    [
        ("inbox", "'inbox' could be 2 slots", "name one: job/Inbox check, job/Inbox sweep"),
        ("Biuld", "no slot 'Biuld'", "did you mean job/Build?"),
        ("\x1bxyz", "no slot '\\\\x1bxyz'", "tactician analyze lists the slots"),
    ],
)
def test_what_is_not_one_slot_is_a_mistake_that_helps(named: str, problem: str, hint: str) -> None:
    with pytest.raises(UsageError) as error:
        find(HOST, named)

    assert problem in error.value.problem
    assert hint in error.value.hint
