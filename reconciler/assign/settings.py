"""What the rules say of slots beside their choice of models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from reconciler.assign.deferral import Deferrals
from reconciler.assign.shift import offsets, shifted
from reconciler.assign.split import Splits
from reconciler.assign.wanted import Decision, Remark, Setting, Wanted
from reconciler.catalog.model import Catalog
from reconciler.facts.model import Facts, HostFacts, JobFacts
from reconciler.jsontypes import Json
from reconciler.openclaw.pointer import get
from reconciler.openclaw.slot import Document, Slot, thinking_pointer
from reconciler.openclaw.version import Capabilities, capabilities, parse_version
from reconciler.policy.model import Policy


def with_settings(policy: Policy, facts: Facts, wanted: Wanted, catalog: Catalog) -> Wanted:
    """Return *wanted* with what each slot is to have beside its models, and what of it this host cannot do."""
    caps = capabilities(parse_version(facts.host.version or ""))
    defers = any(rule.when_exhausted == "defer" for rule in policy.rules)
    splits = any(rule.split == "propose" for rule in policy.rules)
    run = _Run(
        facts.host,
        caps,
        Deferrals(policy, facts, catalog) if defers else None,
        Splits(policy, facts, catalog) if splits else None,
    )
    return replace(wanted, decisions=tuple(run.settled(decision) for decision in wanted.decisions))


def moves(
    job: JobFacts, flexible: timedelta, caps: Capabilities, *, zone: str
) -> Iterator[tuple[timedelta, dict[str, Json]]]:
    """Yield the ways to move a job in time within *flexible*, the smallest first, each with its new schedule.

    An interval can be moved only where the version begins it at an anchor that lies ahead.
    """
    next_run = job.scheduler.next_run_at if job.scheduler else None
    if job.schedule.get("kind") == "every" and not (caps.future_anchor_counts and next_run):
        return
    for by in offsets(flexible):
        later = job.schedule.get("kind") == "cron" or by > timedelta(
            0
        )  # the others may not begin in the past
        if later and (found := shifted(job.schedule, by, zone=zone, next_run=next_run)) is not None:
            yield by, found


def moved(decision: Decision, job: JobFacts, schedule: dict[str, Json], reason: str) -> Decision:
    """Return the decision with the job's other schedule."""
    rule = decision.ruling.flexible_by if decision.ruling else None
    setting = Setting("schedule", job.schedule, schedule, reason, rule)
    return replace(decision, settings=(*decision.settings, setting))


@dataclass(frozen=True, slots=True)
class _Run:
    host: HostFacts
    caps: Capabilities
    deferrals: Deferrals | None
    splits: Splits | None

    def settled(self, decision: Decision) -> Decision:
        found = (
            *self._thinking(decision),
            *(self.deferrals.of(decision) if self.deferrals else ()),
            *(self.splits.of(decision) if self.splits else ()),
        )
        if not found:
            return decision
        return replace(
            decision,
            settings=(*decision.settings, *(each for each in found if isinstance(each, Setting))),
            remarks=(*decision.remarks, *(each for each in found if isinstance(each, Remark))),
        )

    def _thinking(self, decision: Decision) -> Iterator[Setting | Remark]:
        ruling, slot = decision.ruling, decision.subject.slot
        if ruling is None or ruling.thinking is None or thinking_pointer(slot) is None:
            return
        if ruling.thinking not in self.caps.thinking_levels:
            version = self.host.version or "of unknown version"
            yield Remark("warning", f"OpenClaw {version} has no thinking level {ruling.thinking}")
            return
        live = live_thinking(self.host, slot)
        if live != ruling.thinking:
            reason = "the policy asks for this thinking level"
            yield Setting("thinking", live, ruling.thinking, reason, ruling.thinking_by)


def live_thinking(host: HostFacts, slot: Slot) -> str | None:
    """Return the level that is written in the slot itself, None where none is."""
    pointer = thinking_pointer(slot)
    if slot.place is None or pointer is None:
        return None
    if slot.place.document is Document.JOBS:
        return next((job.thinking for job in host.jobs if job.id == slot.job_id), None)
    try:
        found = get(host.config, pointer)
    except KeyError:
        return None
    return found if isinstance(found, str) else None
