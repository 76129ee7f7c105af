"""The simulator keeps its books, and the policy in it knows nothing that has not happened yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from functools import cache

import pytest

from reconciler.assign.wanted import Wanted
from reconciler.catalog.model import Catalog
from reconciler.facts.model import Facts
from reconciler.plan.make import make_plan, owners_catalog
from reconciler.plan.order import decide_in_order
from reconciler.policy.model import Policy
from tests.bench.simulation.accounts import SESSION, WEEK, Account, Plan
from tests.bench.simulation.recorded import HOUR, HOURS, Run, beyond_jobs, installations, people
from tests.bench.simulation.simulate import (
    Month,
    Size,
    as_recorded,
    month_of,
    policy_of,
    reconciled,
    recorded_size,
    world_of,
)


DAYS = 2
A, D = installations()
TIGHT, ENDLESS = Size(10_000_000, 5_000_000), Size(10**15, 10**15)
QWEN, MIMO = "bailian/qwen3.5-plus", "openrouter/xiaomi/mimo-v2-pro"
FREE = "openrouter/stepfun/step-3.5-flash:free"


@cache
def month(name: str = "A", seed: int = 1, *, days: int = DAYS) -> Month:
    return month_of(A if name == "A" else D, seed, hours=24 * days)


def quiet(month: Month) -> Month:
    """Send the people away, so that every number is told by the runs."""
    return replace(month, people=(0,) * len(month.people))


def run(job: str = "A05", *, at: timedelta = timedelta(0), model: str = QWEN, tokens: int = 1000) -> Run:
    return Run(A.begin + at, job, model, tokens, 0, 0)


def of_runs(*runs: Run) -> Month:
    return replace(quiet(month()), runs=runs)


@pytest.mark.parametrize("name", ["A", "D"])
@pytest.mark.parametrize("size", [TIGHT, ENDLESS])
def test_every_run_and_every_dollar_is_in_the_books_once(name: str, size: Size) -> None:
    for books in (as_recorded(month(name), size), reconciled(month(name), size)):
        assert len(month(name).runs) == books.runs
        assert books.runs == books.good + books.below + books.unjudged + books.refused
        assert books.runs - books.refused == sum(books.by_model.values())
        assert books.list_price == sum(books.spent.values())
        assert books.billed == books.spent["openrouter"]


def test_money_is_tokens_times_the_price_of_the_model() -> None:
    books = as_recorded(of_runs(run(model=MIMO, tokens=3000), run(tokens=10_000), run(model=FREE)), ENDLESS)

    assert (3000 * 1, 10_000 * 26 // 100) == (books.spent["openrouter"], books.spent["bailian"])
    assert 3000 == books.billed


def test_a_run_that_finds_no_quota_is_refused_and_the_hours_until_the_reset_are_counted() -> None:
    spent = Size(week=1000, budget=10**6)
    late = run(at=WEEK + HOUR / 2, tokens=500)

    books = as_recorded(
        replace(of_runs(run(tokens=1000), run(at=6 * HOUR), late), people=(0,) * (24 * 8)),
        spent,
    )

    assert 1 == books.refused
    assert 24 * 7 + 5 == books.exhausted_hours, "the week of the first run, then the session of the last one"


def test_a_fallback_takes_over_where_the_first_account_has_nothing_left() -> None:
    runs = (run(tokens=1000), run(at=HOUR, tokens=500))

    books = as_recorded(of_runs(*runs), Size(week=1000, budget=10**6), fallbacks=True)

    assert (0, 1, 500) == (books.refused, books.fell_back, books.billed)


def test_what_costs_nothing_is_answered_when_the_budget_is_gone() -> None:
    runs = (run(model=MIMO, tokens=10**6), run(at=HOUR, model=FREE), run(at=HOUR, model=MIMO))

    books = as_recorded(of_runs(*runs), Size(week=10**9, budget=10**6))

    assert (1, {MIMO: 1, FREE: 1}) == (books.refused, books.by_model)


def test_people_wait_where_their_quota_is_gone_and_use_nothing_then() -> None:
    busy = replace(of_runs(), people=(1000, 1, 0, 1))

    assert 2 == as_recorded(busy, Size(week=1000, budget=10**6)).people_waited


def test_a_session_begins_with_its_first_use_and_a_week_by_the_clock() -> None:
    account = Account(Plan("p", "tokens", (("session", SESSION, 10), ("weekly", WEEK, 100))), A.begin)
    account.use(10, 0, A.begin + 2 * HOUR)

    assert account.full(A.begin + 6 * HOUR)
    assert not account.full(A.begin + 7 * HOUR)
    assert [None, A.begin + WEEK] == [each.resets_at for each in account.readings(A.begin + 7 * HOUR)]


def test_the_same_seed_gives_the_same_month_and_another_seed_another() -> None:
    assert reconciled(month(), TIGHT) == reconciled(month_of(A, 1, hours=24 * DAYS), TIGHT)
    assert reconciled(month(seed=2), TIGHT) != reconciled(month(), TIGHT)


class Noted:
    """A planner that notes what it was shown."""

    def __init__(self) -> None:
        self.shown: list[Facts] = []

    def __call__(self, policy: Policy, facts: Facts, catalog: Catalog) -> Wanted:
        self.shown.append(facts)
        return decide_in_order(policy, facts, catalog)


def shown(of: Month, size: Size = TIGHT) -> Sequence[Facts]:
    noted = Noted()
    reconciled(of, size, noted, every=6)
    return noted.shown


def test_the_policy_sees_nothing_of_what_is_still_to_come() -> None:
    told = month()
    now = A.begin + 24 * HOUR
    others = tuple(
        each if each.at < now else replace(each, at=each.at + HOUR, input=10 * each.input)
        for each in told.runs
    )
    calm = tuple(each if hour < 24 else 0 for hour, each in enumerate(told.people))

    seen, seen_otherwise = shown(told), shown(replace(told, runs=others, people=calm))

    assert seen[:5] == seen_otherwise[:5], "until a day has passed"
    assert seen[5:] != seen_otherwise[5:]


def test_what_the_policy_sees_adds_up_to_what_was_used() -> None:
    last = shown(month(), ENDLESS)[-1]
    used = {(each.provider, each.unit): sum(each.hours) + sum(each.job_hours) for each in last.history}

    for reading in last.readings:
        assert reading.unit is not None
        if reading.window != "session" and reading.used:
            scale = 10**6 if reading.unit == "usd" else 1
            assert used[reading.provider, reading.unit] == reading.used * scale


@pytest.mark.parametrize("name", ["A", "D"])
def test_the_plan_of_each_moment_changes_what_the_simulator_changes_and_trips_no_belt_but_that_of_quotas(
    name: str,
) -> None:
    size = TIGHT
    world, policy = world_of(month(name), size), policy_of(name, size.budget)
    facts = world.facts(world.begin)

    plan = make_plan(policy, facts)
    wanted = decide_in_order(policy, facts, owners_catalog(policy))

    chosen = {each.subject.slot.address: each.choice for each in wanted.decisions if each.choice}
    assert {each.address: (each.after.primary, each.after.fallbacks) for each in plan.slots} == chosen
    assert chosen
    assert all(address.startswith("job/") for address in chosen)
    assert {belt.name for belt in plan.belts if belt.tripped} <= {"over-quota"}, "which the simulator lifts"


def test_full_limits_are_met_as_rarely_as_was_recorded_and_smaller_ones_more_often() -> None:
    told = month(days=6)
    full = recorded_size(told)

    met = as_recorded(told, full).refused

    assert met <= A.limited * len(told.runs) < as_recorded(told, full.part(Fraction(9, 10))).refused


def test_the_month_repeats_the_recorded_days_and_people_use_what_sessions_held_beyond_jobs() -> None:
    runs = list(A.month())

    assert 30 // A.days * len(A.runs) == len(runs)
    assert runs == sorted(runs, key=lambda each: each.at)
    assert all(A.begin <= each.at < A.begin + HOURS * HOUR for each in runs)
    assert 0.22 == round(beyond_jobs(), 2)
    assert sum(people(A, 1)) == pytest.approx(beyond_jobs() * sum(each.tokens for each in runs), rel=1e-4)


def test_no_choice_beats_hindsight_and_without_limits_every_run_can_be_good() -> None:
    pytest.importorskip("scipy")
    from tests.bench.simulation.hindsight import most_good

    alone = quiet(month())
    tight = reconciled(alone, TIGHT)

    assert 1 == pytest.approx(most_good(alone, ENDLESS))
    assert tight.good / tight.runs <= most_good(alone, TIGHT) + 0.01, (
        "the last run before a limit may pass it"
    )
