from __future__ import annotations

import jsonpatch
import pytest

from reconciler.facts.model import HeldSlot
from reconciler.plan.make import make_plan
from reconciler.plan.model import CONFIG, Plan, Setting
from tests.worlds import EARLY, HAIKU, MODERN, OPUS, config, facts, job, plan_of, policy


def rule(said: str, match: str = "{job: Digest}") -> str:
    return f"rules: [{{name: mine, match: {match}, {said}}}]"


def only(plan: Plan) -> Setting:
    (found,) = plan.settings
    return found


def test_a_rule_gives_a_job_its_thinking_level_as_a_change_of_its_own() -> None:
    found = only(plan_of(job(thinking="high"), spec=rule("thinking: low")))

    assert ("job/Digest", "set-thinking", "jobs") == (found.address, found.action, found.document)
    assert ("high", "low", True) == (found.before, found.after, found.safe)
    assert "mine (policy.yaml:" in (found.because.rule or "")


def test_the_level_is_written_next_to_the_model_and_guarded() -> None:
    plan = plan_of(job(model=OPUS, thinking="high"), spec=rule(f"thinking: low, pin: {HAIKU}"))

    model, level = "/jobs/id-Digest/payload/model", "/jobs/id-Digest/payload/thinking"
    assert ["change-model", "set-thinking"] == [change.action for change in plan.changes]
    assert 2 == plan.summary.changes
    assert {"op": "test", "path": model, "value": OPUS} in plan.patches.jobs
    assert (
        {"op": "test", "path": level, "value": "high"},
        {"op": "replace", "path": level, "value": "low"},
    ) == (plan.patches.jobs[-2:])


def test_a_job_that_has_the_level_is_left_as_it_is() -> None:
    assert () == plan_of(job(thinking="low"), spec=rule("thinking: low")).settings


def test_the_later_of_two_rules_names_the_level() -> None:
    spec = "rules: [{name: all, thinking: high}, {name: mine, match: {job: Digest}, thinking: 'off'}]"

    found = [setting for setting in plan_of(job(), spec=spec).settings if setting.document == "jobs"]

    assert ["off"] == [setting.after for setting in found]


@pytest.mark.parametrize(
    ("version", "had", "safe"),
    [(MODERN, None, True), (EARLY, None, False), (EARLY, "low", True)],
)
def test_a_level_is_safe_where_the_host_can_put_the_old_one_back(
    version: str, had: str | None, *, safe: bool
) -> None:
    known = facts(job(model=OPUS, thinking=had), config=config(), version=version)
    owner = policy(rule("thinking: high"))

    found, only_safe = make_plan(owner, known), make_plan(owner, known, safe_only=True)

    assert safe == only(found).safe
    assert safe == bool(only_safe.settings)
    assert safe == (not any("left out" in finding.text for finding in only_safe.findings))


@pytest.mark.parametrize(("version", "known"), [(MODERN, True), (EARLY, False), (None, False)])
def test_a_level_that_the_version_does_not_know_is_a_finding(version: str | None, *, known: bool) -> None:
    plan = plan_of(job(), spec=rule("thinking: ultra"), version=version)

    assert known == bool(plan.settings)
    told = f"OpenClaw {version or 'of unknown version'} has no thinking level ultra"
    assert known == (told not in [finding.text for finding in plan.findings])


@pytest.mark.parametrize("slot", ["agent/main/heartbeat", "agent/main/subagents"])
def test_a_slot_without_a_level_of_its_own_gets_none(slot: str) -> None:
    assert () == plan_of(job(), spec=rule("thinking: low", f"{{slot: {slot}}}")).settings


def test_an_agent_and_the_defaults_have_their_level_in_the_configuration() -> None:
    plan = plan_of(spec=rule("thinking: low", '{slot: "*"}'), config=config(thinkingDefault="high"))

    assert [("defaults", "high"), ("agent/main", None)] == [
        (found.address, found.before) for found in plan.settings
    ]
    after = jsonpatch.apply_patch(config(thinkingDefault="high"), list(plan.patches.config))
    assert "low" == after["agents"]["defaults"]["thinkingDefault"]
    assert {"default": True, "thinkingDefault": "low"} == after["agents"]["entries"]["main"]


def test_a_level_and_a_model_may_need_the_same_new_object() -> None:
    plan = plan_of(spec=rule(f"thinking: low, pin: {HAIKU}", "{slot: defaults}"), config={})

    after = jsonpatch.apply_patch({}, list(plan.patches.config))
    assert "low" == after["agents"]["defaults"]["thinkingDefault"]
    assert HAIKU == after["agents"]["defaults"]["model"]["primary"]


@pytest.mark.parametrize("said", ["protect: true, thinking: low", "thinking: low"])
def test_a_slot_that_is_protected_or_on_hold_keeps_its_level(said: str) -> None:
    held = HeldSlot(address="job/Digest", reason="mine")
    known = facts(job(), config=config()).model_copy(update={"holds": () if "protect" in said else (held,)})

    assert () == make_plan(policy(rule(said)), known).settings


def test_models_are_judged_at_the_level_that_the_slot_will_have() -> None:
    thinks = plan_of(job(thinking="high"), spec=rule("thinking: 'off'"))
    off = plan_of(job(thinking="off"))

    assert [change.after for change in off.slots] == [change.after for change in thinks.slots]


def test_the_patches_are_those_of_the_configuration_where_an_agent_is_set() -> None:
    plan = plan_of(spec=rule("thinking: low", "{slot: agent/main}"))

    assert CONFIG == only(plan).document
    assert ("jobs of this agent without a level of their own think so too",) == only(plan).side_effects
