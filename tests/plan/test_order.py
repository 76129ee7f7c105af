from __future__ import annotations

from tests.worlds import CODING, FLASH, GPT, HAIKU, LOCAL, OPUS, change, config, job, plan_of


PIN_DEFAULTS = f'rules: [{{name: x, match: {{slot: defaults}}, pin: "{LOCAL}"}}]'


def test_a_job_is_judged_by_the_model_that_it_will_inherit() -> None:
    plan = plan_of(job(prompt=CODING), spec=PIN_DEFAULTS, config=config(FLASH))

    found = change(plan, "job/Digest")
    assert FLASH == found.after.primary
    reason = f"will inherit {LOCAL} from defaults: {LOCAL}: local, and localModelPreference is simple-only"
    assert reason == found.because.reason
    assert FLASH == found.before.effective.primary  # type: ignore[union-attr]


def test_a_job_that_will_inherit_what_it_needs_is_not_changed() -> None:
    plan = plan_of(job(), spec=PIN_DEFAULTS)

    assert ["defaults"] == [found.address for found in plan.changes]


def test_a_slot_that_inherits_nothing_from_what_changes_stays() -> None:
    agents = {"main": {"model": {"primary": OPUS, "fallbacks": [GPT]}}}

    plan = plan_of(
        job(prompt=CODING, model=FLASH, fallbacks=()), spec=PIN_DEFAULTS, config=config(FLASH, agents)
    )

    assert ["defaults"] == [found.address for found in plan.changes]


def test_changes_of_agents_reach_their_jobs_too() -> None:
    rule = f'rules: [{{name: x, match: {{slot: agent/main}}, pin: "{HAIKU}"}}]'

    plan = plan_of(
        job(model=None, prompt=CODING), spec=rule + "\nqualityThresholds: {coding: 0.9}", config=config(FLASH)
    )

    assert [("agent/main", HAIKU), ("job/Digest", FLASH)] == [
        (found.address, found.after.primary) for found in plan.changes
    ]
