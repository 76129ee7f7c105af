"""Jobs that wait for a reset instead of failing until then. Pure.

The host's scheduler notes each job's next run beside its definition. To defer a job is to set that note to its first
regular run after the reset: the job stays enabled and as it was defined, and the host itself wakes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reconciler.assign.admission import Admission
from reconciler.assign.candidate import Pool
from reconciler.assign.need import Need, exhausted, over, shortcoming
from reconciler.assign.rank import preference, rank
from reconciler.assign.ruling import Ruling
from reconciler.assign.wanted import Decision, Remark, Setting
from reconciler.catalog.model import Catalog
from reconciler.facts.model import Facts, JobFacts
from reconciler.forecast.schedule import Past, runs
from reconciler.policy.model import Policy


_FAR: Final = timedelta(days=400)
_BACKOFF: Final = timedelta(hours=1)
"""The longest that the host itself puts a failing job off."""
_MS: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Exhaustion:
    """Whether nothing that would do has quota left, and until when; *until* is None where no reset is known."""

    until: datetime | None


class Deferrals:
    """Says of each job whether it is to wait, or to be woken because there is quota again."""

    def __init__(self, policy: Policy, facts: Facts, catalog: Catalog) -> None:
        self._policy, self._facts = policy, facts
        self._pool = Pool(policy, facts, catalog)
        self._admission = Admission(facts.host)
        self._blocked = exhausted(facts.readings, policy)
        self._jobs = {job.id: job for job in facts.host.jobs}

    def of(self, decision: Decision) -> Iterator[Setting | Remark]:
        ruling, job = decision.ruling, self._jobs.get(decision.subject.slot.job_id or "")
        if ruling is None or ruling.when_exhausted != "defer" or job is None or decision.outcome == "leave":
            return
        found = self._exhaustion(decision, ruling)
        if found is None:
            yield from self._woken(job, ruling)
        elif found.until is None:
            yield Remark("warning", "nothing that would do has quota left, and nobody tells when it has")
        elif problem := _unable(job, gateway=self._facts.host.gateway):
            yield Remark(
                "warning", f"nothing that would do has quota left, and it cannot be deferred: {problem}"
            )
        else:
            yield from self._deferred(job, ruling, found.until)

    def _exhaustion(self, decision: Decision, ruling: Ruling) -> Exhaustion | None:
        """Return None where some model that would do has quota, or where none would do with all the quota."""
        providers = {ref.partition("/")[0] for ref in self._would_do(decision, ruling)}
        if not providers or not providers <= self._blocked.keys():
            return None
        free = [at for name in providers if (at := self._free_at(name)) is not None]
        return Exhaustion(min(free, default=None))

    def _would_do(self, decision: Decision, ruling: Ruling) -> Iterator[str]:
        slot = decision.subject.slot
        if ruling.pin:
            yield ruling.pin.text
            yield from (str(ref) for ref in (slot.effective.fallbacks if slot.effective else ()))
        elif decision.outcome == "stuck" and decision.need:
            ranking = rank(
                self._pool.candidates(decision.need.thinking),
                decision.need,
                ruling,
                self._policy,
                out_of_quota={},
                allowed=self._admission.allow_list(slot.agent_id),
            )
            yield from (candidate.ref for candidate in ranking.good)
            yield from self._own(decision, decision.need, ruling)

    def _own(self, decision: Decision, need: Need, ruling: Ruling) -> Iterator[str]:
        """Yield the model that the slot has, which the host may not list, where it lacks nothing but quota."""
        slot = decision.subject.slot
        if slot.effective is None:
            return
        current = self._pool.describe(str(slot.effective.primary), need.thinking)
        against = (
            ruling.objection(current.ref)
            or self._admission.refusal(current.ref, slot.agent_id)
            or shortcoming(current, need, preference=preference(self._policy, ruling), settled=True)
        )
        if not against:
            yield current.ref

    def _free_at(self, provider: str) -> datetime | None:
        """Return when the first account of the provider has quota again, by the windows that are used up."""
        by_account: dict[str, list[datetime | None]] = {}
        for reading in self._facts.readings:
            if reading.provider == provider and over(reading, self._policy.critical_threshold):
                by_account.setdefault(reading.account, []).append(reading.resets_at)
        known = [[end for end in ends if end is not None] for ends in by_account.values() if None not in ends]
        return min(map(max, known), default=None)

    def _deferred(self, job: JobFacts, ruling: Ruling, until: datetime) -> Iterator[Setting]:
        told, slot = _told(job), self._first_run(job, until - _MS)
        if slot is None or (told is not None and told >= until):
            return
        reason = f"nothing that would do has quota left before {until:%Y-%m-%d %H:%M} UTC"
        yield Setting("defer", _text(told), _text(slot), reason, ruling.when_exhausted_by)

    def _woken(self, job: JobFacts, ruling: Ruling) -> Iterator[Setting]:
        """Bring a next run back that was put off further than the host itself would."""
        told, slot = _told(job), self._first_run(job, self._facts.taken_at)
        if told is None or slot is None or told <= slot + _BACKOFF or not self._regular(job, told):
            return
        yield Setting("wake", _text(told), _text(slot), "there is quota again", ruling.when_exhausted_by)

    def _regular(self, job: JobFacts, at: datetime) -> bool:
        """Tell whether the schedule has a run then; a run at another time is not our doing."""
        return self._first_run(job, at - _MS) == at

    def _first_run(self, job: JobFacts, after: datetime) -> datetime | None:
        return first_run(job, after, zone=self._facts.host.zone or "UTC")


def first_run(job: JobFacts, after: datetime, *, zone: str) -> datetime | None:
    """Return the first regular run of a job after that time, whatever its next run was set to."""
    told = _told(job)
    every = job.schedule.get("everyMs")
    past = None
    if told is not None and isinstance(every, int) and every > 0:  # an interval goes on from the run before
        steps = max(0, (told - after) // (every * _MS))
        past = Past(next_run=told - steps * every * _MS)
    return next(runs(job.id, job.schedule, after, after + _FAR, zone=zone, past=past), None)


def _unable(job: JobFacts, *, gateway: bool) -> str | None:
    if not gateway:
        return "no gateway answers"
    if job.schedule.get("kind") not in {"cron", "every"}:
        return "its schedule does not repeat"
    return None


def _told(job: JobFacts) -> datetime | None:
    return job.scheduler.next_run_at if job.scheduler else None


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
