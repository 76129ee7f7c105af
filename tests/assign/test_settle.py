"""Many slots, shared quotas: not everyone can have the cheapest."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from reconciler.assign.wanted import Decision, Wanted
from reconciler.catalog.model import Catalog
from reconciler.facts.model import History, JobFacts, JobUse, Reading, UsageFacts
from reconciler.plan.make import owners_catalog
from reconciler.plan.order import decide_in_order
from reconciler.policy.model import Policy
from tests.worlds import (
    DEEPSEEK,
    FLASH,
    GPT,
    NOW,
    PROVIDERS,
    REASONING,
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


@cache
def owners(spec: str, providers: str) -> tuple[Policy, Catalog]:
    owner = policy(f"localModelPreference: never\nfallbacks: {{count: 0}}\n{spec}", providers=providers)
    return owner, owners_catalog(owner)


def settled(
    *jobs: JobFacts,
    readings: tuple[Reading, ...],
    history: tuple[History, ...],
    spec: str = "",
    providers: str = PROVIDERS,
) -> Wanted:
    known = facts(*jobs, config=config(GPT), readings=readings).model_copy(update={"history": history})
    owner, catalog = owners(spec, providers)
    return decide_in_order(owner, known, catalog)


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


def test_the_quota_that_kept_a_slot_away_is_named_with_the_day() -> None:
    jobs = [hourly(name) for name in "AB"]
    limit = int(1.6 * RUNS_UNTIL_RESET * A_RUN)

    wanted = settled(*jobs, readings=(window("google", "0", limit),), history=(counted("google"),))

    (left,) = [d for d in jobs_of(wanted).values() if d.choice and d.choice[0] != FLASH]
    reason = "google/gemini-3.6-flash would use up the weekly window of google by Tuesday 21:00 UTC"
    assert f"budget tier instead of standard; {reason}" == left.reason
    (effect,) = wanted.effects
    assert (True, 0.0, (left.subject.slot.address,)) == (effect.binds, effect.short, effect.rivals)


def test_the_larger_job_gets_the_free_quota_that_holds_either() -> None:
    small, large = hourly("Small", tokens=1_000), hourly("Large", tokens=9_000)
    limit = int(1.3 * RUNS_UNTIL_RESET * 9_000 / 0.95)

    wanted = settled(small, large, readings=(window("google", "0.1", limit),), history=(counted("google"),))

    assert {"Small": DEEPSEEK, "Large": FLASH} == models(wanted)


def test_what_people_use_is_left_to_them() -> None:
    jobs = [hourly(name) for name in "AB"]
    limit = int(2.6 * RUNS_UNTIL_RESET * A_RUN)
    people = counted("google").model_copy(update={"hours": (A_RUN // 5,) * 240})

    wanted = settled(*jobs, readings=(window("google", "0", limit),), history=(people,))

    assert [FLASH, DEEPSEEK] == sorted(models(wanted).values())


def test_what_a_pinned_job_uses_is_not_given_away() -> None:
    pinned, free = hourly("Pinned", model=FLASH), hourly("Free")
    limit = int(1.6 * RUNS_UNTIL_RESET * A_RUN)
    rule = f"rules: [{{name: keep, match: {{job: Pinned}}, pin: {FLASH}}}]"

    wanted = settled(
        pinned,
        free,
        readings=(window("google", "0", limit),),
        history=(counted("google", pinned),),
        spec=rule,
    )

    assert {"Pinned": FLASH, "Free": DEEPSEEK} == models(wanted)


def test_a_limit_that_nobody_knows_keeps_nothing_away() -> None:
    jobs = [hourly(name) for name in "ABC"]
    unknown = window("google", "0", 1).model_copy(update={"limit": None, "unit": None})

    wanted = settled(*jobs, readings=(unknown,), history=(counted("google"),))

    assert {FLASH} == set(models(wanted).values())
    assert () == wanted.effects


def test_two_logins_hold_twice_as_much() -> None:
    jobs = [hourly(name) for name in "AB"]
    limit = int(1.6 * RUNS_UNTIL_RESET * A_RUN)
    logins = tuple(window("google", "0", limit, account=name) for name in ("one", "two"))

    wanted = settled(*jobs, readings=logins, history=(counted("google"),))

    assert {FLASH} == set(models(wanted).values())


def test_a_login_that_tells_nothing_makes_the_limit_unknown() -> None:
    jobs = [hourly(name) for name in "AB"]
    told = window("google", "0", A_RUN, account="one")
    silent = told.model_copy(update={"account": "two", "used_fraction": None})

    wanted = settled(*jobs, readings=(told, silent), history=(counted("google"),))

    assert {FLASH} == set(models(wanted).values())


def test_a_budget_is_kept_in_dollars() -> None:
    small, large = hourly("Small"), hourly("Large", prompt=REASONING, tokens=500_000)
    budget = window("openrouter", "0.2", 10, hours=240, window="monthly").model_copy(update={"unit": "usd"})
    history = counted("openrouter").model_copy(update={"unit": "usd"})
    without_free = "\n".join(line for line in PROVIDERS.splitlines() if not line.startswith("  google"))

    wanted = settled(small, large, readings=(budget,), history=(history,), providers=without_free)

    assert {"Small": DEEPSEEK, "Large": GPT} == models(wanted)
    assert "would use up the monthly window of openrouter" in jobs_of(wanted)["Large"].reason


def test_sessions_of_five_hours_bind_over_the_whole_week() -> None:
    """The open session is as good as over; the ones to come hold one of the two jobs."""
    jobs = [hourly(name) for name in "AB"]
    session = window("google", "0.9", 8 * A_RUN, window="session", hours=0.5)

    wanted = settled(*jobs, readings=(session,), history=(counted("google"),))

    assert [FLASH, DEEPSEEK] == sorted(models(wanted).values())
    (left,) = [d for d in jobs_of(wanted).values() if d.choice and d.choice[0] == DEEPSEEK]
    assert "a session window of google in the coming week" in left.reason


ONE_PROVIDER = f"""
providers:
  openai: {{quotaSource: api, tier: standard, priority: 80}}
