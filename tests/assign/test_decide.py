from __future__ import annotations

from typing import Any

import pytest

from reconciler.assign.decide import Assignment
from reconciler.assign.subject import subjects
from reconciler.assign.wanted import Decision, Wanted
from reconciler.facts.model import Facts, HostModel, JobFacts
from reconciler.plan.make import owners_catalog
from reconciler.policy.model import Policy
from tests.worlds import (
    CODING,
    CREATIVE,
    DEEPSEEK,
    FLASH,
    GPT,
    HAIKU,
    LOCAL,
    MINI,
    OPUS,
    PROVIDERS,
    SIMPLE,
    config,
    facts,
    job,
    policy,
    reading,
)


def alone(owner: Policy, known: Facts) -> Wanted:
    """Decide slot by slot, without a look at what a slot will inherit."""
    run = Assignment(owner, known, owners_catalog(owner))
    return run.wanted(tuple(run.decide(subject) for subject in subjects(known.host)))


def decisions(known: Facts, spec: str = "", *, providers: str = PROVIDERS) -> dict[str, Decision]:
    owner = policy(spec, providers=providers)
    wanted = alone(owner, known)
    return {decision.subject.slot.address: decision for decision in wanted.decisions}


def digest(
    spec: str = "", *, it: JobFacts | None = None, providers: str = PROVIDERS, **host: Any
) -> Decision:
    """Decide one job with a simple prompt on the usual host."""
    host.setdefault("config", config())
    return decisions(facts(it or job(), **host), spec, providers=providers)["job/Digest"]


def test_a_simple_job_moves_to_the_cheapest_model_that_is_good_enough() -> None:
    decision = digest()

    assert ("change", (LOCAL, (FLASH, DEEPSEEK))) == (decision.outcome, decision.choice)
    assert "local tier instead of premium" == decision.reason


def test_a_job_on_the_right_model_is_kept() -> None:
    decision = digest(it=job(model=LOCAL, fallbacks=(FLASH,)))

    assert ("keep", "good enough, and nothing is worth a move") == (decision.outcome, decision.reason)


def test_a_model_that_is_too_weak_is_left_for_a_better_one() -> None:
    decision = digest(it=job(prompt=CREATIVE, model="google/gemini-2.5-flash"))

    assert (FLASH, (DEEPSEEK, MINI)) == decision.choice
    assert "google/gemini-2.5-flash: too weak for creative by 0.07 (0.53 < 0.6)" == decision.reason


def test_a_job_that_no_model_fits_is_stuck() -> None:
    decision = digest("qualityThresholds: {coding: 1}", it=job(prompt=CODING, model=MINI))

    assert "stuck" == decision.outcome
    weak = "openai/gpt-5.4-mini: too weak for coding by 0.17 (0.83 < 1)"
    assert f"{weak}; no model that the policy allows would do" == decision.reason
    assert decision.choice is None


def test_a_forbidden_fallback_is_told_where_nothing_can_be_written_against_it() -> None:
    it = job(model=HAIKU)
    spec = f"rules: [{{name: no gpt, match: {{job: Digest}}, allow: [{HAIKU}]}}]"
    host = {"config": config({"primary": HAIKU, "fallbacks": [GPT]}), "version": "2026.3.22"}

    decision = digest(spec, it=it, **host)

    assert "stuck" == decision.outcome
    assert decision.reason.startswith(f"its fallback {GPT} is not allowed by ")
    assert "they come from defaults" in decision.reason


def test_an_empty_list_of_fallbacks_is_passed_on_to_who_inherits_it() -> None:
    strict, silent = config({"primary": OPUS, "fallbacks": []}), config(OPUS)

    decisions = [digest(it=job(), config=written) for written in (strict, silent)]

    assert [(), True] == [decisions[0].choice[1], bool(decisions[1].choice[1])]  # type: ignore[index]


def test_a_model_of_unknown_quality_is_left_where_its_owner_put_it() -> None:
    decision = digest(it=job(model="mistral/unheard-of-9"))

    assert ("leave", "mistral/unheard-of-9: its simple score is unknown") == (
        decision.outcome,
        decision.reason,
    )


def test_a_model_of_unknown_quality_gives_way_to_a_rule() -> None:
    decision = digest('rules: [{name: x, deny: ["mistral/*"]}]', it=job(model="mistral/unheard-of-9"))

    assert "change" == decision.outcome
    assert decision.reason.startswith("mistral/unheard-of-9: denied by policy.yaml:")


