"""Money and quota with the plan and without it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from reconciler.assign.candidate import Candidate, Pool
from reconciler.assign.wanted import Course, Effect, Wanted
from reconciler.assign.work import Work, Works
from reconciler.catalog.model import Catalog
from reconciler.facts.model import Facts
from reconciler.plan.model import CourseText, Outlook, QuotaOutlook, SpendOutlook
from reconciler.policy.model import Policy


_CENT, _PERCENT = Decimal("0.01"), Decimal("0.01")


@dataclass(slots=True)
class _Sum:
    """Runs and USD of one provider; *priced* is false once a price was unknown."""

    runs: int = 0
    usd: Decimal = Decimal(0)
    priced: bool = True

    def add(self, work: Work, model: Candidate) -> None:
        cost = Decimal(0) if model.local else model.cost(work.load)
        self.runs += work.a_week
        self.usd += (cost or Decimal(0)) * work.a_week
        self.priced = self.priced and cost is not None

    @property
    def told(self) -> Decimal | None:
        return self.usd.quantize(_CENT, ROUND_HALF_UP) if self.priced else None


def outlook(policy: Policy, facts: Facts, wanted: Wanted, catalog: Catalog) -> Outlook:
    """Return what the decisions mean for money and for the quotas of which enough is known."""
    return Outlook(
        spending=tuple(_spending(policy, facts, wanted, catalog)),
        quotas=tuple(map(_quota, wanted.effects)),
        ways_out=wanted.ways_out,
    )


def _spending(policy: Policy, facts: Facts, wanted: Wanted, catalog: Catalog) -> Iterator[SpendOutlook]:
    """Yield the providers whose slots are known to work, in the order of their names."""
    pool, works = Pool(policy, facts, catalog), Works(facts)
    before: dict[str, _Sum] = defaultdict(_Sum)
    after: dict[str, _Sum] = defaultdict(_Sum)
    for decision in wanted.decisions:
        subject, live = decision.subject, decision.subject.slot.effective
        if live is None or not subject.enabled:
            continue
        was = pool.describe(str(live.primary), subject.thinking)
        work = works.of(subject, was.verbosity)
        if not work.hours:
            continue
        will = pool.describe(decision.choice[0], subject.thinking) if decision.choice else was
        before[was.provider].add(work, was)
        after[will.provider].add(work, will)
    for name in sorted(before.keys() | after.keys()):
        yield SpendOutlook(
            provider=name,
            billed=billed(policy, name),
            runs_before=before[name].runs,
            runs_after=after[name].runs,
            usd_before=before[name].told,
            usd_after=after[name].told,
        )


def billed(policy: Policy, name: str) -> bool:
    """Tell whether what a provider does is paid by the token."""
    provider = policy.providers.get(name)
    return provider is not None and (
        provider.quota_type == "budget" or provider.tier == "budget" or provider.budget is not None
    )


def _quota(effect: Effect) -> QuotaOutlook:
    quota = effect.quota
    return QuotaOutlook(
        provider=quota.provider,
        window=quota.window,
        used=_share(quota.spans[0].used / quota.limit),
        resets_at=effect.resets_at,
        before=_course(effect.before),
        after=_course(effect.after),
        short=_share(effect.short) if effect.short else None,
        binds=effect.binds,
        rivals=effect.rivals,
    )


def _course(course: Course) -> CourseText:
    return CourseText(at_reset=_share(course.used), used_up=course.gone)


def _share(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_PERCENT, ROUND_HALF_UP)
