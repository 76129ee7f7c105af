"""Many slots, shared quotas: everyone cannot have the cheapest."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from reconciler.assign.wanted import Decision, Wanted
from reconciler.facts.model import History, JobFacts, JobUse, Reading, UsageFacts
from reconciler.plan.make import owners_catalog
from reconciler.plan.order import decide_in_order
from tests.worlds import (
    DEEPSEEK,
    FLASH,
    GPT,
    NOW,
    PROVIDERS,
    SIMPLE,
    config,
    facts,
    job,
    policy,
)


HOURLY = {"kind": "every", "everyMs": 3_600_000, "anchorMs": 0}
RUNS_UNTIL_RESET = 48
A_RUN = 10_000


def hourly(
    name: str, *, prompt: str = SIMPLE, model: str = GPT, tokens: int = A_RUN, **changes: Any
) -> JobFacts:
    """Make a job that runs each hour and whose runs were counted."""
    used = UsageFacts(days=10, runs=240, requests=240, input=240 * tokens)
    return job(name, prompt, model=model, fallbacks=(), schedule=HOURLY, usage=used, **changes)


def window(
    provider: str,
    used: str,
    limit: int,
    *,
    window: str = "weekly",
    hours: float = RUNS_UNTIL_RESET,
    account: str = "default",
) -> Reading:
    return Reading(
        provider=provider,
        account=account,
        window=window,
        used_fraction=Decimal(used),
        limit=Decimal(limit),
        unit="tokens",
        resets_at=NOW + timedelta(hours=hours),
        taken_at=NOW,
        source="test",
    )


def counted(provider: str, *jobs: JobFacts, tokens: int = A_RUN) -> History:
    """Say that nobody but these jobs used the provider."""
    uses = tuple(JobUse(job=each.id, runs=240, mean=tokens, p90=tokens) for each in jobs)
    return History(provider=provider, unit="tokens", begin=NOW - timedelta(hours=240), jobs=uses)


def settled(
    *jobs: JobFacts,
    readings: tuple[Reading, ...],
    history: tuple[History, ...],
    spec: str = "",
    providers: str = PROVIDERS,
) -> Wanted:
    known = facts(*jobs, config=config(GPT), readings=readings).model_copy(update={"history": history})
    owner = policy(f"localModelPreference: never\nfallbacks: {{count: 0}}\n{spec}", providers=providers)
    return decide_in_order(owner, known, owners_catalog(owner))


def jobs_of(wanted: Wanted) -> dict[str, Decision]:
    return {d.subject.title: d for d in wanted.decisions if d.subject.slot.job_id}


def models(wanted: Wanted) -> dict[str, str]:
    return {
        name: decision.choice[0] if decision.choice else str(decision.subject.slot.effective.primary)  # type: ignore[union-attr]
        for name, decision in jobs_of(wanted).items()
    }


def test_a_free_quota_that_cannot_hold_all_goes_to_as_many_as_fit() -> None:
    one, two, three = (hourly(name) for name in "ABC")
    limit = int(2.6 * RUNS_UNTIL_RESET * A_RUN)

    wanted = settled(one, two, three, readings=(window("google", "0", limit),), history=(counted("google"),))

    assert [FLASH, FLASH, DEEPSEEK] == sorted(models(wanted).values())
    (left,) = [d for d in jobs_of(wanted).values() if d.choice and d.choice[0] == DEEPSEEK]
    assert "google" in left.reason
