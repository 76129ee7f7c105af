"""A host that lives through a month: who ran what, what it cost, which limits were met, and the facts of any moment."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from reconciler.catalog.model import Catalog
from reconciler.facts.model import Facts, History, HostFacts, HostModel, JobFacts, JobUse, UsageFacts
from reconciler.policy.model import Policy
from tests.bench.simulation.accounts import Account
from tests.bench.simulation.recorded import HOUR, Run


Choice = tuple[str, ...]
"""A model and what is tried after it, in order."""
_CALLS_PER_RUN = 14
"""Requests that a run makes: 3,482 messages of sessions against 250 runs, where both are recorded."""
_DAY = timedelta(days=1)
_PLACES = Decimal("0.0001")


@dataclass
class Books:
    """What came of the month. Money is millionths of a dollar at list prices; *billed* is that of paid tokens alone.

    *below* are runs on a model that is too weak for what people say the task is, *unjudged* on one of which nobody
    knows, *refused* found no quota. *exhausted_hours* are those at whose end a limit of any account was used up,
    *people_waited* those in which people found theirs so.
    """

    runs: int = 0
    refused: int = 0
    list_price: int = 0
    billed: int = 0
    below: int = 0
    unjudged: int = 0
    fell_back: int = 0
    moves: int = 0
    exhausted_hours: int = 0
    people_waited: int = 0
    by_model: Counter[str] = field(default_factory=Counter)
    spent: Counter[str] = field(default_factory=Counter)

    @property
    def good(self) -> int:
        return self.runs - self.refused - self.below - self.unjudged


@dataclass
class _Used:
    """What one job used at one provider, run by run."""

    tokens: list[int] = field(default_factory=list)
    micro_usd: list[int] = field(default_factory=list)


def price(catalog: Catalog, ref: str, into: int, output: int, *, runs: int = 1) -> int:
    """Return millionths of a dollar at list prices, the same tokens whichever model reads and writes them."""
    model = catalog.find(ref)
    assert model is not None, ref
    prices = model.prices_for(into // (runs * _CALLS_PER_RUN))
    return int(into * prices["input"] + output * prices["output"])


class World:
    """The host, its accounts and its books; it knows nothing of what is still to come."""

    def __init__(
        self,
        *,
        begin: datetime,
        jobs: Sequence[JobFacts],
        truth: Mapping[str, str],
        accounts: Iterable[Account],
        policy: Policy,
        catalog: Catalog,
        models: Sequence[str],
        people_on: str,
    ) -> None:
        self.begin = begin
        self.books = Books()
        self.jobs = {job.id: job for job in jobs}
        self._truth = truth
        self._accounts = {account.plan.provider: account for account in accounts}
        self._policy = policy
        self._catalog = catalog
        self._models = tuple(models)
        self._people_on = people_on
        self._people: dict[str, list[int]] = {"tokens": [], "usd": []}
        self._by_hour: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        self._used: dict[tuple[str, str], _Used] = defaultdict(_Used)
        self._usage: dict[str, UsageFacts] = {}
        self._recent: dict[str, list[datetime]] = defaultdict(list)

    def people_use(self, tokens: int, now: datetime) -> None:
        """Let people and agents work for an hour on the model that is theirs; they wait where its quota is gone."""
        account = self._accounts[self._people_on.partition("/")[0]]
        if account.full(now):
            self.books.people_waited += tokens > 0
            tokens = 0
        cost = price(self._catalog, self._people_on, tokens, 0)
        account.use(tokens, cost, now)
        self._people["tokens"].append(tokens)
        self._people["usd"].append(cost)

    def run(self, run: Run, choice: Choice) -> None:
        """Run a job on the first model of *choice* whose account has something left."""
        self.books.runs += 1
        self._recent[run.job].append(run.at)
        for number, ref in enumerate(choice):
            account = self._accounts[ref.partition("/")[0]]
            cost = price(self._catalog, ref, run.input, run.output)
            if not account.full(run.at) or (account.plan.billed and not cost):
                self._answered(run, ref, cost, fell_back=number > 0)
                account.use(run.tokens, cost, run.at)
                return
        self.books.refused += 1
        self._count(run, None)

    def _answered(self, run: Run, ref: str, cost: int, *, fell_back: bool) -> None:
        books, provider = self.books, ref.partition("/")[0]
        books.list_price += cost
        books.billed += cost if self._accounts[provider].plan.billed else 0
        books.spent[provider] += cost
        books.by_model[ref] += 1
        books.fell_back += fell_back
        kind = self._truth[run.job]
        model = self._catalog.find(ref)
        score = model.scores.get(kind) if model else None
        books.unjudged += score is None
        books.below += score is not None and score < getattr(self._policy.quality_thresholds, kind)
        hour = (run.at - self.begin) // HOUR
        used = self._used[provider, run.job]
        for unit, amount, kept in (("tokens", run.tokens, used.tokens), ("usd", cost, used.micro_usd)):
            self._by_hour[provider, unit][hour] += amount
            insort(kept, amount)
        self._count(run, ref)

    def _count(self, run: Run, ref: str | None) -> None:
        had = self._usage.get(run.job, UsageFacts(days=1))
        models = Counter(had.models)
        if ref:
            models[ref] += _CALLS_PER_RUN
        self._usage[run.job] = UsageFacts(
            days=min(30, (run.at - self.begin).days + 1),
            runs=had.runs + 1,
            failed=had.failed + (ref is None),
            requests=had.requests + _CALLS_PER_RUN,
            input=had.input + (run.input if ref else 0),
            output=had.output + (run.output if ref else 0),
            largest_request=max(had.largest_request, run.context if ref else 0),
            models=dict(models),
        )

    def end_hour(self, now: datetime) -> None:
        """Count the hour if an account ends it with a limit used up; a reset on the stroke belongs to the next."""
        last = now - timedelta(microseconds=1)
        self.books.exhausted_hours += any(account.full(last) for account in self._accounts.values())

    def facts(self, now: datetime) -> Facts:
        """Return what can be known at this moment: the past, the schedules, the accounts' readings."""
        jobs = tuple(
            job.model_copy(update={"usage": self._usage.get(name)}) for name, job in self.jobs.items()
        )
        return Facts(
            taken_at=now,
            host=self._host(jobs),
            readings=tuple(
                reading for account in self._accounts.values() for reading in account.readings(now)
            ),
            history=tuple(self._histories(now)) if now > self.begin else (),
        )

    def _host(self, jobs: tuple[JobFacts, ...]) -> HostFacts:
        defaults = {"model": self._people_on, "models": {ref: {} for ref in self._models}}
        return HostFacts(
            id="simulated",
            label="simulated",
            version="2026.9.6",
            layout="modern",
            jobs_from="gateway",
            gateway=True,
            zone="UTC",
            config={
                "meta": {"migrations": {"modelPolicyAllowlist": True}},
                "agents": {"defaults": defaults, "entries": {"main": {"default": True}}},
            },
            models=tuple(HostModel(ref=ref, available=True) for ref in self._models),
            jobs=jobs,
        )

    def _histories(self, now: datetime) -> Iterator[History]:
        hours = (now - self.begin) // HOUR
        units: tuple[Literal["tokens", "usd"], ...] = ("tokens", "usd")
        for provider in self._accounts:
            for unit in units:
                people = self._people[unit] if self._people_on.startswith(f"{provider}/") else [0] * hours
                of_jobs = self._by_hour[provider, unit]
                if any(people) or of_jobs:
                    yield History(
                        provider=provider,
                        unit=unit,
                        begin=self.begin,
                        hours=tuple(people),
                        job_hours=tuple(of_jobs[hour] for hour in range(hours)),
                        jobs=tuple(self._uses(provider, unit, now)),
                    )

    def _uses(self, provider: str, unit: Literal["tokens", "usd"], now: datetime) -> Iterator[JobUse]:
        for (at, job), used in sorted(self._used.items()):
            if at != provider:
                continue
            amounts = used.tokens if unit == "tokens" else used.micro_usd
            runs = self._recent[job]
            last_day = len(runs) - bisect_right(runs, now - _DAY)
            yield JobUse(
                job=job,
                runs=len(amounts),
                mean=sum(amounts) // len(amounts),
                p90=amounts[min(len(amounts) - 1, len(amounts) * 9 // 10)],
                last_day=last_day if len(runs) > last_day else None,
                share=(Decimal(len(amounts)) / len(runs)).quantize(_PLACES),
            )
