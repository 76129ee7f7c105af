"""A plan of what is assumed is the plan that would be made if it were so."""

from __future__ import annotations

import pytest

from reconciler.errors import UsageError
from reconciler.plan.make import make_plan
from reconciler.plan.model import Plan
from reconciler.whatif.assume import Assumptions, assume
from tests.worlds import CODING, DEEPSEEK, FLASH, GPT, OPUS, change, config, facts, job, policy, reading


HOST = facts(
    job("Build", CODING, model=OPUS),
    job("Draft", None, model=GPT, payload_kind="agentTurn"),
    config=config({"primary": OPUS, "fallbacks": [GPT]}),
    readings=(reading("anthropic", "0.1"),),
)


def assumed(*values: str, without: tuple[str, ...] = (), spec: str = "") -> Plan:
    pairs = tuple((path, value) for path, _, value in (each.partition("=") for each in values))
    return make_plan(*assume(policy(spec), HOST, Assumptions(pairs, without)))


def test_nothing_assumed_is_the_plan_of_what_is() -> None:
    assert make_plan(policy(), HOST) == assumed()


def test_a_quota_that_is_nearly_gone_moves_the_slots_on_it() -> None:
    reason = change(assumed("provider.anthropic.used=95%"), "job/Build").because.reason

    assert "weekly window is 95% used" in reason


def test_a_key_of_the_policy_counts_as_if_it_stood_there() -> None:
    plan = assumed("objective=best-fit", "provider.google.tier=premium")

    assert "best-fit" == plan.objective
    assert make_plan(policy("objective: best-fit"), HOST).policy_digest != plan.policy_digest


def test_without_a_provider_nothing_is_left_on_it_and_none_of_its_models_is_chosen() -> None:
    plan = assumed(without=("anthropic", "google"))

    assert DEEPSEEK == change(plan, "job/Build").after.primary
    assert "assumed to be without anthropic" in change(plan, "defaults").because.reason
    assert not [
        ref
        for each in plan.slots
        for ref in (each.after.primary, *(each.after.fallbacks or ()))
        if ref.startswith(("anthropic/", "google/"))
    ]


def test_without_a_provider_fallbacks_to_it_go_too() -> None:
    after = change(assumed(without=("openai",), spec="localModelPreference: never"), "job/Build").after

    assert FLASH == after.primary
    assert GPT not in (after.fallbacks or ())


def test_what_is_pinned_to_the_missing_provider_is_told() -> None:
    plan = assumed(
        without=("anthropic",), spec=f"rules: [{{name: keep, match: {{job: Build}}, pin: {OPUS}}}]"
    )

    (found,) = [each for each in plan.findings if each.address == "job/Build"]
    assert ("warning", f"stays on {OPUS}: has the pinned model") == (
        found.level,
        found.text.partition(" (")[0],
    )
    assert "rule keep, policy.yaml:" in found.text


def test_a_provider_that_nothing_here_is_of_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="'antropic'") as error:
        assumed(without=("antropic",))

    assert "did you mean anthropic?" == error.value.hint


def test_a_misspelt_key_of_a_provider_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="teir") as error:
        assumed("provider.anthropic.teir=free")

    assert "did you mean tier?" == error.value.hint


def test_assumptions_are_said_in_words_that_are_safe_to_print() -> None:
    words = Assumptions((("mode", "auto"), ("x\x1b", "1")), ("anthropic",)).words

    assert ("mode=auto", "x\\x1b=1", "without anthropic") == words
