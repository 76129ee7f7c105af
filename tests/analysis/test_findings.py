from __future__ import annotations

from typing import Any

import pytest

from reconciler.facts.model import JobFacts, UsageFacts
from tests.analysis.test_analyze import USED, analysis
from tests.worlds import CODING, GPT, HAIKU, LOCAL, OPUS, SIMPLE, config, job


def found(one: JobFacts, *others: JobFacts, **more: Any) -> tuple[str, ...]:
    slots = {slot.address: slot for slot in analysis(one, *others, **more).slots}
    return slots[f"job/{one.name}"].findings


def used(**changes: Any) -> UsageFacts:
    return USED.model_copy(update=changes)


def test_simple_work_on_a_premium_model_is_told() -> None:
    assert ("runs on a premium model, is simple",) == found(job())
    assert () == found(job(model=GPT))
    assert () == found(job(prompt=CODING))


@pytest.mark.parametrize(
    ("runs", "failed", "told"), [(10, 4, True), (10, 2, True), (10, 1, False), (4, 4, False)]
)
def test_a_job_that_often_fails_is_told(runs: int, failed: int, *, told: bool) -> None:
    findings = found(job(model=GPT, usage=used(runs=runs, failed=failed, models={GPT: 200})))

    assert ((f"fails {failed * 10}% of its runs",) if told else ()) == findings


def test_an_override_that_is_ignored_is_told() -> None:
    findings = found(job(model=GPT, usage=used(models={HAIKU: 150, GPT: 50})))

    assert (f"override is ignored: runs on another model, {HAIKU}",) == findings


def test_a_model_that_is_not_the_inherited_one_is_told() -> None:
    findings = found(job(usage=used(models={HAIKU: 200})), config=config(GPT))

    assert (f"inherits in vain: runs on another model, {HAIKU}",) == findings


def test_a_job_that_runs_on_its_fallback_is_told() -> None:
    findings = found(job(model=GPT, fallbacks=(HAIKU,), usage=used(models={HAIKU: 150, GPT: 50})))

    assert (f"runs on its fallback {HAIKU}",) == findings


def test_a_model_that_ran_now_and_then_is_no_finding() -> None:
    assert () == found(job(model=GPT, usage=used(models={HAIKU: 60, OPUS: 60, GPT: 80})))


def test_a_prompt_that_holds_a_secret_is_told_without_it() -> None:
    key = "sk-ant-api03-" + "a1B2c3D4" * 10
    findings = found(job(prompt=f"{SIMPLE} Use the key {key}.", model=GPT))

    assert "its prompt holds a secret" in findings
    assert key not in repr(findings)


def test_a_duplicate_names_the_first_of_its_kind() -> None:
    slots = analysis(job("first", model=GPT), job("second", model=GPT)).slots

    assert {"job/first": (), "job/second": ("duplicate of job/first",)} == {
        slot.address: slot.findings for slot in slots if slot.type == "job"
    }


@pytest.mark.parametrize(
    "other", [job("x", model=GPT, enabled=False), job("x", prompt=CODING, model=GPT), job("x", agent_id="b")]
)
def test_a_disabled_job_another_prompt_or_another_agent_is_no_duplicate(other: JobFacts) -> None:
    slots = analysis(job("first", model=GPT), other).slots

    assert not [finding for slot in slots for finding in slot.findings if "duplicate" in finding]


def test_requests_of_unknown_tokens_are_told() -> None:
    findings = found(job(model=GPT, usage=used(unmetered=120, models={GPT: 200})))

    assert ("the host does not record the tokens of 60% of its requests",) == findings


def test_a_model_that_is_too_weak_is_told() -> None:
    assert any("local" in finding for finding in found(job(prompt=CODING, model=LOCAL)))
