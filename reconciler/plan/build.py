from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from reconciler.assign.local import kind_of
from reconciler.assign.wanted import Decision, Wanted
from reconciler.catalog.model import Catalog
from reconciler.facts.model import Facts, LocalServer
from reconciler.forecast.of_facts import of_facts, warnings
from reconciler.openclaw.slot import Slot
from reconciler.openclaw.version import Capabilities, capabilities, parse_version
from reconciler.plan.belts import belts
from reconciler.plan.effects import is_safe, side_effects
from reconciler.plan.model import (
    Because,
    Before,
    Change,
    ChoiceText,
    Finding,
    Plan,
    PlanHost,
    Rejected,
    Summary,
)
from reconciler.plan.outlook import outlook
from reconciler.plan.patch import after_of
from reconciler.plan.patches import patches_for
from reconciler.plan.providers import additions
from reconciler.plan.settings import settings
from reconciler.plan.staying import staying
from reconciler.policy.model import Policy
from reconciler.text import printable


_BAD_STATES = {
    "down": "does not answer",
    "broken": "is broken",
    "loading": "is still loading",
    "needs-key": "wants a key",
}


def build(policy: Policy, facts: Facts, wanted: Wanted, catalog: Catalog) -> Plan:
    """Write down the difference between *wanted* and what is live, sealed with its digest.

    The same policy and facts give the same plan, byte for byte: its time is the facts' time.
    """
    host = facts.host
    caps = capabilities(parse_version(host.version or ""))
    changing = [decision for decision in wanted.decisions if decision.outcome == "change"]
    changes = tuple(_change(decision, caps, by_gateway=host.jobs_from == "gateway") for decision in changing)
    added = additions(policy, facts, changes)
    settled = [
        (decision.subject.slot, setting)
        for decision in wanted.decisions
        for setting in settings(decision, host, caps)
    ]
    used = {change.why_not for change in changes}
    choices = [
        (decision.subject.slot, change.after) for decision, change in zip(changing, changes, strict=True)
    ]
    patches = patches_for(host, choices, added, settled)
    plan = Plan(
        created_at=facts.taken_at,
        expires_at=facts.taken_at + timedelta(minutes=policy.safety.max_fact_age_minutes),
        host=PlanHost(id=host.id, label=host.label, version=host.version, layout=host.layout),
        mode=policy.mode,
        objective=policy.objective,
        policy_digest=policy.digest,
        policy_files=policy.files,
        facts_digest=facts.digest(),
        summary=_summary(wanted, len(changes) + len(added) + len(settled)),
        changes=(*added, *changes, *(setting for _, setting in settled)),
        verdicts={
            name: tuple(Rejected(model=ref, reason=reason) for ref, reason in rejected)
            for name, rejected in wanted.verdicts.items()
            if name in used
        },
        patches=patches,
        findings=(
            *_findings(policy, facts, wanted),
            *staying(policy, host, wanted.decisions, patches),
            *_of_quota(policy, facts),
            *_short(wanted),
        ),
        outlook=outlook(policy, facts, wanted, catalog),
        belts=belts(policy, facts, wanted, catalog, added),
    )
    return plan.sealed()


def _change(decision: Decision, caps: Capabilities, *, by_gateway: bool) -> Change:
    slot = decision.subject.slot
    assert slot.place is not None
    return Change(
        address=slot.address,
        action="add-fallback" if decision.only_fallbacks else "change-model",
        document=slot.place.document.value,
        title=printable(decision.subject.title),
        before=_before(slot, decision.subject.prompt),
        after=after_of(decision),
        safe=is_safe(slot, caps, by_gateway=by_gateway),
        side_effects=tuple(side_effects(slot, caps)),
        because=_because(decision),
        why_not=decision.verdicts,
    )


def _before(slot: Slot, prompt: str | None) -> Before:
    effective = slot.effective
    return Before(
        configured=slot.configured,
        effective=effective
        and ChoiceText(
            primary=str(effective.primary), fallbacks=tuple(str(ref) for ref in effective.fallbacks)
        ),
        inherited_from=slot.source if slot.source != slot.address else None,
        prompt=prompt,
    )


def _because(decision: Decision) -> Because:
    return Because(
        reason=decision.reason,
        rule=f"{decision.rule.name} ({decision.rule.at})" if decision.rule else None,
        task=decision.task.kind if decision.task else None,
        threshold=str(decision.need.threshold) if decision.need else None,
        difficulty=decision.task.difficulty if decision.task else None,
        confidence=str(decision.task.confidence)
        if decision.task and decision.task.confidence is not None
        else None,
        evidence=decision.task.evidence if decision.task else (),
    )


def _summary(wanted: Wanted, changes: int) -> Summary:
    outcomes = [decision.outcome for decision in wanted.decisions]
    return Summary(
        slots=len(outcomes),
        changes=changes,
        kept=outcomes.count("keep"),
        left_alone=outcomes.count("leave"),
        stuck=outcomes.count("stuck"),
    )


def _findings(policy: Policy, facts: Facts, wanted: Wanted) -> Iterator[Finding]:
    for problem in facts.problems:
        yield Finding(address="host", level="warning", text=problem)
    yield from _local_findings(policy, facts.servers)
    for hold in facts.holds:
        yield Finding(address=hold.address, level="info", text=hold.text)
    for decision in wanted.decisions:
        address = decision.subject.slot.address
        if decision.outcome == "stuck":
            yield Finding(address=address, level="warning", text=decision.reason)
        elif decision.outcome == "leave" and decision.need:
            yield Finding(address=address, level="info", text=decision.reason)
        for remark in decision.remarks:
            yield Finding(address=address, level=remark.level, text=remark.text)


def _local_findings(policy: Policy, servers: Iterable[LocalServer]) -> Iterator[Finding]:
    """Tell which of the policy's local servers cannot serve now, or are something else than it says."""
    for server in servers:
        for name in server.providers:
            local = policy.providers[name].local if name in policy.providers else None
            expected = kind_of(local) if local else None
            if problem := _BAD_STATES.get(server.state):
                text = f"the server at {server.url} {problem}"
            elif expected and expected != server.kind:
                text = f"the server at {server.url} is {server.kind}, and the policy says {expected}"
            else:
                continue
            yield Finding(address=f"provider/{name}", level="warning", text=text)


def _of_quota(policy: Policy, facts: Facts) -> Iterator[Finding]:
    """Warn of what is used, or foretold to be used, at the policy's thresholds."""
    for window, word in warnings(of_facts(policy, facts)):
        text = f"{window.window}: {word} ({window.level})"
        yield Finding(address=f"quota/{window.account_name}", level="warning", text=printable(text))


def _short(wanted: Wanted) -> Iterator[Finding]:
    """Tell of the quotas that cannot hold what must be done, and of what would help."""
    short = [effect for effect in wanted.effects if effect.short]
    for effect in short:
        names = ", ".join(effect.rivals)
        text = f"short by {effect.short:.0%} of its limit until the reset; {names} compete for it"
        yield Finding(address=f"quota/{effect.quota.name}", level="warning", text=printable(text))
    for way in wanted.ways_out if short else ():
        yield Finding(address="way out", level="info", text=printable(way))
