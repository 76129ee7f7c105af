from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reconciler.assign.subject import subjects
from reconciler.plan.belts import NAMES, age_belts, live_belts
from reconciler.plan.model import Plan
from tests.worlds import CODING, EARLY, HAIKU, NOW, OPUS, config, facts, job, plan_of


def tripped(plan: Plan) -> dict[str, str]:
    return {belt.name: belt.detail for belt in plan.belts if belt.tripped}


def jobs(changing: int, kept: int = 0) -> list[Any]:
    moved = [job(f"Moved {number}", model=OPUS) for number in range(changing)]
    return [*moved, *(job(f"Kept {number}", model="ollama/qwen3:8b", fallbacks=()) for number in range(kept))]


def test_a_harmless_plan_trips_nothing() -> None:
    plan = plan_of(*jobs(1))

    assert {} == tripped(plan)
    assert 1 == plan.summary.changes


def test_every_belt_has_a_name_that_can_be_lifted() -> None:
    plan = plan_of(*jobs(1))

    live = live_belts(plan, subjects(facts(*jobs(1), config=config()).host), facts(config=config()).host)
    names = {belt.name for belt in (*plan.belts, *age_belts(plan, NOW, max_age_minutes=30), *live)}
    assert sorted(names) == list(NAMES)


@pytest.mark.parametrize(("most", "refused"), [(3, False), (2, True)])
def test_more_changes_than_the_owner_allows_are_refused(most: int, *, refused: bool) -> None:
    plan = plan_of(*jobs(3), spec=f"safety: {{maxChanges: {most}, maxChangedShare: 1}}")

    expected = {"too-many-changes": "3 changes, safety.maxChanges is 2"} if refused else {}
    assert expected == tripped(plan)


@pytest.mark.parametrize(("share", "refused"), [("0.3", False), ("0.29", True)])
def test_a_larger_share_of_the_slots_than_allowed_is_refused(share: str, *, refused: bool) -> None:
    """Ten slots: three jobs that move, four that stay, the defaults and the agent's two."""
    plan = plan_of(*jobs(3, kept=3), spec=f"safety: {{maxChangedShare: {share}}}")

    assert 10 == plan.summary.slots
    expected = {"too-many-changes": "3 of 10 slots change, safety.maxChangedShare is 0.29"} if refused else {}
    assert expected == tripped(plan)


def test_on_a_small_host_the_share_says_nothing() -> None:
    assert {} == tripped(plan_of(*jobs(3, kept=2), spec="safety: {maxChangedShare: 0}"))


def test_facts_without_jobs_are_not_read_as_a_host_without_jobs() -> None:
    changing = plan_of(
        jobs_from="none", spec="rules: [{name: x, match: {slot: defaults}, pin: openai/gpt-5.4}]"
    )
    idle = plan_of(jobs_from="none")

    assert "the host's jobs could not be read" == tripped(changing)["empty-facts"]
    assert {} == tripped(idle)


def test_a_pin_outside_the_hosts_allow_list_is_refused() -> None:
    plan = plan_of(
        job(),
        spec=f"rules: [{{name: x, match: {{job: Digest}}, pin: {HAIKU}}}]",
        config=config(models={OPUS: {}}),
        version=EARLY,
    )

    detail = f"job/Digest: {HAIKU} is not in the host's allow list (/agents/defaults/models)"
    assert detail == tripped(plan)["outside-allow-list"]


def test_a_fallback_outside_the_hosts_allow_list_is_refused() -> None:
    """The owner's list stays when the model changes, and with it what the host would not run."""
    limited = config(
        {"primary": OPUS, "fallbacks": ["mistral/large"]},
        modelPolicy={"allow": ["anthropic/*"]},
        models={OPUS: {}, HAIKU: {}, "mistral/large": {}},
    )

    plan = plan_of(job(), config=limited)

    detail = "job/Digest: mistral/large is not in the host's allow list (/agents/defaults/modelPolicy/allow)"
    assert {"outside-allow-list": detail} == tripped(plan)


def test_a_model_that_the_host_does_not_know_is_refused() -> None:
    plan = plan_of(job(), spec="rules: [{name: x, match: {job: Digest}, pin: acme/best}]")

    expected = "job/Digest: the host does not know acme/best: nothing in openclaw.json speaks of acme"
    assert {"unknown-model": expected} == tripped(plan)


def test_a_pin_whose_context_is_too_small_is_refused() -> None:
    small = {
        **config(),
        "models": {"providers": {"ollama": {"models": [{"id": "qwen3:8b", "contextWindow": 8192}]}}},
    }

    plan = plan_of(
        job(prompt=CODING),
        spec='rules: [{name: x, match: {job: Digest}, pin: "ollama/qwen3:8b"}]',
        config=small,
    )

    detail = "job/Digest: ollama/qwen3:8b holds 8192 tokens, 32000 are needed"
    assert {"context-too-small": detail} == tripped(plan)


def test_of_many_problems_the_first_three_are_told_and_the_rest_counted() -> None:
    plan = plan_of(*jobs(5), spec='rules: [{name: x, match: {job: "*"}, pin: acme/best}]')

    detail = tripped(plan)["unknown-model"]
    assert 3 == detail.count("acme/best: ")
    assert detail.endswith("; and 2 more")


@pytest.mark.parametrize(
    ("minutes", "names"),
    [(0, []), (30, []), (31, ["plan-expired", "stale-facts"]), (-1, []), (-2, ["stale-facts"])],
)
def test_facts_grow_old_and_do_not_come_from_the_future(minutes: int, names: list[str]) -> None:
    plan = plan_of(job())

    found = age_belts(plan, NOW + timedelta(minutes=minutes), max_age_minutes=30)

    assert names == [belt.name for belt in found if belt.tripped]


def test_an_owner_who_got_stricter_since_the_plan_is_heard() -> None:
    plan = plan_of(job())

    found = age_belts(plan, NOW + timedelta(minutes=11), max_age_minutes=10)

    assert ["facts are 11 minutes old, 10 are allowed"] == [belt.detail for belt in found if belt.tripped]
