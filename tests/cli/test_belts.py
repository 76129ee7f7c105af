"""Each belt refuses until its own flag lifts it once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.plan.belts import NAMES
from tests.cli.home import Household


def with_rule(home: Household, rule: str) -> None:
    home.policy.write_text(f"{home.policy.read_text()}    - {{name: extra, {rule}}}\n")


def trip_context_too_small(home: Household) -> None:
    home.replace(home.config, "contextWindow: 40960", "contextWindow: 100")
    with_rule(home, "match: {job: Inbox check}, pin: 'ollama/qwen3:8b'")


def trip_empty_facts(home: Household) -> None:
    home.jobs.unlink()


def trip_outside_allow_list(home: Household) -> None:
    with_rule(home, "match: {job: Inbox check}, pin: anthropic/claude-haiku-4-5")


def trip_over_quota(home: Household) -> None:
    """Without a known reset the coming day counts, which holds one run."""
    home.replace(
        home.policy,
        "anthropic: {quotaSource: api",
        "anthropic: {quotaSource: manual, quotaType: messages, limit: 10",
    )
    home.run("set-usage", "anthropic", "9")
    for name in ("Inbox check", "Price watch"):
        with_rule(home, f"match: {{job: {name}}}, pin: anthropic/claude-opus-4-6")


def trip_too_many_changes(home: Household) -> None:
    home.replace(home.policy, "{maxChangedShare: 1}", "{maxChangedShare: 1, maxChanges: 3}")


def trip_unknown_model(home: Household) -> None:
    home.replace(home.config, "      models: {\n", "      noMoreModels: {\n")  # which are the allow list
    with_rule(home, "match: {job: Inbox check}, pin: nosuch/model")


PLAN_BELTS = {
    "context-too-small": trip_context_too_small,
    "empty-facts": trip_empty_facts,
    "outside-allow-list": trip_outside_allow_list,
    "over-quota": trip_over_quota,
    "too-many-changes": trip_too_many_changes,
    "unknown-model": trip_unknown_model,
}
AGE_BELTS = {
    # how many minutes ago the facts were taken, and what maxFactAgeMinutes is at the apply
    "plan-expired": (90, 120),
    "stale-facts": (-90, 30),
}


@pytest.mark.parametrize("belt", PLAN_BELTS)
def test_a_belt_of_the_plan_refuses_until_its_own_flag_lifts_it(home: Household, belt: str) -> None:
    PLAN_BELTS[belt](home)

    plan = home.plan(code=3)

    assert_refused_until_lifted(home, plan, belt)


@pytest.mark.parametrize("belt", AGE_BELTS)
def test_a_belt_of_time_refuses_until_its_own_flag_lifts_it(home: Household, belt: str) -> None:
    minutes, allowed = AGE_BELTS[belt]
    taken_at = datetime.now(UTC) - timedelta(minutes=minutes)
    facts = json.loads(home.run("facts").out) | {"takenAt": taken_at.isoformat(timespec="seconds")}
    (home.root / "facts.json").write_text(json.dumps(facts))
    plan = home.plan("--facts", "facts.json")
    home.replace(home.policy, "maxChangedShare: 1", f"maxChangedShare: 1, maxFactAgeMinutes: {allowed}")

    assert_refused_until_lifted(home, plan, belt)


def assert_refused_until_lifted(home: Household, plan: Path, belt: str) -> None:
    before = home.tree()
    others = [f"--lift-{name}" for name in NAMES if name != belt]

    refused = home.run("apply", plan, "--yes", *others)
    untouched = home.tree()
    lifted = home.run("apply", plan, "--yes", f"--lift-{belt}")

    assert 3 == refused.code, refused.err
    assert f"error: a safety belt refuses this plan: {belt}\n" in refused.err
    assert f"→ look at it, then lift it once: --lift-{belt}\n" in refused.err
    assert before == untouched
    assert 0 == lifted.code, lifted.err


def test_a_hold_that_is_set_after_the_plan_refuses_it_until_it_is_lifted(home: Household) -> None:
    path = home.plan()
    home.run("hold", "job/Inbox check", "--reason", "under test")
    before = home.tree()

    refused = home.run("apply", path, "--yes")

    assert 3 == refused.code
    assert "slot-on-hold: job/Inbox check: under test" in refused.err
    assert before == home.tree()
    assert 0 == home.run("apply", path, "--yes", "--lift-slot-on-hold").code


def test_every_belt_has_a_test_and_a_flag(home: Household) -> None:
    shown = home.run("apply", "--help").out

    assert set(NAMES) == {*PLAN_BELTS, *AGE_BELTS, "slot-on-hold"}
    assert all(f"--lift-{name}" in shown for name in NAMES)


@pytest.mark.parametrize("belt", PLAN_BELTS)
def test_optimize_lifts_the_same_belts(home: Household, belt: str) -> None:
    PLAN_BELTS[belt](home)
    before = home.tree()

    refused = home.run("optimize", "--apply", "--yes")
    untouched = home.tree()

    assert 3 == refused.code
    assert before == untouched
    assert 0 == home.run("optimize", "--apply", "--yes", f"--lift-{belt}").code
