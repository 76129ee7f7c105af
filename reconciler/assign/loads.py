"""Who takes what of which quota: every slot with its work, and what each of its options would use."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.assign.candidate import Candidate
from reconciler.assign.decide import Open
from reconciler.assign.options import Option
from reconciler.assign.quotas import Quota, Span
from reconciler.assign.work import Work, Works
from reconciler.forecast.scheduled import JobRuns


@dataclass(frozen=True, slots=True)
class Seat:
    """A slot with its work; *options* is empty where it is decided, *stays* is the model that it has now.

    *asked* tells that its work is what people ask an agent, which the forecast of people holds already, *moved* are
    the options at another time.
    """

    address: str
    work: Work
    stays: Candidate | None
    fixed: Candidate | None = None
    open: Open | None = None
    asked: bool = False
    moved: tuple[Option, ...] = ()

    @property
    def options(self) -> tuple[Option, ...]:
        return (*self.open.options, *self.moved) if self.open else ()

    def at(self, option: Option) -> Seat:
        """Return the slot as it works with this option, which may move it in time."""
        return replace(self, work=self.work.moved(option.later)) if option.later else self


@dataclass(frozen=True, slots=True)
class Take:
    """What a slot takes of one span of a quota: mean and variance, in the quota's unit."""

    span: int
    mean: float
    variance: float


class Loads:
    """What slots take, by span; the spans of all *quotas* are numbered through."""

    def __init__(self, quotas: Sequence[Quota], works: Works) -> None:
        self.quotas = tuple(quotas)
        self.spans: tuple[tuple[Quota, Span], ...] = tuple(
            (quota, span) for quota in quotas for span in quota.spans
        )
        self.works = works
        self._first = self._numbered()
        self._takes: dict[tuple[str, float, str, bool], tuple[Take, ...]] = {}

    def takes(self, seat: Seat, candidate: Candidate, *, stays: bool) -> tuple[Take, ...]:
        """Return what the slot takes on this model of each span that it touches."""
        key = (seat.work.key, seat.work.later, candidate.ref, stays)
        if key not in self._takes:
            self._takes[key] = tuple(self._of(seat.work, candidate, stays=stays))
        return self._takes[key]

    def runs(self, seat: Seat, candidate: Candidate, quota: Quota, *, stays: bool) -> JobRuns:
        """Return the slot's runs until the quota's end as forecasts count them, those of the average login.

        A run at the very reset belongs to what comes after it.
        """
        each = self.works.per_run(seat.work, candidate, quota)
        share = self._share(seat.work, quota, stays=stays) / len(quota.standings)
        hours = seat.work.hours[: bisect_left(seat.work.hours, quota.end)]
        return JobRuns(seat.work.key, seat.address, hours, each, share)

    def _numbered(self) -> Mapping[str, int]:
        found, number = {}, 0
        for quota in self.quotas:
            found[quota.name] = number
            number += len(quota.spans)
        return found

    def _of(self, work: Work, candidate: Candidate, *, stays: bool) -> Iterator[Take]:
        for quota in self.quotas:
            if not quota.covers(candidate) or not work.hours:
                continue
            each = self.works.per_run(work, candidate, quota)
            share = self._share(work, quota, stays=stays)
            for number, span in enumerate(quota.spans, self._first[quota.name]):
                if count := work.within(span.begin, span.end):
                    mean = count * share * each.mean
                    yield Take(number, mean, count * share * each.spread**2 + (0.1 * mean) ** 2)

    def _share(self, work: Work, quota: Quota, *, stays: bool) -> float:
        """Return how many of the runs land at the quota's provider: of a model that stays, as many as did."""
        if not stays:
            return 1.0
        return self.works.share(work, quota)


def summed(takes: Iterable[Take], spans: int) -> tuple[list[float], list[float]]:
    """Return mean and variance by span."""
    means, variances = [0.0] * spans, [0.0] * spans
    for take in takes:
        means[take.span] += take.mean
        variances[take.span] += take.variance
    return means, variances
