"""A shift moves every slot off a provider and no other."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.errors import UsageError
from reconciler.facts.model import HeldSlot
from reconciler.plan.make import make_plan
from reconciler.plan.model import Plan
from reconciler.whatif.shift import shifted
from tests.worlds import (
    CODING,
    DEEPSEEK,
    GPT,
    HAIKU,
    LOCAL,
    MINI,
    OPUS,
    SIMPLE,
    change,
    config,
    facts,
    job,
    policy,
)


def shift(*jobs: Any, to: str | None = None, spec: str = "", model: Any = GPT, holds: Any = ()) -> Plan:
    host = facts(*jobs, config=config(model)).model_copy(update={"holds": tuple(holds)})
    return make_plan(shifted(policy(spec), host, "anthropic", to), host)


def moved(plan: Plan) -> dict[str, str]:
    return {each.address: each.after.primary for each in plan.slots}


def test_every_slot_on_the_provider_moves_and_the_others_stay_though_they_could_be_cheaper() -> None:
    plan = shift(job("Build", CODING, model=OPUS), job("Mail", SIMPLE, model=HAIKU), job("Other", CODING))

    assert {"job/Build", "job/Mail"} == set(moved(plan))
    assert not [ref for ref in moved(plan).values() if ref.startswith("anthropic/")]
    assert f"{OPUS}: shifted away from anthropic by you" == change(plan, "job/Build").because.reason


def test_a_slot_of_whose_work_nothing_is_known_moves_too() -> None:
    assert "defaults" in moved(shift(model=OPUS))


def test_what_inherits_a_moved_model_moves_with_it() -> None:
    plan = shift(job("Plan it", None, payload_kind="agentTurn"), model=OPUS)

    assert {"defaults"} == set(moved(plan))
    assert () == plan.findings


def test_a_rule_of_the_owner_keeps_its_word_for_the_slots_that_move() -> None:
    plan = shift(
        job("Build", CODING, model=OPUS),
        spec='rules: [{name: no Google, deny: ["google/*", "openrouter/*"]}]',
    )

    assert {"job/Build": MINI} == moved(plan)


def test_they_go_to_the_other_provider_where_it_would_do_and_elsewhere_where_not() -> None:
    spec = "rules: [{name: mail stays cheap, match: {job: Mail}, deny: ['openai/*']}]"
    plan = shift(job("Build", CODING, model=OPUS), job("Mail", SIMPLE, model=HAIKU), to="openai", spec=spec)

    assert {"job/Build": MINI, "job/Mail": LOCAL} == moved(plan)
    assert "you shift to openai" in {
        each.reason for each in plan.verdicts[change(plan, "job/Build").why_not or ""]
    }


def test_what_is_tried_after_the_new_model_may_be_of_any_provider() -> None:
    after = change(shift(job("Build", CODING, model=OPUS), to="openai"), "job/Build").after

    assert after.fallbacks
    assert not [ref for ref in after.fallbacks if ref.startswith(("openai/", "anthropic/"))]


def test_a_list_of_the_owners_is_kept_wherever_the_slot_goes() -> None:
    had = {"primary": OPUS, "fallbacks": [GPT, DEEPSEEK, HAIKU]}

    assert (GPT, DEEPSEEK) == change(shift(model=had, to="google"), "defaults").after.fallbacks


def test_a_fallback_on_the_provider_goes_and_the_model_before_it_stays() -> None:
    plan = shift(model={"primary": GPT, "fallbacks": [OPUS, MINI]})

    found = change(plan, "defaults")
    assert (GPT, (MINI,)) == (found.after.primary, found.after.fallbacks)
    assert f"its fallback {OPUS} is shifted away from anthropic by you" == found.because.reason
    assert found.because.rule is None


def test_what_is_pinned_protected_or_on_hold_stays_and_is_told() -> None:
    jobs = [job(name, CODING, model=OPUS) for name in ("Pinned", "Kept", "Held", "Off")]
    jobs[3] = jobs[3].model_copy(update={"enabled": False})
    spec = f"""
rules:
  - {{name: one, match: {{job: Pinned}}, pin: {OPUS}}}
  - {{name: two, match: {{job: Kept}}, protect: true}}
"""
    plan = shift(*jobs, spec=spec, holds=[HeldSlot(address="job/Held", reason="exams")])

    told = {each.address: (each.level, each.text) for each in plan.findings if "stays on" in each.text}
    assert {} == moved(plan)
    assert ["job/Held", "job/Kept", "job/Off", "job/Pinned"] == sorted(told)
    assert "(rule one, policy.yaml:" in told["job/Pinned"][1]
    assert "protected (rule two, policy.yaml:" in told["job/Kept"][1]
    assert "on hold: exams" in told["job/Held"][1]
    assert ("info", f"stays on {OPUS}: disabled") == told["job/Off"]


def test_what_no_other_model_would_do_is_stuck_and_told_once() -> None:
    plan = shift(job("Build", CODING, model=OPUS), spec=f"rules: [{{name: only it, allow: ['{OPUS}']}}]")

    (found,) = [each for each in plan.findings if each.address == "job/Build"]
    assert found.text.endswith("shifted away from anthropic by you; no model that the policy allows would do")


def test_the_policy_of_a_shift_is_the_owners() -> None:
    host = facts(config=config(OPUS))

    assert policy().digest == shifted(policy(), host, "anthropic").digest


@pytest.mark.parametrize(
    ("away", "to", "problem", "hint"),
    [
        ("antropic", None, "no slot is on a provider 'antropic'", "did you mean anthropic?"),
        ("anthropic", "opena", "has no provider 'opena'", "did you mean openai?"),
        ("anthropic", "anthropic", "is where they are", "another"),
    ],
)
def test_a_shift_that_means_nothing_is_refused(away: str, to: str | None, problem: str, hint: str) -> None:
    with pytest.raises(UsageError) as error:
        shifted(policy(), facts(config=config(OPUS)), away, to)

    assert problem in error.value.problem
    assert hint in error.value.hint
