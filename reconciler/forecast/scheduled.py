"""What the runs that will really happen use: known times, learnt amounts. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Final

from reconciler.facts.model import History, JobFacts, JobUse
from reconciler.forecast.schedule import Past, runs


_DRAW: Final = 3
"""Runs that the mean of all jobs counts for, until a job has runs of its own."""
_TO_P90: Final = 1.2816  # standard deviations of a normal distribution


@dataclass(frozen=True, slots=True)
class PerRun:
    """What one run uses: mean and standard deviation, in the unit of the history."""

    mean: float
    spread: float


@dataclass(frozen=True, slots=True)
class JobRuns:
    """The coming runs of one job at one provider, as hours from now; each happens there with chance *share*."""

    job: str
    name: str
    hours: tuple[float, ...]
    per_run: PerRun
    share: float

    def within(self, hours: float) -> float:
        """Return the mean use within so many hours."""
        return bisect_right(self.hours, hours) * self.share * self.per_run.mean


class Scheduled:
    """The coming runs of all jobs at one provider; calling it tells mean and deviation of their use."""

    def __init__(self, jobs: Sequence[JobRuns]) -> None:
        self.jobs = tuple(jobs)
        each = sorted((at, job.share * job.per_run.mean, _variance(job)) for job in jobs for at in job.hours)
        self._at = [at for at, _, _ in each]
        self._mean = list(accumulate((mean for _, mean, _ in each), initial=0.0))
        self._variance = list(accumulate((variance for _, _, variance in each), initial=0.0))

    def __call__(self, hours: float) -> tuple[float, float]:
        """Return mean and standard deviation of what is used within so many *hours*."""
        done = bisect_right(self._at, hours)
        mean = self._mean[done]
        return mean, (self._variance[done] + (0.1 * mean) ** 2) ** 0.5

    def without(self, job: str) -> Scheduled:
        """Return the same without one job."""
        return Scheduled([each for each in self.jobs if each.job != job])


def scheduled(
    history: History,
    jobs: Sequence[JobFacts],
    now: datetime,
    hours: float,
    *,
    zone: str = "UTC",
    part: float = 1,
) -> Scheduled:
    """Return what the enabled jobs will use at the history's provider within *hours* from *now*.

    A job that ran lands where it landed before; one that never did goes to the provider of its model, and is taken
    to use what the others do. *part* is the share of the provider's use that one account bears.
    """
    learnt = {use.job: use for use in history.jobs}
    found = []
    for job in jobs:
        share = _share(job, learnt, history.provider) * part
        if not job.enabled or share <= 0:
            continue
        share *= _kept(job, learnt.get(job.id), now, zone)
        end = now + timedelta(hours=hours)
        ahead = runs(job.id, job.schedule, now, end, zone=zone, past=_past(job))
        at = tuple((moment - now).total_seconds() / 3600 for moment in ahead)
        found.append(JobRuns(job.id, job.name, at, per_run(learnt.get(job.id), learnt), share))
    return Scheduled(found)


def per_run(use: JobUse | None, others: Mapping[str, JobUse]) -> PerRun:
    """Return what a run uses, drawn to the mean of all jobs while few runs are known."""
    total = sum(each.runs for each in others.values())
    common = sum(each.runs * each.mean for each in others.values()) / total if total else 0.0
    if use is None:
        return PerRun(common, common)
    trust = use.runs / (use.runs + _DRAW)
    spread = max(0.0, use.p90 - use.mean) / _TO_P90
    return PerRun(trust * use.mean + (1 - trust) * common, trust * spread + (1 - trust) * common)


def _share(job: JobFacts, learnt: Mapping[str, JobUse], provider: str) -> float:
    if job.id in learnt:
        return float(learnt[job.id].share)
    return float(job.model is not None and job.model.startswith(f"{provider}/"))


def _past(job: JobFacts) -> Past | None:
    told = job.scheduler
    if told is None:
        return None
    return Past(last_run=told.last_run_at, next_run=told.next_run_at, errors=told.errors)


def _kept(job: JobFacts, use: JobUse | None, now: datetime, zone: str) -> float:
    """Return how many of the runs that were due yesterday came, 0 to 1: a busy or failing host skips some."""
    if use is None or use.last_day is None:
        return 1.0
    due = sum(1 for _ in runs(job.id, job.schedule, now - timedelta(days=1), now, zone=zone))
    return min(1.0, (use.last_day + 1) / (due + 1))


def _variance(job: JobRuns) -> float:
    mean, spread = job.per_run.mean, job.per_run.spread
    return job.share * (spread**2 + mean**2) - (job.share * mean) ** 2
