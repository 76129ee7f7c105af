"""How much of each quota is left for what is decided, as surely as the policy wants it to last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist
from typing import Final

from reconciler.assign.candidate import Candidate
from reconciler.assign.loads import Loads, Seat, Take, summed
from reconciler.assign.options import Option
from reconciler.policy.model import Policy


PARTS: Final = 1_000_000
"""Amounts are told to the solver in millionths of the limit, so that no unit matters."""
_SLACK: Final = 0.05
"""Share of a limit by which those that stay may exceed it: readings and forecasts waver by a few percent."""


@dataclass(frozen=True, slots=True)
class Margin:
    """What is kept free of a span: *base* for those that stay, and *slope* times the variance of each that joins.

    To be as sure as asked, the root of the summed variances has to be kept free. A tangent of the root lies above
    it, so what is kept free by it is enough, and it adds up slot by slot.
    """

    base: float = 0.0
    slope: float = 0.0

    @classmethod
    def of(cls, staying: float, joining: float) -> Margin:
        """Return the margin for these variances, of what stays and of what would like to join."""
        expected = staying + joining
        if expected <= 0:
            return cls()
        return cls((expected + staying) / (2 * sqrt(expected)), 1 / (2 * sqrt(expected)))


class Room:
    """What is left of each span for the open seats, and what their options take of it, in `PARTS` of the limit."""

    def __init__(self, seats: Sequence[Seat], loads: Loads, policy: Policy) -> None:
        self._loads = loads
        self._critical = float(policy.critical_threshold)
        self._sure = NormalDist().inv_cdf(float(policy.quota_confidence))
        count = len(loads.spans)
        fixed, fixed_variance = summed(self._decided(seats), count)
        _, stays_variance = summed(self._stays(seats), count)
        asked, _ = summed(self._stays([seat for seat in seats if seat.asked]), count)
        _, joining = summed(self._joining(seats), count)
        self._margins = tuple(
            Margin.of(
                span.spare**2 + self._sure**2 * (fixed_variance[at] + stays_variance[at]),
                self._sure**2 * joining[at],
            )
            for at, (_, span) in enumerate(loads.spans)
        )
        self._staying = [0] * count
        for take in self._stays(seats):
            self._staying[take.span] += self._parts(take, joins=False)
        self.left = tuple(self._capacity(at, fixed[at], asked[at]) for at in range(count))

    def of(self, seat: Seat, option: Option) -> tuple[tuple[int, int], ...]:
        """Return what a slot takes with one of its options, by span."""
        return self.parts(seat.at(option), option.candidate, stays=option.stays)

    def parts(self, seat: Seat, candidate: Candidate, *, stays: bool = False) -> tuple[tuple[int, int], ...]:
        """Return the spans that a slot touches on this model, and what it takes of each, rounded up."""
        return tuple(
            (take.span, self._parts(take, joins=not stays))
            for take in self._loads.takes(seat, candidate, stays=stays)
        )

    def _parts(self, take: Take, *, joins: bool) -> int:
        quota, _ = self._loads.spans[take.span]
        spare = self._margins[take.span].slope * self._sure**2 * take.variance if joins else 0.0
        return ceil((take.mean + spare) / quota.limit * PARTS)

    def _capacity(self, at: int, fixed: float, asked: float) -> int:
        """Return what is left of a span; those that stay may exceed it a little, and nobody joins them then."""
        quota, span = self._loads.spans[at]
        people = max(0.0, span.people - asked)
        left = self._critical * quota.limit - span.used - people - fixed - self._margins[at].base
        exact = max(0, int(left / quota.limit * PARTS))
        return max(exact, min(self._staying[at], int((left / quota.limit + _SLACK) * PARTS)))

    def _decided(self, seats: Iterable[Seat]) -> Iterator[Take]:
        for seat in seats:
            stays = seat.fixed == seat.stays
            if seat.fixed is not None and not (seat.asked and stays):
                yield from self._loads.takes(seat, seat.fixed, stays=stays)

    def _stays(self, seats: Iterable[Seat]) -> Iterator[Take]:
        for seat in seats:
            if seat.stays is not None and seat.open:
                yield from self._loads.takes(seat, seat.stays, stays=True)

    def _joining(self, seats: Iterable[Seat]) -> Iterator[Take]:
        """Yield what the first options would take of those that do not stay."""
        for seat in seats:
            if seat.options and not seat.options[0].stays:
                yield from self._loads.takes(seat, seat.options[0].candidate, stays=False)
