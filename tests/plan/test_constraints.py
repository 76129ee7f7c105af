"""No plan breaks a hard constraint, by a checker that shares nothing with the assignment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.facts.model import Facts, HeldSlot, History, JobFacts, Reading, UsageFacts
from reconciler.plan.make import make_plan
from reconciler.plan.verify import write_plan
from reconciler.policy.document import QualityThresholds
from reconciler.policy.model import Policy
from tests.plan.test_properties import policies, worlds
from tests.worlds import NOW


CRITICAL = Decimal("0.95")
STRICT = QualityThresholds(
    coding=Decimal("0.9"), reasoning=Decimal("0.95"), creative=Decimal("0.9"), simple=Decimal("0.8")
)
"""Thresholds between the scores of the models, so that each rules some out."""
LIMITED = ("anthropic", "google", "openrouter")


@st.composite
def readings(draw: st.DrawFn) -> tuple[Reading, ...]:
    used = st.none() | st.sampled_from([Decimal(text) for text in ("0", "0.4", "0.9", "0.97")])
    limit = st.none() | st.sampled_from([30_000, 300_000, 3_000_000]).map(Decimal)
    found = []
    for provider in LIMITED:
        size = draw(limit)
        found.append(
            Reading(
                provider=provider,
                window=draw(st.sampled_from(["weekly", "weekly", "session"])),
                used_fraction=draw(used),
                limit=size,
                unit="tokens" if size else None,
                resets_at=NOW + timedelta(hours=draw(st.integers(1, 160))),
                taken_at=NOW,
                source="test",
            )
        )
    return tuple(found)


@st.composite
def hosts(draw: st.DrawFn) -> Facts:
    """Draw hosts whose jobs run each hour, with quotas, people's use and holds."""
    people = st.lists(st.integers(0, 50_000), max_size=48).map(tuple)
    history = tuple(
        History(provider=name, unit="tokens", begin=NOW - timedelta(hours=48), hours=draw(people))
        for name in LIMITED
    )
    held = draw(st.sets(st.sampled_from(["defaults", "job/Job 0", "job/Job 1"])))
    holds = tuple(HeldSlot(address=address, reason="wait") for address in sorted(held))
    known = draw(worlds())
    jobs = tuple(_hourly(job, draw(st.integers(100, 100_000))) for job in known.host.jobs)
    host = known.host.model_copy(update={"jobs": jobs})
    told = {"host": host, "readings": draw(readings()), "history": history, "holds": holds}
    return known.model_copy(update=told)


def _hourly(job: JobFacts, tokens: int) -> JobFacts:
    used = UsageFacts(days=10, runs=240, requests=240, input=240 * tokens)
    schedule = {"kind": "every", "everyMs": 3_600_000, "anchorMs": 0}
    return job.model_copy(update={"schedule": schedule, "usage": used})


@settings(deadline=None)
@given(hosts(), policies())
def test_no_chosen_model_breaks_a_hard_constraint(known: Facts, owner: Policy) -> None:
    owner = replace(owner, quality_thresholds=STRICT)

    plan = make_plan(owner, known)

    spent = {
        each.provider
        for each in known.readings
        if each.used_fraction is not None and each.used_fraction >= CRITICAL
    }
    pinned = {rule.pin.text for rule in owner.rules if rule.pin}
    for change in plan.slots:
        assert change.address not in {hold.address for hold in known.holds}
        ref, task = change.after.primary, change.because.task
        if change.action != "change-model" or ref in pinned or task is None:
            continue
        assert ref.partition("/")[0] not in spent
        score = getattr(owner.models[ref].scores, task)
        assert score is not None
        assert score >= getattr(owner.quality_thresholds, task)


@settings(deadline=None)
@given(hosts(), policies())
def test_a_quota_is_only_exceeded_where_the_plan_says_what_is_short(known: Facts, owner: Policy) -> None:
    """The five percent are what slots that stay may exceed it by; pins are the owner's own word."""
    plan = make_plan(owner, known)

    pins = any(rule.pin for rule in owner.rules)
    for quota in plan.outlook.quotas:
        moved_in = quota.after.at_reset > quota.before.at_reset + Decimal("0.01")
        if quota.short is None and moved_in and not pins and quota.window == "weekly":
            assert quota.after.at_reset <= CRITICAL + Decimal("0.06"), quota


@settings(deadline=None)
@given(hosts(), policies())
def test_equal_inputs_give_equal_plans(known: Facts, owner: Policy) -> None:
    again = Facts.model_validate_json(known.model_dump_json(by_alias=True))

    assert write_plan(make_plan(owner, known)) == write_plan(make_plan(owner, again))