@pytest.mark.parametrize(
    ("it", "reason"),
    [
        (job(enabled=False), "disabled"),
        (job(payload_kind="systemEvent", prompt=None), "a systemEvent has no model of its own"),
        (job(declaration_key="memory-core.dreaming"), "OpenClaw made this job and manages it"),
    ],
)
def test_what_is_not_ours_to_write_is_left_whatever_the_rules_say(it: JobFacts, reason: str) -> None:
    decision = digest(f"rules: [{{name: x, pin: {HAIKU}}}]", it=it)

    assert ("leave", reason, None) == (decision.outcome, decision.reason, decision.choice)


def test_a_protected_slot_is_left_and_the_rule_is_named() -> None:
    decision = digest(
        f"rules: [{{name: x, pin: {HAIKU}}}, {{name: hands off, match: {{job: Digest}}, protect: true}}]"
    )

    assert ("leave", "protected", "hands off") == (decision.outcome, decision.reason, decision.rule.name)  # type: ignore[union-attr]


def test_a_pin_wins_over_what_would_be_cheaper() -> None:
    decision = digest(f"rules: [{{name: mine, pin: {HAIKU}}}]")

    assert ("change", "pinned by the policy", (HAIKU, ())) == (
        decision.outcome,
        decision.reason,
        decision.choice,
    )
    assert "mine" == decision.rule.name  # type: ignore[union-attr]


@pytest.mark.parametrize("written", [HAIKU, "haiku", "Anthropic/claude-haiku-4-5"])
def test_a_slot_that_has_its_pinned_model_is_kept_however_it_is_written(written: str) -> None:
    aliased = config(models={OPUS: {}, HAIKU: {"alias": "haiku"}})

    decision = digest(f"rules: [{{name: mine, pin: {HAIKU}}}]", it=job(model=written), config=aliased)

    assert ("keep", "has the pinned model") == (decision.outcome, decision.reason)


def test_a_pin_that_is_written_as_the_slot_has_it_is_kept() -> None:
    pin = "Anthropic/claude-haiku-4-5"

    assert "keep" == digest(f"rules: [{{name: mine, pin: {pin}}}]", it=job(model=pin)).outcome


def test_a_pinned_slot_loses_a_fallback_that_the_rules_forbid() -> None:
    decision = digest(
        'rules: [{name: at home, pin: "ollama/qwen3:8b", allow: ["ollama/*"]}]',
        it=job(model=LOCAL, fallbacks=(GPT,)),
    )

    assert ("change", (LOCAL, ())) == (decision.outcome, decision.choice)
    assert decision.only_fallbacks


def test_an_inherited_fallback_that_the_rules_forbid_does_not_stay() -> None:
    """What must stay at home would leave it with the first failure."""
    decision = digest(
        'rules: [{name: at home, allow: ["ollama/*"]}]', config=config({"primary": LOCAL, "fallbacks": [GPT]})
    )

    assert ("change", (LOCAL, ())) == (decision.outcome, decision.choice)
    assert "a fallback is ruled out by the policy" == decision.reason


def test_an_inherited_choice_that_nothing_forbids_stays_inherited() -> None:
    assert "keep" == digest(config=config({"primary": LOCAL, "fallbacks": [GPT]})).outcome
    assert "keep" == digest(config=config(LOCAL)).outcome


def test_a_model_without_fallbacks_gets_the_next_best() -> None:
    decision = digest(it=job(model=LOCAL))

    assert ("change", (LOCAL, (FLASH, DEEPSEEK))) == (decision.outcome, decision.choice)
    assert "has no fallback" == decision.reason


@pytest.mark.parametrize("version", ["2026.2.9", "2026.3.22", "2026.4.1"])
def test_where_a_job_has_no_place_for_fallbacks_they_are_no_reason_to_change_it(version: str) -> None:
    legacy: dict[str, Any] = config({"primary": OPUS, "fallbacks": [GPT]})
    legacy["agents"]["list"] = [{"id": "main"}]
    del legacy["agents"]["entries"]

    assert "keep" == digest(it=job(model=LOCAL), config=legacy, version=version).outcome


def test_an_empty_policy_decides_nothing() -> None:
    decision = digest(providers="")

    assert ("leave", "the policy names no providers") == (decision.outcome, decision.reason)


def test_a_pin_works_without_any_provider() -> None:
    assert "change" == digest(f"rules: [{{name: x, pin: {HAIKU}}}]", providers="").outcome


def test_with_one_provider_its_models_are_all_there_is() -> None:
    decision = digest(providers="providers: {anthropic: {quotaSource: api, tier: premium}}")

    assert ("change", (HAIKU, ())) == (decision.outcome, decision.choice)
    assert "80% cheaper per run" == decision.reason


