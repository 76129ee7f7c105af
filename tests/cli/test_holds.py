from __future__ import annotations

import json

import pytest

from tests.cli.home import Household


SLOT = "job/Inbox check"


def planned(home: Household) -> set[str]:
    plan = json.loads(home.run("plan", "--json", "--no-fetch").out)
    return {change["address"] for change in plan["changes"]}


def test_plans_pass_a_held_slot_by_until_it_is_resumed(home: Household) -> None:
    before = planned(home)
    held = home.run("hold", SLOT, "--until", "3d", "--reason", "under test")
    while_held = planned(home)
    resumed = home.run("resume", SLOT)

    assert SLOT in before
    assert before - {SLOT} == while_held
    assert before == planned(home)
    assert held.out.startswith(f"{SLOT}: on hold until 20")
    assert held.out.endswith("UTC: under test\n")
    assert f"{SLOT}: may be changed again\n" == resumed.out


def test_a_plan_shows_its_holds_and_status_too(home: Household) -> None:
    home.run("hold", SLOT, "--reason", "under test")

    assert f"{SLOT}: on hold until it is resumed: under test" in home.run("plan", "--verbose").out
    assert f"{SLOT}: on hold until it is resumed: under test\n" in home.run("status", "--no-fetch").out
    (hold,) = json.loads(home.run("status", "--no-fetch", "--json").out)["holds"]
    assert {"address": SLOT, "reason": "under test"} == hold


def test_a_hold_that_is_over_no_longer_counts(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    home.run("hold", SLOT, "--until", "2w")
    from reconciler.cli import context, holds

    later = context.now().replace(year=context.now().year + 1)
    monkeypatch.setattr(holds, "now", lambda: later)

    assert SLOT in planned(home)


def test_a_rollback_holds_what_it_put_back(home: Household) -> None:
    before = planned(home)
    home.apply()

    undone = home.run("rollback", "latest", "--yes")

    assert 0 == undone.code, undone.err
    assert "4 slots are on hold" in undone.err
    assert set() == planned(home)
    home.run("resume", "--all")
    assert before == planned(home)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["hold", "job/Inbox chek"], "the host has no slot job/Inbox chek"),
        (["hold", SLOT, "--until", "soon"], "'soon' is no time"),
        (["hold", SLOT, "--until", "2020-01-01"], "'2020-01-01' has passed"),
        (["resume", SLOT], f"{SLOT} is not on hold"),
        (["resume"], "name one slot, or say --all"),
        (["resume", SLOT, "--all"], "name one slot, or say --all"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(home: Household, command: list[str], said: str) -> None:
    done = home.run(*command)

    assert (64, "") == (done.code, done.out)
    assert done.err.startswith(f"error: {said}")
