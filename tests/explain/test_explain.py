"""One slot explained: what the plan does with it, and why."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from reconciler.explain.explain import explain
from reconciler.explain.model import Considered, Explanation
from reconciler.facts.model import HeldSlot, HostModel, JobFacts, UsageFacts
from reconciler.plan.make import make_plan, owners_catalog
from tests.worlds import (
    CODING,
    DEEPSEEK,
    EARLY,
    GPT,
    HAIKU,
    LOCAL,
    MINI,
    OPUS,
    change,
    config,
    facts,
    job,
    policy,
    reading,
)


def told(named: str, *jobs: JobFacts, spec: str = "", holds: Any = (), **of_facts: Any) -> Explanation:
    of_facts.setdefault("config", config(OPUS))
    host = facts(*jobs, **of_facts).model_copy(update={"holds": tuple(holds)})
    loaded = policy(spec)
    return explain(loaded, host, owners_catalog(loaded), named)


def candidate(found: Explanation, model: str) -> Considered:
    return next(each for each in found.candidates if each.model == model)


def test_it_says_what_the_plan_says() -> None:
    host = facts(job("Build", CODING), config=config(OPUS))
    planned = change(make_plan(policy(), host), "job/Build")

    found = explain(policy(), host, owners_catalog(policy()), "job/Build")

    assert ("change", planned.because.reason) == (found.outcome, found.reason)
    assert found.then
    assert (planned.after.primary, planned.after.fallbacks) == (found.then.model, found.then.fallbacks)


def test_the_task_and_the_need_come_with_what_they_are_known_by() -> None:
    found = told("Build", job("Build", CODING, thinking="high"))

    assert found.work
    assert found.needs
    assert "coding" == found.work.task
    assert any(word.startswith("fix") for word in found.work.evidence)
    assert found.work.prompt
    assert found.work.prompt.words["fix"]
    assert (Decimal("0.8"), "high") == (found.needs.threshold, found.needs.thinking)


def test_every_candidate_has_quality_cost_and_a_verdict() -> None:
    found = told(
        "Build",
        job("Build", CODING),
        spec='fallbacks: {count: 0}\nrules: [{name: not there, deny: ["openrouter/*"]}]',
    )

    first = found.candidates[0]
    assert ("chosen", found.reason) == (first.verdict, first.reason)
    assert found.then
    assert first.model == found.then.model
    assert "would-do" == candidate(found, MINI).verdict
    assert candidate(found, MINI).reason.startswith("would do, ")
    assert (candidate(found, HAIKU).usd_a_run or 0) > 0
    assert Decimal("0.05") == candidate(found, HAIKU).above
    denied = candidate(found, DEEPSEEK)
    assert ("ruled-out", True) == (denied.verdict, denied.reason.startswith("denied by policy.yaml:"))
    local = candidate(found, LOCAL)
    assert (0, "ruled-out") == (local.usd_a_run, local.verdict)
    assert candidate(found, OPUS).current


def test_a_model_that_is_too_weak_or_too_small_says_by_how_much() -> None:
    found = told("Build", job("Build", CODING), models=(HostModel(ref=HAIKU, context_window=9000),))
    strict = told("Build", job("Build", CODING), spec="qualityThresholds: {coding: 0.84}")

    assert "context 9k < 32k" == candidate(found, HAIKU).reason
    assert "too weak for coding by 0.01 (0.83 < 0.84)" == candidate(strict, MINI).reason


def test_the_fallbacks_follow_the_model_in_their_order() -> None:
    found = told("Build", job("Build", CODING))

    assert found.then
    shown = [each.model for each in found.candidates if each.verdict == "fallback"]
    assert (
        list(found.then.fallbacks) == shown == [each.model for each in found.candidates[1 : len(shown) + 1]]
    )
    assert "so the next best are taken" in found.fallbacks


@pytest.mark.parametrize(
    ("model", "version", "expected"),
    [
        (
            {"primary": OPUS, "fallbacks": [GPT]},
            EARLY,
            "no place for fallbacks of its own, they come from defaults",
        ),
        ({"primary": OPUS, "fallbacks": []}, None, "stays without any"),
    ],
)
def test_what_becomes_of_fallbacks_is_told(model: Any, version: str | None, expected: str) -> None:
    more = {"version": version} if version else {}

    assert expected in told("Build", job("Build", CODING), config=config(model), **more).fallbacks


def test_an_inherited_choice_names_where_it_comes_from() -> None:
    found = told("Build", job("Build", CODING), config=config({"primary": OPUS, "fallbacks": [GPT]}))

    assert (OPUS, "defaults", "defaults") == (found.now.model, found.now.model_from, found.now.fallbacks_from)


def test_rules_that_match_are_told_in_order_with_their_place_and_condition() -> None:
    spec = """
