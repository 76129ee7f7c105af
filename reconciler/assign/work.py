"""How often each slot works, and what its runs take of a quota."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from reconciler.assign.candidate import Candidate
from reconciler.assign.cost import USUAL_LOAD, Load, load_of
from reconciler.assign.quotas import WEEK, Quota
from reconciler.assign.subject import Subject
from reconciler.canonical import canonical
from reconciler.facts.model import HEARTBEAT, Facts, JobFacts, JobUse, UsageFacts
from reconciler.forecast.heartbeats import with_heartbeats
from reconciler.forecast.schedule import Past, runs
from reconciler.forecast.scheduled import NO_KINDS, PerRun, means, per_run
from reconciler.openclaw.slot import Slot, SlotKind


_MICRO: Final = 1_000_000
_USUAL_REQUESTS: Final = 5
"""Requests of a run where none was counted; a judgement: a run that uses tools makes several."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a slot does: its *hours* are when it runs, from now; each run has a load and makes *requests*.

    What people ask an agent is spread evenly over the hours. *known* is false where nothing tells how often a slot
    works, so that only its order among others is decided by it. *later* says by how many hours it was moved.
    """

    key: str
    hours: tuple[float, ...] = ()
    load: Load = USUAL_LOAD
    requests: float = _USUAL_REQUESTS
    measured: bool = False
    known: bool = True
    later: float = 0.0

    def moved(self, hours: float) -> Work:
        """Return the same work so many hours later."""
        return replace(self, hours=tuple(at + hours for at in self.hours), later=self.later + hours)

    def within(self, begin: float, end: float) -> int:
        """Count the runs from *begin* until before *end*, in hours from now."""
        return bisect_left(self.hours, end) - bisect_left(self.hours, begin)

    @property
    def a_week(self) -> int:
        """Runs of the coming week; a slot of which nobody knows how often it works counts as once a day."""
        return self.within(0, WEEK) if self.known else WEEK // 24

    @property
    def size(self) -> int:
        """Thousands of tokens of the coming week, at least 1."""
        load = self.load
        tokens = load.input + load.cached + load.written + load.output
        return max(1, self.a_week * tokens // 1000)


class Works:
    """What the slots of one host do within so many *hours*; equal schedules are counted once.

    *kinds* are the kinds of the slots' tasks, by the key of their work.
    """

    def __init__(self, facts: Facts, hours: float = WEEK, kinds: Mapping[str, str] = NO_KINDS) -> None:
        self._now = facts.taken_at
        self._end = facts.taken_at + timedelta(hours=max(hours, WEEK))
        self._zone = facts.host.zone or "UTC"
        self._jobs = {job.id: job for job in with_heartbeats(facts.host, facts.history)}
        self._kinds = kinds
        self._times: dict[str, tuple[float, ...]] = {}
        self._common: dict[tuple[str, str], Mapping[str | None, float]] = {}
        self._learnt: dict[tuple[str, str], Mapping[str, JobUse]] = {}

    def of(self, subject: Subject, verbosity: Decimal) -> Work:
        """Return what a slot does; its usage was measured on a model of this *verbosity*."""
        usage = subject.usage
        load, measured = load_of(usage, verbosity), bool(usage and usage.tokens)
        requests = usage.requests / usage.runs if usage and usage.runs else float(_USUAL_REQUESTS)
        key = key_of(subject.slot)
        if job := self._jobs.get(key):
            hours = self._runs(job) if job.enabled else ()
            return Work(key, hours, load, requests, measured)
        if subject.slot.kind is SlotKind.AGENT and usage and usage.tokens:
            return self._evenly(key, usage)
        return Work(key, (), load, requests, measured, known=subject.slot.kind is SlotKind.DEFAULTS)

    def per_run(self, work: Work, candidate: Candidate, quota: Quota) -> PerRun:
        """Return what one run on this model takes of the quota, in the quota's unit: mean and deviation.

        What was counted at this provider comes first, then what the slot takes elsewhere, then what others take there,
        then what is usual.
        """
        known, common = self._known(work, quota)
        derived = _derived(work, candidate, quota.unit)
        if known is None and derived is not None:
            return PerRun(derived, 0.5 * derived)
        expected = common.get(self._kinds.get(work.key), common[None])
        if known is None and not expected:
            return PerRun(_tokens(work, candidate), _tokens(work, candidate))
        return per_run(known, expected)

    def share(self, work: Work, quota: Quota) -> float:
        """Return how many of a slot's runs landed at the quota's provider so far, 0 to 1; all where none is known."""
        known, _ = self._known(work, quota)
        return float(known.share) if known else 1.0

    def _known(self, work: Work, quota: Quota) -> tuple[JobUse | None, Mapping[str | None, float]]:
        """Return what was counted of a slot at the quota's provider, and what is common there by kind of task."""
        use = quota.standings[0].use
        assert use is not None
        where = (use.history.provider, use.history.unit)
        if where not in self._learnt:
            self._learnt[where] = {each.job: each for each in use.history.jobs}
            self._common[where] = means(use.history.jobs, self._kinds)
        return self._learnt[where].get(work.key), self._common[where]

    def _runs(self, job: JobFacts) -> tuple[float, ...]:
        """Return when a job runs; that the host spreads jobs over minutes by their ids is left out."""
        told = job.scheduler
        past = Past(told.last_run_at, told.next_run_at, told.errors) if told else None
        key = canonical({"schedule": job.schedule, "past": repr(past)})
        if key not in self._times:
            moments = runs(job.id, job.schedule, self._now, self._end, zone=self._zone, past=past)
            self._times[key] = tuple((at - self._now).total_seconds() / 3600 for at in moments)
        return self._times[key]

    def _evenly(self, key: str, usage: UsageFacts) -> Work:
        hours = int((self._end - self._now).total_seconds() // 3600)
        share = usage.days * 24
        each = (usage.input, usage.cache_read, usage.cache_write, usage.output)
        load = Load(*(tokens // share for tokens in each))
        times = tuple(hour + 0.5 for hour in range(hours))
        return Work(key, times, load, usage.requests / share, measured=True)


def key_of(slot: Slot) -> str:
    """Return the name under which histories know the work of a slot."""
    if slot.kind is SlotKind.HEARTBEAT and slot.agent_id:
        return f"{HEARTBEAT}{slot.agent_id}"
    return slot.job_id or slot.address


def _derived(work: Work, candidate: Candidate, unit: str) -> float | None:
    """Return what a run takes by its own load, None where that tells nothing."""
    if unit == "requests":
        return work.requests
    if unit == "usd":
        cost = candidate.cost(work.load)
        return None if cost is None else float(cost * _MICRO)
    if not work.measured:
        return None
    return _tokens(work, candidate)


def _tokens(work: Work, candidate: Candidate) -> float:
    load = work.load
    return load.input + load.cached + load.written + load.output * float(candidate.verbosity)
