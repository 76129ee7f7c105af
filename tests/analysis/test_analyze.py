from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from reconciler.analysis.analyze import analyze
from reconciler.analysis.model import Analysis, SlotAnalysis
from reconciler.facts.model import JobFacts, UsageFacts
from reconciler.openclaw.slot import SlotKind
from reconciler.plan.make import owners_catalog
from tests.worlds import CODING, DEEPSEEK, GPT, HAIKU, LOCAL, OPUS, SIMPLE, config, facts, job, policy


USED = UsageFacts(
    days=10,
    runs=100,
    failed=0,
    requests=200,
    input=9_000_000,
    output=500_000,
    largest_request=60_000,
    models={OPUS: 200},
)


def analysis(*jobs: JobFacts, spec: str = "", **of_facts: Any) -> Analysis:
    of_facts.setdefault("config", config())
    owner = policy(spec)
    return analyze(owner, facts(*jobs, **of_facts), owners_catalog(owner))


def slot(*jobs: JobFacts, name: str = "job/Digest", **more: Any) -> SlotAnalysis:
    return next(each for each in analysis(*jobs, **more).slots if each.address == name)


def test_a_slot_is_told_with_its_task_and_how_far_its_model_is_above_the_need() -> None:
    judged = slot(job()).judged

    assert judged is not None
    assert ("simple", Decimal("0.4"), Decimal("0.79"), Decimal("0.39")) == (
        judged.task,
        judged.threshold,
        judged.score,
        judged.above,
    )
    assert judged.evidence


def test_use_is_told_by_the_day_and_cost_by_the_month() -> None:
    used = slot(job(usage=USED)).used

    assert used is not None
    assert (Decimal("10.0"), 950_000) == (used.runs_a_day, used.tokens_a_day)
    assert Decimal("172.50") == used.usd_a_month  # 27 M in at 5, 1.5 M out at 25


def test_runs_that_failed_add_nothing_to_the_cost_of_the_tokens() -> None:
    used = slot(job(usage=USED.model_copy(update={"failed": 40}))).used

    assert used is not None
    assert (Decimal("172.50"), Decimal("0.40")) == (used.usd_a_month, used.failed_share)


def test_a_use_of_unknown_tokens_has_an_unknown_cost() -> None:
    found = slot(job(usage=UsageFacts(days=1, runs=5, requests=5, unmetered=5)))

    assert found.used is not None
    assert (None, None) == (found.used.usd_a_month, found.saves_usd_a_month)


def test_the_cheapest_models_that_would_do_come_first_and_tell_what_they_save() -> None:
    found = slot(job(usage=USED))

    assert 3 == len(found.options)
    costs = [option.usd_a_month for option in found.options]
    assert costs == sorted(costs, key=lambda cost: cost or 0)
    assert found.used is not None
    assert found.saves_usd_a_month == found.used.usd_a_month - found.options[0].usd_a_month  # type: ignore[operator]


def test_a_local_model_costs_nothing() -> None:
    small = USED.model_copy(update={"largest_request": 1_000})

    found = slot(job(usage=small))
    assert (LOCAL, Decimal(0)) == (found.options[0].model, found.options[0].usd_a_month)


def test_what_does_not_do_the_work_is_no_option_however_cheap() -> None:
    found = slot(job(prompt=CODING, usage=USED))

    assert LOCAL not in [option.model for option in found.options]


def test_a_model_that_does_not_do_is_met_by_dearer_ones_too_and_saves_nothing() -> None:
    found = slot(job(prompt=CODING, usage=USED), config=config(LOCAL))

    assert found.options
    assert Decimal(0) == found.saves_usd_a_month
    assert found.judged is not None
    assert found.judged.shortcoming in found.findings


def test_without_a_count_of_runs_nothing_is_said_of_a_month() -> None:
    found = slot(job())

    assert found.used is None
    assert found.saves_usd_a_month is None
    assert found.options[0].usd_a_month is None
    assert found.options[0].usd_a_run is not None


def test_rules_keep_their_say_over_what_would_do() -> None:
    found = slot(job(usage=USED), spec=f"rules: [{{name: x, deny: ['{DEEPSEEK}', '{LOCAL}', 'google/*']}}]")

    assert {GPT, HAIKU}.issuperset({option.model for option in found.options} - {"openai/gpt-5.4-mini"})


def test_the_slots_are_sorted_by_what_they_could_save_then_by_what_they_use() -> None:
    more = USED.model_copy(update={"runs": 200})
    jobs = (
        job("small", usage=USED),
        job("idle"),
        job("large", usage=more.model_copy(update={"input": 20_000_000})),
    )

    addresses = [each.address for each in analysis(*jobs).slots]

    assert ["job/large", "job/small"] == addresses[:2]


def test_the_savings_of_all_slots_are_summed() -> None:
    found = analysis(job("a", usage=USED), job("b", usage=USED))

    assert found.saves_usd_a_month == 2 * (found.slots[0].saves_usd_a_month or 0) > 0


def test_only_the_kinds_that_are_asked_for_are_told() -> None:
    owner = policy()
    found = analyze(owner, facts(job(), config=config()), owners_catalog(owner), kinds={SlotKind.JOB})

    assert ["job/Digest"] == [each.address for each in found.slots]


def test_a_slot_of_whose_work_nothing_is_known_is_not_judged() -> None:
    found = slot(name="agent/main")

    assert (None, ()) == (found.judged, found.options)


def test_a_disabled_job_is_told_and_offered_nothing() -> None:
    found = slot(job(enabled=False))

    assert (False, ()) == (found.enabled, found.options)


@pytest.mark.parametrize("prompt", [SIMPLE, CODING])
def test_the_same_facts_give_the_same_analysis(prompt: str) -> None:
    assert analysis(job(prompt=prompt, usage=USED)) == analysis(job(prompt=prompt, usage=USED))
