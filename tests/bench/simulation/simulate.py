"""Thirty days, hour by hour, of one installation under one way of choosing models."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cache
from typing import Literal

from reconciler.assign.decide import Assignment
from reconciler.assign.subject import subjects
from reconciler.assign.wanted import Wanted
from reconciler.catalog.model import Catalog
from reconciler.facts.model import Facts, JobFacts
from reconciler.plan.make import owners_catalog
from reconciler.plan.order import decide_in_order
from reconciler.policy.load import load_text
from reconciler.policy.model import Policy
from tests.bench.simulation.accounts import MONTH, SESSION, WEEK, Account, Limit, Plan
from tests.bench.simulation.recorded import HOUR, HOURS, Installation, Run, people, with_tasks
from tests.bench.simulation.world import Books, World


Planner = Callable[[Policy, Facts, Catalog], Wanted]
EVERY = 24
"""Hours between two reconciles."""
_SESSION_PART = Fraction(6_000, 45_000)
_MONTH_PART = Fraction(90_000, 45_000)
"""What Alibaba's Coding Plan Pro allows in five hours and in a month, against a week: published, in requests."""
_COMMON = """
  mode: auto
  safety: {maxChanges: 1000, maxChangedShare: 1}
  rules:
    - name: the models of people and agents are theirs
      match: {slot: "agent/*"}
      protect: true
    - name: so is the default
      match: {slot: "defaults*"}
      protect: true
"""
_A = """
  providers:
    bailian: {quotaSource: self-tracked, tier: budget}
    openrouter: {quotaSource: api, quotaType: budget, tier: standard, budget: {monthlyLimit: BUDGET}}
  models:
    bailian/qwen3.5-plus:
      scores: {coding: 0.73, reasoning: 0.67, creative: 0.68, simple: 0.88}
      prices: {input: 0.26, output: 1.56}
    "openrouter/stepfun/step-3.5-flash:free": {prices: {input: 0, output: 0}, scores: {simple: 0.5}}
"""
_D = """
  providers:
    google-antigravity: {quotaSource: api, tier: standard}
"""


def slot_by_slot(policy: Policy, facts: Facts, catalog: Catalog) -> Wanted:
    """Decide each slot for itself: the first model that would do, whatever the others use."""
    run = Assignment(policy, facts, catalog)
    return run.wanted(tuple(run.decide(subject) for subject in subjects(facts.host)))


@dataclass(frozen=True)
class Setup:
    """What an installation has: its policy, its accounts, its models, and that of its people.

    *unit* is what the subscription's windows count, *monthly* whether a month is one of them; *paid* is the
    provider whose tokens are billed, *fallbacks* are what its jobs could have been given.
    """

    spec: str
    subscription: str
    unit: Literal["tokens", "usd"]
    models: tuple[str, ...]
    people_on: str
    monthly: bool = False
    paid: str | None = None
    fallbacks: tuple[str, ...] = ()


SETUPS: Mapping[str, Setup] = {
    "A": Setup(
        spec=_A,
        subscription="bailian",
        unit="tokens",
        models=(
            "bailian/qwen3.5-plus",
            "bailian/qwen3-max-2026-01-23",
            "bailian/kimi-k2.5",
            "bailian/glm-5",
            "openrouter/xiaomi/mimo-v2-pro",
            "openrouter/stepfun/step-3.5-flash:free",
        ),
        people_on="bailian/qwen3.5-plus",
        monthly=True,
        paid="openrouter",
        fallbacks=("bailian/qwen3.5-plus", "openrouter/xiaomi/mimo-v2-pro"),
    ),
    "D": Setup(
        spec=_D,
        subscription="google-antigravity",
        unit="usd",
        models=("google-antigravity/gemini-3-flash", "google-antigravity/gemini-3-pro-high"),
        people_on="google-antigravity/gemini-3-flash",
    ),
}


_ENDLESS = 10**15
_DOLLAR = 10**6


@dataclass(frozen=True)
class Size:
    """The subscription's week in its unit, and the month's budget in millionths of a dollar."""

    week: int
    budget: int

    def part(self, share: Fraction) -> Size:
        return Size(int(self.week * share), int(self.budget * share))


@dataclass(frozen=True)
class Month:
    """One installation with its drawn tasks and people."""

    installation: Installation
    jobs: tuple[JobFacts, ...]
    truth: Mapping[str, str]
    people: tuple[int, ...]
    runs: tuple[Run, ...]

    @property
    def setup(self) -> Setup:
        return SETUPS[self.installation.name]


