from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.canonical import digest
from reconciler.facts.model import Facts
from reconciler.plan.make import make_plan
from reconciler.plan.model import CONFIG
from reconciler.plan.verify import write_plan
from tests.worlds import (
    CODING,
    FLASH,
    GPT,
    HAIKU,
    LOCAL,
    MINI,
    NOW,
    OPUS,
    change,
    config,
    facts,
    job,
    plan_of,
    policy,
)


def floats(value: Any) -> list[float]:
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return [found for item in items for found in floats(item)]
    return [value] if isinstance(value, float) else []


def test_the_same_policy_and_facts_give_the_same_plan_byte_for_byte() -> None:
    known = facts(job(), job("Build", CODING), config=config())
    again = Facts.model_validate_json(json.dumps(known.dump()))

    assert write_plan(make_plan(policy(), known)) == write_plan(make_plan(policy(), again))


def test_a_plan_is_sealed_with_the_digest_of_everything_else() -> None:
    plan = plan_of(job())
    plain = plan.dump()

    assert plain.pop("digest") == digest(plain)
    assert plan.id == plan.digest[7:19]
    assert [] == floats(plain)


def test_a_plan_says_who_it_is_for_and_what_it_rests_on() -> None:
    known, owner = facts(job(), config=config()), policy()

    plan = make_plan(owner, known)

    assert ("host-1", "2026.9.6", "modern") == (plan.host.id, plan.host.version, plan.host.layout)
    assert (owner.digest, known.digest()) == (plan.policy_digest, plan.facts_digest)
    assert (NOW, NOW.replace(minute=30)) == (plan.created_at, plan.expires_at)
    assert ("policy.yaml",) == plan.policy_files


def test_a_change_says_what_was_what_will_be_and_why() -> None:
    rule = f"rules: [{{name: mine, match: {{job: Digest}}, pin: {HAIKU}}}]"

    found = change(plan_of(job(), spec=rule), "job/Digest")

    assert ("change-model", "jobs", True) == (found.action, found.document, found.safe)
    assert found.before.configured is None
    assert OPUS == found.before.effective.primary  # type: ignore[union-attr]
    assert "defaults" == found.before.inherited_from
    assert (HAIKU, ()) == (found.after.primary, found.after.fallbacks)
    assert "pinned by the policy" == found.because.reason
    assert found.because.rule.startswith("mine (policy.yaml:")  # type: ignore[union-attr]
    assert ("simple", "0.4") == (found.because.task, found.because.threshold)


def test_every_list_of_rejected_candidates_that_a_change_names_is_there_and_no_other() -> None:
    rule = f"rules: [{{name: mine, match: {{job: Pinned}}, pin: {HAIKU}}}]"
    plan = plan_of(
        job(), job("Build", CODING), job("Pinned"), job("Kept", model=LOCAL, fallbacks=()), spec=rule
    )

    named = {found.why_not for found in plan.changes if found.why_not}
    assert named == set(plan.verdicts)
    assert 2 == len(named)


def test_an_added_fallback_leaves_the_model_and_its_alias_as_written() -> None:
    aliased = config(models={LOCAL: {"alias": "local"}, FLASH: {}, GPT: {}})

    plan = plan_of(job(model="local"), config=aliased)

    assert ("add-fallback", LOCAL) == (plan.changes[0].action, plan.changes[0].after.primary)
    assert (
        {"op": "test", "path": "/jobs/id-Digest/payload/model", "value": "local"},
        {"op": "add", "path": "/jobs/id-Digest/payload/fallbacks", "value": [FLASH, GPT]},
    ) == plan.patches.jobs


def test_a_fallback_that_stays_keeps_the_name_that_its_owner_gave_it() -> None:
    aliased = config(OPUS, models={OPUS: {}, GPT: {"alias": "gpt"}, MINI: {}, LOCAL: {}})
    deny = 'rules: [{name: x, deny: ["openai/gpt-5.4-mini"]}]'
    agents = {"main": {"model": {"primary": OPUS, "fallbacks": ["gpt", MINI]}}}
    aliased["agents"]["entries"] = agents

    plan = plan_of(spec=deny, config=aliased)

    assert (
        {"op": "test", "path": "/agents/entries/main/model/primary", "value": OPUS},
        {"op": "test", "path": "/agents/entries/main/model/fallbacks", "value": ["gpt", MINI]},
        {"op": "replace", "path": "/agents/entries/main/model/fallbacks", "value": ["gpt"]},
    ) == plan.patches.config


def test_a_bare_fallback_gets_its_provider_when_the_model_moves_to_another() -> None:
    """Beside a model of Anthropic's a bare name would be one of Anthropic's."""
    agents = {"main": {"model": {"primary": GPT, "fallbacks": ["gpt-unlisted"]}}}
    rule = f"rules: [{{name: x, match: {{slot: agent/main}}, pin: {HAIKU}}}]"

    plan = plan_of(spec=rule, config=config(OPUS, agents))

    written = plan.dump()["patches"][CONFIG][-1]
    assert ["openai/gpt-unlisted"] == written["value"]


def test_the_names_of_jobs_are_cleaned_for_display() -> None:
    plan = plan_of(job("evil\x1b[31m\u202e", id="j1"))

    assert ("job/j1", "evil\\x1b[31m\\u202e") == (plan.changes[0].address, plan.changes[0].title)


def test_what_is_stuck_or_left_is_a_finding() -> None:
    known = facts(
        job("Stuck", CODING, model=MINI), job("Unknown", model="acme/best"), config=config()
    ).model_copy(update={"problems": ("the gateway is slow",)})

    plan = make_plan(policy("qualityThresholds: {coding: 1}"), known)

    told = [(finding.level, finding.address) for finding in plan.findings]
    assert ("warning", "host") == told[0]
    assert ("warning", "job/Stuck") in told
    assert ("info", "job/Unknown") in told
    assert (1, 0) == (plan.summary.stuck, plan.summary.changes)


def test_every_slot_is_counted_once() -> None:
    count = plan_of(job(), job("Kept", model=LOCAL, fallbacks=()), job("Off", enabled=False)).summary

    assert count.slots == count.changes + count.kept + count.left_alone + count.stuck
    assert (1, 1) == (count.changes, count.kept)


@pytest.mark.parametrize("spec", ["", "mode: auto\nobjective: best-fit"])
def test_a_host_with_nothing_to_change_has_an_empty_plan(spec: str) -> None:
    plan = plan_of(config={}, spec=spec)

    assert () == plan.changes
    assert () == plan.patches.config
    assert () == plan.patches.jobs