models:
  {GPT}: {{scores: {{coding: 0.91, reasoning: 0.93, creative: 0.89, simple: 0.81}}}}
"""


def test_what_cannot_fit_is_an_answer_that_names_the_quota_and_who_competes() -> None:
    jobs = [hourly(name, prompt=REASONING) for name in "AB"]
    limit = int(1.6 * RUNS_UNTIL_RESET * A_RUN)

    wanted = settled(
        *jobs,
        readings=(window("openai", "0", limit),),
        history=(counted("openai", *jobs),),
        providers=ONE_PROVIDER,
    )

    (effect,) = wanted.effects
    assert effect.short == pytest.approx(0.3, abs=0.15)
    assert ("job/A", "job/B") == effect.rivals
    assert {"keep"} == {decision.outcome for decision in jobs_of(wanted).values()}
    assert any("more of the weekly window of openai" in way for way in wanted.ways_out)


def test_a_way_out_lowers_the_threshold_of_the_fewest() -> None:
    jobs = [hourly(name, prompt=REASONING) for name in "AB"]
    limit = int(1.6 * RUNS_UNTIL_RESET * A_RUN)
    weak = ONE_PROVIDER.replace("models:", "  mistral: {quotaSource: api, tier: budget}\nmodels:")
    weak += "  mistral/small: {scores: {reasoning: 0.7}}\n"
    known = facts(
        *jobs,
        config=config(GPT, models={GPT: {}, "mistral/small": {}}),
        readings=(window("openai", "0", limit),),
    )
    known = known.model_copy(update={"history": (counted("openai", *jobs),)})
    owner = policy("fallbacks: {count: 0}", providers=weak)

    wanted = decide_in_order(owner, known, owners_catalog(owner))

    assert wanted.ways_out[0].startswith("lower the quality threshold of job/")
    assert wanted.ways_out[0].endswith("by 0.05 (mistral/small)")


def test_those_that_stay_may_exceed_a_quota_a_little_and_nobody_joins_them() -> None:
    """Readings waver; what left for a few percent would be back tomorrow."""
    stays, joins = hourly("Stays", model=FLASH), hourly("Joins")
    limit = int(RUNS_UNTIL_RESET * A_RUN / 0.86)
    told = (window("google", "0", limit),)

    wanted = settled(stays, joins, readings=told, history=(counted("google", stays),))

    assert {"Stays": FLASH, "Joins": DEEPSEEK} == models(wanted)


def test_a_thousand_days_of_wavering_readings_move_nothing() -> None:
    placed = [hourly("A", model=FLASH), hourly("B", model=FLASH), hourly("C", model=DEEPSEEK)]
    limit = int(2.6 * RUNS_UNTIL_RESET * A_RUN)
    learnt = counted("google", *placed[:2])
    noise = random.Random(7)

    for _ in range(1000):
        used = str(round(0.1 + noise.uniform(-0.02, 0.02), 4))
        wavering = replace_mean(learnt, noise.uniform(0.98, 1.02))
        day = settled(*placed, readings=(window("google", used, limit),), history=(wavering,))

        assert {"A": FLASH, "B": FLASH, "C": DEEPSEEK} == models(day)


def replace_mean(history: History, factor: float) -> History:
    jobs = tuple(
        use.model_copy(update={"mean": int(use.mean * factor), "p90": int(use.p90 * factor)})
        for use in history.jobs
    )
    return history.model_copy(update={"jobs": jobs})


def daily(name: str, hour: int) -> JobFacts:
    schedule = {"kind": "cron", "expr": f"0 {hour} * * *", "tz": "UTC", "staggerMs": 0}
    return hourly(name).model_copy(update={"schedule": schedule})


def test_a_job_that_may_be_moved_evades_the_others_in_time() -> None:
    """A session of five hours holds one of the two; whenever it begins, five hours apart are two sessions."""
    both = daily("Fixed", 9), daily("Flexible", 9)
    session = window("google", "0", int(1.9 * A_RUN), window="session", hours=5)
    rule = "rules: [{name: whenever, match: {job: Flexible}, schedule: {flexible: 6h}}]"

    wanted = settled(*both, readings=(session,), history=(counted("google"),), spec=rule)

    assert {"Fixed": FLASH, "Flexible": FLASH} == models(wanted)
    (setting,) = jobs_of(wanted)["Flexible"].settings
    assert ("schedule", "0 14 * * *") == (setting.key, setting.value["expr"])  # type: ignore[call-overload, index]
    assert "at its time google/gemini-3.6-flash would use up the session window" in setting.reason
    assert () == jobs_of(wanted)["Fixed"].settings


def test_a_job_that_may_not_be_moved_gets_another_model_instead() -> None:
    both = daily("One", 9), daily("Other", 9)
    session = window("google", "0", int(1.9 * A_RUN), window="session", hours=5)

    wanted = settled(*both, readings=(session,), history=(counted("google"),))

    assert [FLASH, DEEPSEEK] == sorted(models(wanted).values())
