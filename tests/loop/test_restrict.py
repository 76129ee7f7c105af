from __future__ import annotations

from datetime import timedelta

from reconciler.facts.model import Facts
from reconciler.loop.restrict import Restricted, restricted
from tests.worlds import CODING, EARLY, NOW, OPUS, config, facts, job, policy


JOBS = ("Digest", "Inbox", "Weather")
ALL = frozenset(f"job/{name}" for name in JOBS)


def world(**changes: object) -> Facts:
    jobs = [job(name, model=OPUS) for name in JOBS]
    return facts(*jobs, job("Build", CODING, model=OPUS), config=config()).model_copy(update=changes)


def auto(found: Facts, *, managed: frozenset[str] = ALL, budget: int = 20) -> Restricted:
    return restricted(policy("safety: {coolDownHours: 6}"), found, managed=managed, budget=budget)


def reasons(found: Restricted) -> dict[str, str]:
    return {left.address: left.reason for left in found.left_alone}


def addresses(found: Restricted) -> set[str]:
    return {change.address for change in found.plan.changes}


def test_managed_slots_that_are_cool_are_changed() -> None:
    found = auto(world())

    assert ALL == addresses(found)
    assert {} == {key: why for key, why in reasons(found).items() if key in ALL}


def test_a_slot_that_no_applied_plan_named_is_left_alone() -> None:
    found = auto(world(), managed=ALL - {"job/Inbox"})

    assert ALL - {"job/Inbox"} == addresses(found)
    assert "not managed yet: apply a plan that names it" == reasons(found)["job/Inbox"]


def test_a_slot_that_was_changed_lately_cools_down_first() -> None:
    lately = {"job/Inbox": NOW - timedelta(hours=5), "job/Digest": NOW - timedelta(hours=6)}

    found = auto(world(moved=lately))

    assert ALL - {"job/Inbox"} == addresses(found)
    assert "changed lately, cools down until 2026-09-14 07:00 UTC" == reasons(found)["job/Inbox"]


def test_more_than_the_budget_waits() -> None:
    found = auto(world(), budget=2)

    assert 2 == len(found.plan.slots)
    assert 1 == len([why for why in reasons(found).values() if "in 24 hours" in why])
    assert 0 == len(auto(world(), budget=0).plan.changes)


def test_what_cannot_be_undone_is_left_alone() -> None:
    early = facts(job("Digest"), config=config(), version=EARLY)

    found = auto(early, managed=frozenset({"job/Digest"}))

    assert ["job/Digest"] == [change.address for change in found.wanted.slots if change.document == "jobs"]
    assert () == found.plan.changes
    assert "this host cannot put the old state back exactly" == reasons(found)["job/Digest"]


def test_the_wanted_plan_is_that_of_the_policy_alone() -> None:
    assert ALL <= {change.address for change in auto(world(), managed=frozenset()).wanted.changes}
    assert set() == addresses(auto(world(), managed=frozenset()))
