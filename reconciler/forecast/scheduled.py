"""What the runs that will really happen use: known times, learnt amounts. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from types import MappingProxyType
from typing import Final

from reconciler.facts.model import HEARTBEAT, History, JobFacts, JobUse
from reconciler.forecast.schedule import Past, runs


_DRAW: Final = 3
"""Runs that the mean of a kind counts for until a job has runs of its own, and that of all jobs for a kind."""
NO_KINDS: Final[Mapping[str, str]] = MappingProxyType({})
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
    kinds: Mapping[str, str] = NO_KINDS,
    zone: str = "UTC",
    part: float = 1,
) -> Scheduled:
    """Return what the enabled jobs will use at the history's provider within *hours* from *now*.

    A job that ran lands where it landed before; one that never did goes to the provider of its model, and is taken
    to use what others of its kind do, by *kinds* of tasks per job. *part* is the share of the provider's use that
    one account bears.
    """
    learnt = {use.job: use for use in history.jobs}
    common = means(history.jobs, kinds)
    found = []
    for job in jobs:
        share = _share(job, learnt, history.provider) * part
        if not job.enabled or share <= 0:
            continue
        share *= _kept(job, learnt.get(job.id), now, zone)
        end = now + timedelta(hours=hours)
        ahead = runs(job.id, job.schedule, now, end, zone=zone, past=_past(job))
        at = tuple((moment - now).total_seconds() / 3600 for moment in ahead)
        expected = common.get(kinds.get(job.id), common[None])
        found.append(JobRuns(job.id, job.name, at, per_run(learnt.get(job.id), expected), share))
    return Scheduled(found)


def means(uses: Sequence[JobUse], kinds: Mapping[str, str]) -> dict[str | None, float]:
    """Return what a run of each kind of task uses, drawn to the mean of all while few runs are known; None is all.

    Heartbeats are many and small, and no measure for what has a task.
    """
    by_kind: dict[str | None, list[JobUse]] = defaultdict(list)
    for use in uses:
        by_kind[kinds.get(use.job)].append(use)
    tasks = [use for use in uses if not use.job.startswith(HEARTBEAT)]
    everything = _mean(tasks or uses, 0.0, draw=0)
    found = {kind: _mean(of_kind, everything, draw=_DRAW) for kind, of_kind in by_kind.items()}
    return {**found, None: everything}


def per_run(use: JobUse | None, common: float) -> PerRun:
    """Return what a run uses, drawn to what is *common* among its kind while few runs are known."""
    if use is None:
        return PerRun(common, common)
    trust = use.runs / (use.runs + _DRAW)
    spread = max(0.0, use.p90 - use.mean) / _TO_P90
    return PerRun(trust * use.mean + (1 - trust) * common, trust * spread + (1 - trust) * common)


def _mean(uses: Sequence[JobUse], common: float, *, draw: int) -> float:
    total = sum(use.runs for use in uses) + draw
    return (sum(use.runs * use.mean for use in uses) + draw * common) / total if total else 0.0


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
