"""The most runs that any choice could have brought to a good enough model: a bound, by linear programming."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.plan.make import owners_catalog
from tests.bench.simulation.accounts import WEEK
from tests.bench.simulation.recorded import HOUR
from tests.bench.simulation.simulate import Month, Size, plans_of, policy_of
from tests.bench.simulation.world import price


@dataclass(slots=True)
class _Work:
    """What one job asks for in one week."""

    runs: int = 0
    input: int = 0
    output: int = 0


@dataclass(frozen=True, slots=True)
class _Option:
    """All runs of one job in one week on one model that is good enough."""

    job: str
    week: int
    ref: str
    runs: int
    tokens: int
    micro_usd: int


def most_good(month: Month, size: Size) -> float:
    """Return the highest share of runs on a good enough model, 0 to 1.

    Runs may be split at will, all is known beforehand, people are served first, and sessions have no limit.
    """
    from scipy.optimize import linprog

    options = list(_options(month, size))
    rows, limits = _each_once(options)
    for provider, unit, week, limit in _limits(month, size):
        rows.append([_use(each, unit) if _counts(each, provider, week) else 0 for each in options])
        limits.append(max(0, limit))
    found = linprog([-each.runs for each in options], A_ub=rows, b_ub=limits, bounds=(0, 1))
    return float(-found.fun / len(month.runs))


def _options(month: Month, size: Size) -> Iterator[_Option]:
    work: dict[tuple[str, int], _Work] = defaultdict(_Work)
    for run in month.runs:
        mine = work[run.job, (run.at - month.installation.begin) // WEEK]
        mine.runs += 1
        mine.input += run.input
        mine.output += run.output
    policy = policy_of(month.installation.name, size.budget)
    catalog = owners_catalog(policy)
    for (job, week), asked in sorted(work.items()):
        kind = month.truth[job]
        for ref in month.setup.models:
            model = catalog.find(ref)
            score = model.scores.get(kind) if model else None
            if score is not None and score >= getattr(policy.quality_thresholds, kind):
                cost = price(catalog, ref, asked.input, asked.output, runs=asked.runs)
                yield _Option(job, week, ref, asked.runs, asked.input + asked.output, cost)


def _each_once(options: list[_Option]) -> tuple[list[list[int]], list[int]]:
    parts = sorted({(each.job, each.week) for each in options})
    return [[int((each.job, each.week) == part) for each in options] for part in parts], [1] * len(parts)


def _limits(month: Month, size: Size) -> Iterator[tuple[str, str, int | None, int]]:
    """Yield provider, unit, week (None for the month) and what people leave of the limit."""
    policy = policy_of(month.installation.name, size.budget)
    catalog, people_on = owners_catalog(policy), month.setup.people_on
    by_week: dict[int, int] = defaultdict(int)
    for hour, tokens in enumerate(month.people):
        cost = price(catalog, people_on, tokens, 0)
        by_week[hour * HOUR // WEEK] += tokens if month.setup.unit == "tokens" else cost
    for plan in plans_of(month.setup, size):
        mine = by_week if people_on.startswith(f"{plan.provider}/") else {}
        for name, _, limit in plan.windows:
            if name == "weekly":
                yield from ((plan.provider, plan.unit, week, limit - mine[week]) for week in list(by_week))
            elif name == "monthly":
                yield plan.provider, plan.unit, None, limit - sum(mine.values())


def _counts(option: _Option, provider: str, week: int | None) -> bool:
    return option.ref.startswith(f"{provider}/") and week in {None, option.week}


def _use(option: _Option, unit: str) -> int:
    return option.tokens if unit == "tokens" else option.micro_usd
