"""Another schedule for a job: written, read back and put back, on files and through both gateways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.assign.settings import moved
from reconciler.assign.wanted import Decision
from reconciler.errors import StalePlan
from reconciler.facts.model import Facts
from reconciler.plan.effects import safe
from reconciler.plan.make import owners_catalog
from reconciler.plan.order import decide_in_order
from reconciler.policy.model import Policy
from tests.apply.hosts import STORES, Applied, applied
from tests.openclaw.fake_cron import cron_job
from tests.worlds import policy


SEVEN = {"kind": "cron", "expr": "0 7 * * *", "tz": "Europe/Vienna", "staggerMs": 0}
TEN = {**SEVEN, "expr": "0 10 * * *"}
OWNER = "rules: [{name: may wait, match: {job: Digest}, schedule: {flexible: 6h}, protect: false}]"

stores = pytest.mark.parametrize("store", STORES)


def mine() -> dict[str, Any]:
    return {**cron_job("j1", model="openai/gpt-5.4"), "schedule": SEVEN, "state": {"nextRunAtMs": 1}}


def to_ten(host: Applied) -> Callable[[Decision], Decision]:
    return decided(host.facts())


def decided(facts: Facts) -> Callable[[Decision], Decision]:
    def decide(decision: Decision) -> Decision:
        kept = replace(decision, outcome="keep", choice=None, settings=())
        return moved(kept, facts.host.jobs[0], TEN, "a reason") if decision.subject.slot.job_id else kept

    return decide


def owner() -> Policy:
    return policy(OWNER, providers="providers: {openai: {quotaSource: api}}")


@stores
def test_a_plan_moves_a_job_and_a_rollback_moves_it_back(tmp_path: Path, store: str) -> None:
    with applied(tmp_path / "host", store, mine()) as host:
        before = dict(host.job("j1"))
        plan = host.plan(owner(), to_ten(host))

        done = host.apply(plan)
        then = dict(host.job("j1"))
        undone = host.undo(done)

        assert ("change-schedule", False) == (plan.settings[0].action, plan.settings[0].safe)
        assert "may wait (policy.yaml:" in (plan.settings[0].because.rule or "")
        assert ("done", TEN) == (done.status, then["schedule"])
        assert "schedule 0 10 * * * Europe/Vienna" == done.slots[0].after
        assert ("done", SEVEN) == (undone.status, host.job("j1")["schedule"])
        assert before["payload"] == host.job("j1")["payload"]


def test_in_a_file_the_next_run_is_forgotten_with_the_old_schedule(tmp_path: Path) -> None:
    with applied(tmp_path / "host", "jobs.json", mine()) as host:
        host.apply(host.plan(owner(), to_ten(host)))

        assert {} == host.job("j1")["state"]


@stores
def test_a_schedule_that_somebody_changed_meanwhile_makes_the_plan_stale(tmp_path: Path, store: str) -> None:
    with applied(tmp_path / "host", store, mine()) as host:
        plan = host.plan(owner(), to_ten(host))
        changed = plan.model_copy(
            update={"changes": (plan.settings[0].model_copy(update={"before": TEN, "after": SEVEN}),)}
        )

        with pytest.raises(StalePlan, match="the host changed since this plan was made") as told:
            host.apply(changed)

        assert (
            "job/Digest: was 0 10 * * * Europe/Vienna, is now 0 7 * * * Europe/Vienna",
        ) == told.value.evidence


def test_a_safe_plan_moves_no_job(tmp_path: Path) -> None:
    with applied(tmp_path / "host", STORES[-1], mine()) as host:
        facts = host.facts()
        wanted = decide_in_order(owner(), facts, owners_catalog(owner()))
        all_moved = type(wanted)(tuple(map(decided(facts), wanted.decisions)), wanted.verdicts)

        kept = safe(all_moved, facts)

        assert [()] * len(kept.decisions) == [decision.settings for decision in kept.decisions]
