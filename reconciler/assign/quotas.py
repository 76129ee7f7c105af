"""The quota windows that an assignment has to keep within: how much of each is left for what is decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Final

from reconciler.assign.candidate import Candidate
from reconciler.facts.model import History
from reconciler.forecast.rolling import SESSION
from reconciler.forecast.scheduled import Scheduled
from reconciler.forecast.standing import Standing, Use, told_limit, unit_of
from reconciler.policy.model import Policy


WEEK: Final = 168
"""Hours that sessions are looked at ahead, and that money and work are counted over."""
_BUCKET: Final = Decimal("0.01")
"""Readings are taken to the full percent: many providers tell no more."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the time ahead, in hours from now, with what was used of it and what people will use in it.

    *people* is the median, *spare* what comes on top of it to be as sure as the policy wants.
    """

    begin: float
    end: float
    used: float
    people: float
    spare: float = 0.0


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit of a provider, all its logins together, in the unit of its history.

    *spans* are the sessions to come of a rolling window, and else one: from now until the reset. *scope* is the
    part of a model's name that a window of its own is for.
    """

    provider: str
    window: str
    unit: str
    limit: float
    scope: str | None
    standings: tuple[Standing, ...]
    spans: tuple[Span, ...]

    @property
    def name(self) -> str:
        return f"{self.provider} {self.window}"

    @property
    def rolling(self) -> bool:
        return len(self.spans) > 1

    @property
    def end(self) -> float:
        """Hours from now at which its last span ends."""
        return self.spans[-1].end

    def covers(self, candidate: Candidate) -> bool:
        """Tell whether a request to this model counts against the limit."""
        return self.serves(candidate.ref)

    def serves(self, ref: str) -> bool:
        provider, _, model = ref.partition("/")
        return provider == self.provider and (self.scope is None or self.scope in model.lower())


def quotas(standings: Iterable[Standing], policy: Policy) -> tuple[Quota, ...]:
    """Return the limits of which enough is known; of one that a login does not tell, nothing is known.

    A limit of which only a share is told, and nothing was used yet, keeps nothing away: unknown is not none left.
    """
    found = sorted(standings, key=lambda each: (each.reading.provider, each.reading.window))
    groups = groupby(found, key=lambda each: (each.reading.provider, each.reading.window))
    return tuple(filter(None, (_quota(tuple(group), policy) for _, group in groups)))


def _quota(logins: Sequence[Standing], policy: Policy) -> Quota | None:
    known = [each for each in map(_scheduled_only, logins) if each.limit and each.used is not None]
    first = known[0] if known else logins[0]
    if len(known) < max(first.logins, len(logins)) or first.use is None:
        return None
    scope, _, _ = first.reading.window.rpartition(":")
    limit = sum(each.limit or 0.0 for each in known)
    spans = tuple(_sessions(known, policy)) if first.rolling else (_until_reset(known, policy),)
    return Quota(
        provider=first.reading.provider,
        window=first.reading.window,
        unit=first.use.history.unit,
        limit=limit,
        scope=scope.lower() or None,
        standings=tuple(known),
        spans=spans,
    )


def _scheduled_only(standing: Standing) -> Standing:
    """Return where a told limit stands of which no use is recorded: scheduled runs alone will count."""
    unit, limit = unit_of(standing.reading), told_limit(standing.reading)
    if standing.use is not None or unit is None or limit is None:
        return standing
    empty = History(provider=standing.reading.provider, unit=unit, begin=standing.reading.taken_at)
    return replace(standing, use=Use(empty, None, Scheduled(()), 1 / standing.logins), limit=limit)


def _until_reset(logins: Sequence[Standing], policy: Policy) -> Span:
    end = max(each.hours for each in logins)
    people = sum(_people(each, each.hours, 0.5) for each in logins)
    sure = sum(_people(each, each.hours, float(policy.quota_confidence)) for each in logins)
    return Span(0.0, end, sum(map(_used, logins)), people, max(0.0, sure - people))


def _sessions(logins: Sequence[Standing], policy: Policy) -> Iterator[Span]:
    """Yield the open session and those after it for a week; those ahead count what people use by its median.

    Where a session begins depends on its first use; after the open one they are taken to follow on each other.
    """
    first = min((each.hours for each in logins if each.hours), default=float(SESSION))
    people = sum(_people(each, first, 0.5) for each in logins)
    sure = sum(_people(each, first, float(policy.quota_confidence)) for each in logins)
    used = sum(_used(each) for each in logins if each.hours)
    yield Span(0.0, first, used, people, max(0.0, sure - people))
    starts = [first + SESSION * number for number in range(int((WEEK - first) // SESSION) + 1)]
    for begin, end in pairwise([*starts, starts[-1] + SESSION]):
        ahead = sum(_people(each, end, 0.5) - _people(each, begin, 0.5) for each in logins)
        yield Span(begin, end, 0.0, max(0.0, ahead))


def _used(standing: Standing) -> float:
    assert standing.used is not None
    assert standing.limit is not None
    return float(standing.used.quantize(_BUCKET)) * standing.limit


def _people(standing: Standing, hours: float, confidence: float) -> float:
    people = standing.use.people if standing.use else None
    return people.quantile(confidence, hours) if people else 0.0
