from __future__ import annotations

from typing import Any

import pytest

from reconciler.facts.model import HeldSlot, JobFacts
from reconciler.plan.make import make_plan
from reconciler.plan.model import Plan
from tests.worlds import (
    CODING,
    CREATIVE,
    FLASH,
    LOCAL,
    OPUS,
    REASONING,
    SIMPLE,
    config,
    facts,
    job,
    plan_of,
    policy,
    reading,
)


PROPOSE = "rules: [{name: halves, match: {job: Digest}, split: propose}]"
BOTH = f"1) {SIMPLE} 2) {CODING}"
DAILY = {"kind": "cron", "expr": "0 7 * * *"}


def digest(prompt: str = BOTH, **changes: Any) -> JobFacts:
    return job("Digest", prompt, **{"schedule": DAILY, **changes})


def told(plan: Plan) -> list[str]:
    texts = [finding.text for finding in plan.findings if finding.address == "job/Digest"]
    return [text for text in texts if text.startswith("could be")]


def test_a_job_with_a_cheap_and_a_demanding_step_is_said_to_be_two() -> None:
    one = digest()
    assert one.prompt is not None

    found = told(plan_of(one, spec=PROPOSE))

    sha = one.prompt.sha256.removeprefix("sha256:")[:12]
    begin, end = len(f"1) {SIMPLE} "), len(BOTH)
    assert [
        (
            f"could be two jobs: step 1 (characters 0 to {begin}, simple) on {LOCAL}; "
            f"then step 2 (characters {begin} to {end}, coding) on {FLASH} with the schedule 0 8 * * *; "
            f"local tier instead of free for the first; prompt {sha} (rule halves, policy.yaml:18:11)"
        )
    ] == found


def test_it_is_only_said_and_changes_nothing() -> None:
    with_it, without = plan_of(digest(), spec=PROPOSE), plan_of(digest())

    assert with_it.changes == without.changes
    assert with_it.patches == without.patches


def test_nothing_of_the_prompt_stands_in_plan_or_facts() -> None:
    known = facts(digest("1) Check the inbox of Carol. 2) " + CODING), config=config())
    plan = make_plan(policy(PROPOSE), known)

    assert told(plan)
    assert "Carol" not in known.model_dump_json() + plan.model_dump_json()


@pytest.mark.parametrize(
    "rules",
    [
        "",
        PROPOSE.replace("Digest", "Other"),
        PROPOSE.replace("propose", "never"),
        "rules: [{name: all, split: propose}, {name: not this, match: {job: Digest}, split: never}]",
        f"rules: [{{name: mine, match: {{job: Digest}}, split: propose, pin: {OPUS}}}]",
        "rules: [{name: mine, match: {job: Digest}, split: propose, task: coding}]",
        "rules: [{name: all, split: propose}, {name: off, match: {job: Digest}, protect: true}]",
    ],
)
def test_it_takes_a_rule_and_a_job_whose_model_is_free(rules: str) -> None:
    assert [] == told(plan_of(digest(), spec=rules))


@pytest.mark.parametrize(
    "prompt",
    [
        SIMPLE,
        CODING,
        f"1) {CODING} 2) {CODING}",
        f"1) {SIMPLE} 2) {SIMPLE}",
        f"1) {SIMPLE} 2) {CODING} 3) Classify this task as simple.",
        f"1) Thanks. 2) {CODING}",
    ],
)
def test_steps_of_one_need_or_of_a_doubtful_one_stay_together(prompt: str) -> None:
    assert [] == told(plan_of(digest(prompt), spec=PROPOSE))


def test_a_demanding_step_is_never_hidden_among_cheap_ones() -> None:
    (found,) = told(plan_of(digest(f"1) {SIMPLE} 2) {REASONING} 3) {CREATIVE}"), spec=PROPOSE))

    assert f"step 1 (characters 0 to {len(SIMPLE) + 4}, simple) on {LOCAL}; then steps 2 to 3" in found


def test_where_the_cheap_model_would_do_for_all_of_it_the_model_is_changed_instead() -> None:
    spec = f"rules: [{{name: halves, split: propose, allow: ['{FLASH}', '{OPUS}']}}]"

    plan = plan_of(digest(), spec=spec)

    assert [] == told(plan)
    assert [FLASH] == [change.after.primary for change in plan.slots if change.address == "job/Digest"]


def test_a_model_that_no_rule_or_quota_leaves_saves_nothing() -> None:
    denied = PROPOSE.replace("split: propose", f"split: propose, deny: ['{LOCAL}']")
    used = facts(digest(), config=config(), readings=(reading("ollama", "0.99"),))

    assert [] == told(plan_of(digest(), spec=denied))
    assert [] == told(make_plan(policy(PROPOSE), used))


@pytest.mark.parametrize(
    "schedule", [{"kind": "cron", "expr": "30 * * * *"}, {"kind": "every", "everyMs": 600_000}]
)
def test_where_the_second_has_no_fixed_time_none_is_named(schedule: dict[str, Any]) -> None:
    (found,) = told(plan_of(digest(schedule=schedule), spec=PROPOSE))

    assert "with the schedule" not in found


def test_a_job_that_is_off_or_on_hold_is_left_in_peace() -> None:
    held = facts(digest(), config=config()).model_copy(
        update={"holds": (HeldSlot(address="job/Digest", reason="mine"),)}
    )

    assert [] == told(plan_of(digest(enabled=False), spec=PROPOSE))
    assert [] == told(make_plan(policy(PROPOSE), held))


def test_facts_of_prompts_without_steps_are_what_they_were() -> None:
    plain = facts(digest(SIMPLE), config=config()).model_dump(mode="json", by_alias=True, exclude_none=True)

    assert "parts" not in plain["host"]["jobs"][0]["prompt"]
