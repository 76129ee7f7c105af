"""Policy and facts → why one slot has, or gets, the model that it does. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from reconciler.assign.candidate import Pool
from reconciler.assign.decide import Assignment, Judgement
from reconciler.assign.fallbacks import takes_fallbacks
from reconciler.assign.subject import Subject, subjects
from reconciler.assign.wanted import Decision
from reconciler.catalog.model import Catalog
from reconciler.explain.candidates import considered
from reconciler.explain.fallbacks import of_fallbacks
from reconciler.explain.find import find
from reconciler.explain.model import Choice, Considered, Explanation, Needs, Quota, Use, Work
from reconciler.explain.quota import Shared
from reconciler.explain.rules import matched, place
from reconciler.facts.model import Facts, PromptFacts, UsageFacts
from reconciler.forecast.of_facts import of_facts
from reconciler.openclaw.slot import Slot, SlotKind
from reconciler.plan.order import settle_in_order
from reconciler.policy.model import Policy


_TENTH = Decimal("0.1")


def explain(policy: Policy, facts: Facts, catalog: Catalog, named: str) -> Explanation:
    """Explain the slot of this address, name or beginning of one, by the plan of all slots.

    Raises:
        UsageError: the facts have no such slot, or several.
    """
    subject = find(subjects(facts.host), named)
    wanted, settlement = settle_in_order(policy, facts, catalog)
    addresses = [each.subject.slot.address for each in wanted.decisions]
    position = addresses.index(subject.slot.address)
    decision = wanted.decisions[position]
    shared = Shared(settlement.settled, position, facts.taken_at) if settlement.settled else None
    binding = shared.binding(wanted) if shared else None
    run = Assignment(policy, facts, catalog)
    judged = run.judged(subject)
    known = subject.task is not None or judged.ruling.spoken
    pool = Pool(policy, facts, catalog)
    candidates = (
        tuple(considered(decision, judged, wanted, pool, shared)) if _judgeable(subject, known=known) else ()
    )
    return Explanation(
        taken_at=facts.taken_at,
        address=subject.slot.address,
        title=subject.title,
        type=subject.slot.kind.value,
        outcome=decision.outcome,
        reason=decision.reason,
        rule=f"{decision.rule.name} ({place(decision.rule)})" if decision.rule else None,
        now=_now(subject.slot),
        then=_then(decision),
        fallbacks=of_fallbacks(decision),
        work=_work(judged, _prompt(facts, subject)) if known else None,
        needs=_needs(judged) if known else None,
        use=_use(subject.usage) if subject.usage else None,
        rules=tuple(matched(run.rules(subject, judged.ruling))),
        hold=next((hold.text for hold in facts.holds if hold.address == subject.slot.address), None),
        candidates=candidates,
        quota=tuple(_quota(policy, facts, candidates)),
        binding_window=binding.name if binding else None,
        worth=shared.worth(binding, policy) if shared and binding else None,
    )


def _judgeable(subject: Subject, *, known: bool) -> bool:
    """Tell whether candidates mean anything for the slot: its work is known, and a model can be written to it."""
    return known and subject.slot.place is not None


def _now(slot: Slot) -> Choice:
    if slot.effective is None:
        return Choice()
    return Choice(
        model=str(slot.effective.primary),
        fallbacks=tuple(map(str, slot.effective.fallbacks)),
        model_from=slot.source if slot.source != slot.address else None,
        fallbacks_from=slot.fallbacks_source if slot.fallbacks_source != slot.address else None,
    )


def _then(decision: Decision) -> Choice | None:
    if decision.choice is None:
        return None
    model, fallbacks = decision.choice
    slot = decision.subject.slot
    return Choice(model=model, fallbacks=fallbacks if takes_fallbacks(slot) else _now(slot).fallbacks)


def _prompt(facts: Facts, subject: Subject) -> PromptFacts | None:
    """Return what is kept of the slot's prompt: a job's own, or the checklist of a heartbeat."""
    slot = subject.slot
    if slot.kind is SlotKind.HEARTBEAT:
        return next((agent.checklist for agent in facts.host.agents if agent.id == slot.agent_id), None)
    return next((job.prompt for job in facts.host.jobs if job.id == slot.job_id), None)


def _work(judged: Judgement, prompt: PromptFacts | None) -> Work:
    task = judged.task
    return Work(
        task=task.kind,
        difficulty=task.difficulty,
        confidence=task.confidence,
        rivals=task.rivals,
        evidence=task.evidence,
        prompt=prompt,
    )


def _needs(judged: Judgement) -> Needs:
    need = judged.need
    return Needs(
        threshold=need.threshold,
        context=need.context,
        tools=need.tools,
        vision=need.vision,
        thinking=need.thinking,
    )


def _use(usage: UsageFacts) -> Use:
    worked = usage.runs - usage.failed
    return Use(
        days=usage.days,
        runs_a_day=(Decimal(usage.runs) / usage.days).quantize(_TENTH),
        tokens_a_run=usage.tokens // worked if worked > 0 and usage.tokens else None,
    )


def _quota(policy: Policy, facts: Facts, candidates: Iterable[Considered]) -> Iterator[Quota]:
    """Yield the windows of the models that would do and of the one in the slot, with what is foretold of them."""
    providers = {
        each.model.partition("/")[0] for each in candidates if each.current or each.verdict != "ruled-out"
    }
    for each in of_facts(policy, facts, only=providers).windows:
        yield Quota(
            window=each.name,
            used=each.used_fraction,
            resets_at=each.resets_at,
            at_reset=each.at_reset.median if each.at_reset else None,
            gone_at=each.used_up.median if each.used_up else None,
        )