rules:
  - {name: for others, match: {job: Other}, protect: true}
  - {name: no Claude, match: {task: coding}, when: {provider: anthropic, window: weekly, usedAbove: 0.7}, deny: ["anthropic/*"]}
  - {name: as it is, match: {job: Build}, task: coding, pin: openai/gpt-5.4, allow: ["openai/*"], protect: false}
"""
    calm = told("Build", job("Build", CODING), spec=spec, readings=(reading("anthropic", "0.6"),))
    tight = told("Build", job("Build", CODING), spec=spec, readings=(reading("anthropic", "0.8"),))

    waiting, last = calm.rules
    assert ("no Claude", ("deny anthropic/*",)) == (waiting.name, waiting.says)
    assert "anthropic weekly used above 0.7" == waiting.waits_for
    assert ("task coding", "pin openai/gpt-5.4", "allow openai/*", "no protection") == last.says
    assert int(waiting.at.removeprefix("policy.yaml:")) + 1 == int(last.at.removeprefix("policy.yaml:"))
    assert tight.rules[0].waits_for is None
    assert f"as it is ({last.at})" == calm.rule


@pytest.mark.parametrize(
    ("changes", "spec", "holds", "reason"),
    [
        ({"enabled": False}, "", (), "disabled"),
        ({"account_owned": True}, "", (), "a chat account owns it"),
        ({}, "rules: [{name: mine, protect: true}]", (), "protected"),
        ({}, "", (HeldSlot(address="job/Build", reason="exams"),), "on hold: exams"),
    ],
)
def test_a_slot_that_is_left_alone_is_explained_with_what_would_do(
    changes: Any, spec: str, holds: Any, reason: str
) -> None:
    found = told("Build", job("Build", CODING, **changes), spec=spec, holds=holds)

    assert "leave" == found.outcome
    assert reason in found.reason
    assert ("stays", OPUS) == (found.candidates[0].verdict, found.candidates[0].model)
    assert "would do best" == found.candidates[1].reason
    assert ("on hold until it is resumed: exams" if holds else None) == found.hold


def test_a_slot_without_a_model_of_its_own_has_no_candidates() -> None:
    found = told("Ping", job("Ping", None, payload_kind="systemEvent"))

    assert ("leave", ()) == (found.outcome, found.candidates)
    assert "has no model of its own" in found.reason


def test_a_slot_of_whose_work_nothing_is_known_says_so() -> None:
    found = told("defaults")

    assert ("no rule speaks of it", None, ()) == (found.reason, found.work, found.candidates)


def test_a_slot_of_unknown_work_that_a_rule_speaks_of_has_candidates() -> None:
    found = told(
        "defaults", spec='rules: [{name: no Claude, match: {slot: defaults}, deny: ["anthropic/*"]}]'
    )

    assert "change" == found.outcome
    assert "chosen" == found.candidates[0].verdict


def test_a_model_that_is_good_enough_stays_and_the_best_is_not_worth_a_move() -> None:
    found = told(
        "Build", job("Build", CODING, model=MINI), spec="objective: best-fit\nsafety: {minimumGain: 0.5}"
    )

    assert ("stays", MINI) == (found.candidates[0].verdict, found.candidates[0].model)
    assert "fallback 1, would do best, but is not worth a move" in {each.reason for each in found.candidates}
    assert "good enough, and only what is tried after it changes" == found.candidates[0].reason


def test_a_slot_that_is_stuck_says_what_is_against_every_model() -> None:
    found = told("Build", job("Build", CODING), spec="qualityThresholds: {coding: 1}")

    assert "stuck" == found.outcome
    assert {"stays", "ruled-out"} == {each.verdict for each in found.candidates}


def test_a_model_that_the_policy_does_not_offer_is_told_of_too() -> None:
    found = told("Build", job("Build", CODING, model="acme/old"))

    old = candidate(found, "acme/old")
    assert (True, "stays" if found.then is None else "ruled-out") == (old.current, old.verdict)


def test_the_windows_of_what_would_do_and_of_what_stands_there_are_shown() -> None:
    found = told(
        "Build", job("Build", CODING), readings=(reading("anthropic", "0.97"), reading("ollama", "0.1"))
    )

    (window,) = found.quota
    assert ("anthropic weekly", Decimal("0.97")) == (window.window, window.used)


def test_use_is_what_the_ledger_counted() -> None:
    found = told("Build", job("Build", CODING, usage=UsageFacts(days=2, runs=4, failed=1, input=600)))

    assert found.use
    assert (Decimal(2), 200) == (found.use.runs_a_day, found.use.tokens_a_run)