def test_slots_without_a_prompt_are_left_unless_a_rule_speaks_of_them() -> None:
    known = facts(config=config(agents={"main": {"heartbeat": {"model": OPUS}}}))

    silent = decisions(known)
    spoken = decisions(known, 'rules: [{name: x, match: {slot: "*/heartbeat"}, task: simple}]')

    assert {("leave", "no rule speaks of it")} == {(it.outcome, it.reason) for it in silent.values()}
    assert (LOCAL, ()) == spoken["agent/main/heartbeat"].choice
    assert "leave" == spoken["defaults"].outcome


def test_a_slot_whose_task_is_a_guess_is_not_condemned_for_its_quality() -> None:
    """A rule for all slots must not move an agent to a dear model because agents may have to reason."""
    known = facts(config=config(LOCAL, {"main": {"model": LOCAL}}))

    found = decisions(known, 'rules: [{name: x, deny: ["openrouter/*"]}]')

    assert {"defaults": "keep", "agent/main": "keep"} == {
        address: found[address].outcome for address in ("defaults", "agent/main")
    }


def test_a_slot_whose_task_is_a_guess_still_needs_a_model_that_runs() -> None:
    known = facts(
        config=config(LOCAL),
        models=(HostModel(ref=LOCAL, available=False, reason="gone"), HostModel(ref=FLASH)),
    )

    found = decisions(known, 'rules: [{name: x, deny: ["openrouter/*"]}]')

    assert ("change", f"{LOCAL}: gone") == (found["defaults"].outcome, found["defaults"].reason)


def test_a_model_that_only_cools_down_keeps_its_slots_and_gets_no_new_ones() -> None:
    cools = {"available": False, "reason": "the host says: cooldown", "passing": True}
    known = facts(
        job("on it", model=LOCAL),
        job("not on it", model=GPT),
        config=config(),
        models=(HostModel(ref=LOCAL, **cools),),
    )

    found = decisions(known)

    assert ("leave", f"{LOCAL}: the host says: cooldown") == (
        found["job/on it"].outcome,
        found["job/on it"].reason,
    )
    choice = found["job/not on it"].choice
    assert choice is None or LOCAL not in {choice[0], *choice[1]}


def test_a_heartbeat_is_simple_work_and_other_slots_are_reasoning() -> None:
    known = facts(config=config(agents={"main": {"heartbeat": {"model": OPUS}}}))

    found = decisions(known, 'rules: [{name: x, deny: ["anthropic/*"]}]')

    assert "simple" == found["agent/main/heartbeat"].task.kind  # type: ignore[union-attr]
    assert "reasoning" == found["defaults"].task.kind  # type: ignore[union-attr]


def test_a_provider_without_quota_is_left() -> None:
    decision = digest(
        it=job(prompt=CODING, model=FLASH, fallbacks=(GPT,)), readings=(reading("google", "0.97"),)
    )

    assert (DEEPSEEK, (GPT,)) == decision.choice
    assert "google/gemini-3.6-flash: weekly window is 97% used" == decision.reason


def test_an_unknown_quota_moves_nothing() -> None:
    it = job(prompt=CODING, model=FLASH, fallbacks=(GPT,))

    assert "keep" == digest(it=it, readings=(reading("google", None),)).outcome


def test_a_model_that_the_host_cannot_use_is_no_candidate_and_is_left() -> None:
    models = (HostModel(ref=LOCAL, available=False, reason="no such model"), HostModel(ref=FLASH))

    decision = digest(models=models)

    assert FLASH == decision.choice[0]  # type: ignore[index]
    assert f"{LOCAL}: no such model" == digest(it=job(model=LOCAL), models=models).reason


def test_a_login_is_part_of_the_model_that_a_slot_has() -> None:
    decision = digest(it=job(model=f"{LOCAL}@home", fallbacks=(FLASH,)))

    assert "keep" == decision.outcome


def test_equal_needs_share_one_list_of_rejected_candidates() -> None:
    known = facts(*(job(f"Digest {number}") for number in range(3)), config=config())
    owner = policy()

    wanted = alone(owner, known)

    assert 1 == len(wanted.verdicts)
    assert {(GPT, "would do, standard tier")} <= set(*wanted.verdicts.values())


def test_a_rule_that_says_the_task_goes_before_what_the_prompt_looks_like() -> None:
    decision = digest("rules: [{name: hard, task: coding}]", it=job(prompt=SIMPLE))

    assert ("coding", ("the policy says so",)) == (decision.task.kind, decision.task.evidence)  # type: ignore[union-attr]
    assert FLASH == decision.choice[0]  # type: ignore[index]
