from __future__ import annotations

from typing import Any

import pytest

from reconciler.plan.make import make_plan
from tests.worlds import EARLY, HAIKU, OPUS, change, config, facts, job, plan_of, policy


def early(**defaults: Any) -> dict[str, Any]:
    found = config(**defaults)
    found["agents"]["list"] = [{"id": "main"}]
    del found["agents"]["entries"]
    return found


@pytest.mark.parametrize(
    ("version", "model", "by_gateway", "safe"),
    [
        (EARLY, None, True, False),
        ("2026.6.1", None, True, False),
        ("2026.6.9", None, True, True),
        (EARLY, OPUS, True, True),
        (EARLY, None, False, True),
    ],
)
def test_a_job_without_a_model_cannot_be_put_back_by_an_early_gateway(
    version: str, model: str | None, *, by_gateway: bool, safe: bool
) -> None:
    source = "gateway" if by_gateway else "jobs.json"

    plan = plan_of(job(model=model), config=early(), version=version, jobs_from=source, gateway=by_gateway)

    assert safe == plan.changes[0].safe


def test_the_file_can_always_be_put_back() -> None:
    rule = f"rules: [{{name: x, match: {{slot: agent/main}}, pin: {HAIKU}}}]"

    assert change(plan_of(spec=rule, config=early(), version=EARLY), "agent/main").safe


def test_safe_only_leaves_out_what_cannot_be_put_back() -> None:
    known = facts(job("New"), job("Old", model=OPUS), config=early(), version=EARLY)

    plan = make_plan(policy(), known, safe_only=True)

    assert ["job/Old"] == [found.address for found in plan.changes]
    texts = {finding.address: finding.text for finding in plan.findings}
    assert texts["job/New"].endswith("left out, because this host cannot put the old state back exactly")


def test_sub_agents_of_an_early_version_get_no_fallbacks_that_it_would_ignore() -> None:
    found = early(subagents={"model": OPUS})
    rule = f"rules: [{{name: x, match: {{slot: defaults/subagents}}, task: coding, pin: {HAIKU}}}]"

    old = change(plan_of(spec=rule, config=found, version=EARLY), "defaults/subagents")
    new = change(plan_of(spec=rule, config=found, version="2026.9.6"), "defaults/subagents")

    assert (None, ()) == (old.after.fallbacks, new.after.fallbacks)


@pytest.mark.parametrize(
    ("slot", "version", "effect"),
    [
        ("defaults", "2026.9.6", "every agent without a model of its own uses it"),
        ("agent/main/subagents", "2026.9.6", "isolated jobs and webhooks of this agent"),
        ("agent/main/subagents", "2026.2.9", None),
        ("agent/main/heartbeat", "2026.9.6", "a heartbeat in the main session may leave that session"),
        ("agent/main", "2026.9.6", None),
        ("job/Digest", EARLY, "this version falls back silently to the agent's own model"),
        ("job/Digest", "2026.9.6", None),
    ],
)
def test_what_else_changes_with_a_slot_is_named(slot: str, version: str, effect: str | None) -> None:
    rule = f"rules: [{{name: x, match: {{slot: {slot}}}, pin: {HAIKU}}}]"
    found = config(agents={"main": {"heartbeat": {"every": "30m"}}})

    effects = change(plan_of(job(), spec=rule, config=found, version=version), slot).side_effects

    assert [effect] == [text[: len(effect)] for text in effects] if effect else effects == ()