def month_of(installation: Installation, seed: int, *, hours: int = HOURS) -> Month:
    jobs, truth = with_tasks(installation, seed)
    first: dict[str, str] = {}
    for run in installation.runs:
        first.setdefault(run.job, run.model)
    end = installation.begin + hours * HOUR
    return Month(
        installation,
        tuple(job.model_copy(update={"model": first[job.id]}) for job in jobs),
        truth,
        people(installation, seed)[:hours],
        tuple(run for run in installation.month() if run.at < end),
    )


def plans_of(setup: Setup, size: Size) -> Iterator[Plan]:
    """Yield the subscription and, where there is one, the paid account."""
    month: Limit = ("monthly", MONTH, int(size.week * _MONTH_PART))
    windows: tuple[Limit, ...] = (
        ("session", SESSION, int(size.week * _SESSION_PART)),
        ("weekly", WEEK, size.week),
    )
    yield Plan(
        setup.subscription,
        setup.unit,
        (*windows, month) if setup.monthly else windows,
        shown=setup.unit == "tokens",
    )
    if setup.paid:
        yield Plan(setup.paid, "usd", (("monthly", MONTH, size.budget),), billed=True)


@cache
def policy_of(name: str, budget: int) -> Policy:
    spec = SETUPS[name].spec.replace("BUDGET", f"{budget / 10**6:.2f}")
    return load_text(f"apiVersion: tactician/v1\nkind: RoutingPolicy\nspec:{_COMMON}{spec}")


def world_of(month: Month, size: Size) -> World:
    policy, begin = policy_of(month.installation.name, size.budget), month.installation.begin
    return World(
        begin=begin,
        jobs=month.jobs,
        truth=month.truth,
        accounts=[Account(plan, begin) for plan in plans_of(month.setup, size)],
        policy=policy,
        catalog=owners_catalog(policy),
        models=month.setup.models,
        people_on=month.setup.people_on,
    )


def as_recorded(month: Month, size: Size, *, fallbacks: bool = False) -> Books:
    """Live through the month on the models that each run was recorded on."""
    world, before = world_of(month, size), dict[str, str]()
    more = month.setup.fallbacks if fallbacks else ()
    for hour in _hours(month):
        world.people_use(hour.people, hour.begin)
        for run in hour.runs:
            provider = run.model.partition("/")[0]
            world.run(run, (run.model, *(ref for ref in more if not ref.startswith(f"{provider}/"))))
            world.books.moves += before.get(run.job, run.model) != run.model
            before[run.job] = run.model
        world.end_hour(hour.begin + HOUR)
    return world.books


def reconciled(month: Month, size: Size, planner: Planner = decide_in_order, *, every: int = EVERY) -> Books:
    """Live through the month on the models that the policy chooses, every so many hours."""
    world, policy = world_of(month, size), policy_of(month.installation.name, size.budget)
    catalog = owners_catalog(policy)
    for number, hour in enumerate(_hours(month)):
        if number % every == 0:
            apply(planner(policy, world.facts(hour.begin), catalog), world)
        world.people_use(hour.people, hour.begin)
        for run in hour.runs:
            job = world.jobs[run.job]
            assert job.model is not None
            world.run(run, (job.model, *(job.fallbacks or ())))
        world.end_hour(hour.begin + HOUR)
    return world.books


def apply(wanted: Wanted, world: World) -> None:
    """Write what is wanted into the jobs, as auto mode would."""
    for decision in wanted.decisions:
        job_id = decision.subject.slot.job_id
        if decision.choice and job_id:
            model, fallbacks = decision.choice
            world.books.moves += model != world.jobs[job_id].model
            world.jobs[job_id] = world.jobs[job_id].model_copy(
                update={"model": model, "fallbacks": fallbacks}
            )


@dataclass(frozen=True)
class Hour:
    """An hour's work: tokens of people, and the runs."""

    begin: datetime
    people: int
    runs: tuple[Run, ...]


def _hours(month: Month) -> Iterator[Hour]:
    begin = month.installation.begin
    by_hour: dict[int, list[Run]] = defaultdict(list)
    for run in month.runs:
        by_hour[(run.at - begin) // HOUR].append(run)
    for number, tokens in enumerate(month.people):
        yield Hour(begin + number * HOUR, tokens, tuple(by_hour[number]))


def recorded_size(month: Month) -> Size:
    """Find the smallest limits at which what they did meets them as rarely as was recorded.

    The budget is what they spent.
    """
    free = as_recorded(month, Size(_ENDLESS, _ENDLESS))
    allowed = month.installation.limited * free.runs
    low, high = 0, sum(run.tokens for run in month.runs) * 20
    while high - low > high // 200:
        middle = (low + high) // 2
        met = as_recorded(month, Size(middle, _ENDLESS)).refused
        low, high = (low, middle) if met <= allowed else (middle, high)
    return Size(high, max(free.billed, _DOLLAR))
