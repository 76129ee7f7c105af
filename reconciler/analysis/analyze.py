"""Facts and policy → what each slot does, what it costs, and what would do as well."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal

from reconciler.analysis.findings import Seen, duplicates, findings
from reconciler.analysis.model import Analysis, Judged, Option, SlotAnalysis, Used
from reconciler.assign.candidate import Candidate
from reconciler.assign.cost import Load, load_of
from reconciler.assign.decide import Assignment, Prospect
from reconciler.assign.subject import Subject, subjects
from reconciler.catalog.model import Catalog
from reconciler.facts.model import Facts, UsageFacts
from reconciler.openclaw.slot import SlotKind
from reconciler.policy.model import Policy


SHOWN = 3
"""How many cheaper models are named."""
_MONTH = 30  # days
_CENT, _TENTH, _SMALL = Decimal("0.01"), Decimal("0.1"), Decimal("0.000001")


def analyze(
    policy: Policy, facts: Facts, catalog: Catalog, *, kinds: Collection[SlotKind] = tuple(SlotKind)
) -> Analysis:
    """Analyse the slots of these kinds, the one that could save most first, then the one that uses most."""
    run = Assignment(policy, facts, catalog)
    found = [subject for subject in subjects(facts.host) if subject.slot.kind in kinds]
    twins = duplicates(found)
    slots = [_slot(subject, run, twins.get(subject.slot.address)) for subject in found]
    slots.sort(key=lambda slot: (-(slot.saves_usd_a_month or 0), -_tokens(slot), slot.address))
    return Analysis(
        taken_at=facts.taken_at,
        host=facts.host.label,
        slots=tuple(slots),
        saves_usd_a_month=sum((slot.saves_usd_a_month or Decimal(0) for slot in slots), Decimal(0)),
        problems=facts.problems,
    )


def _tokens(slot: SlotAnalysis) -> int:
    return slot.used.tokens_a_day if slot.used else 0


def _slot(subject: Subject, run: Assignment, twin: str | None) -> SlotAnalysis:
    prospect, usage = run.prospect(subject), subject.usage
    current = prospect.current
    load = load_of(usage, current.verbosity if current else Decimal(1))
    monthly = _runs_a_month(usage)
    cost = _usd(current, load)
    options = tuple(_options(prospect, load, cost, monthly)) if subject.enabled else ()
    return SlotAnalysis(
        address=subject.slot.address,
        title=subject.title,
        type=subject.slot.kind.value,
        enabled=subject.enabled,
        model=current.ref if current else None,
        tier=current.tier if current else None,
        judged=_judged(prospect),
        used=_used(usage, cost, monthly) if usage else None,
        options=options,
        saves_usd_a_month=_saved(options, cost, monthly),
        findings=tuple(findings(Seen(subject, prospect, twin))),
    )


def _runs_a_month(usage: UsageFacts | None) -> Decimal | None:
    """Return the runs that the tokens were used by; None where no tokens are known, which is not none used."""
    if usage is None or not usage.tokens:
        return None
    return Decimal((usage.runs - usage.failed) * _MONTH) / usage.days


def _judged(prospect: Prospect) -> Judged | None:
    task, need, current = prospect.task, prospect.need, prospect.current
    if task is None or need is None:
        return None
    score = current.scores.get(need.kind) if current else None
    return Judged(
        task=task.kind,
        difficulty=task.difficulty,
        confidence=task.confidence,
        evidence=task.evidence,
        threshold=need.threshold,
        context=need.context,
        score=score,
        above=score - need.threshold if score is not None else None,
        shortcoming=prospect.objection,
    )


def _used(usage: UsageFacts, cost: Decimal | None, monthly: Decimal | None) -> Used:
    return Used(
        days=usage.days,
        runs_a_day=(Decimal(usage.runs) / usage.days).quantize(_TENTH),
        tokens_a_day=usage.tokens // usage.days,
        failed_share=_share(usage.failed, usage.runs),
        unmetered_share=_share(usage.unmetered, usage.requests),
        usd_a_month=None if cost is None or monthly is None else (cost * monthly).quantize(_CENT),
        models=usage.models,
    )


def _share(part: int, whole: int) -> Decimal:
    return (Decimal(part) / whole if whole else Decimal(0)).quantize(_CENT)


def _usd(candidate: Candidate | None, load: Load) -> Decimal | None:
    """Return USD a run at list prices; an owner's own server asks for none."""
    if candidate is None:
        return None
    return Decimal(0) if candidate.local else candidate.cost(load)


def _options(
    prospect: Prospect, load: Load, cost: Decimal | None, monthly: Decimal | None
) -> Iterator[Option]:
    """Yield the cheapest models that would do; next to a model that does, only what is cheaper than it."""
    priced = [(_usd(candidate, load), candidate.ref) for candidate in prospect.good]
    unknown = Decimal("Infinity")
    does = prospect.objection is None and prospect.current is not None
    limit = cost if does and cost is not None else unknown
    known = sorted((price, ref) for price, ref in priced if price is not None and price < limit)
    for price, ref in known[:SHOWN]:
        month = None if monthly is None else (price * monthly).quantize(_CENT)
        yield Option(model=ref, usd_a_run=price.quantize(_SMALL), usd_a_month=month)


def _saved(options: tuple[Option, ...], cost: Decimal | None, monthly: Decimal | None) -> Decimal | None:
    if not options or cost is None or monthly is None or options[0].usd_a_month is None:
        return None
    return max((cost * monthly).quantize(_CENT) - options[0].usd_a_month, Decimal(0))
