"""What one slot means for the quotas that all slots share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from reconciler.assign.balance import problem
from reconciler.assign.candidate import Candidate
from reconciler.assign.effects import course, fate
from reconciler.assign.loads import Seat
from reconciler.assign.options import Option
from reconciler.assign.quotas import Quota
from reconciler.assign.room import PARTS
from reconciler.assign.settle import Settled
from reconciler.assign.wanted import Course, Wanted
from reconciler.explain.model import QuotaEffect, Worth
from reconciler.plan.outlook import billed
from reconciler.policy.model import Policy


_PERCENT, _CENT = Decimal("0.01"), Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Shared:
    """The settlement of all slots, seen from the one at *position*."""

    settled: Settled
    position: int
    now: datetime

    @property
    def seat(self) -> Seat:
        return self.settled.seats[self.position]

    def effects(self, candidate: Candidate) -> Iterator[QuotaEffect]:
        """Yield what the slot would do on this model to each quota that it draws on, all others as decided."""
        loads = self.settled.loads
        takes = loads.takes(self.seat, candidate, stays=candidate == self.seat.stays)
        for quota in loads.quotas:
            added = [take.mean / quota.limit for take in takes if loads.spans[take.span][0] is quota]
            if added:
                then = self._course(quota, candidate)
                yield QuotaEffect(
                    window=quota.name, adds=_share(max(added)), reaches=_share(then.used), gone_at=then.gone
                )

    def crowded(self) -> dict[str, str]:
        """Tell of the models that the slot would rather have than its own, which quota has no room for them."""
        loads, found = self.settled.loads, self.settled.found
        chosen = found.chosen[self.position]
        told = {}
        for option in self.seat.options if chosen else ():
            if chosen is None or option.candidate == chosen.candidate:
                break
            if takes := loads.takes(self.seat, option.candidate, stays=option.stays):
                full = max(takes, key=lambda take: found.taken[take.span] - found.left[take.span])
                quota = loads.spans[full.span][0]
                told[option.candidate.ref] = fate(quota, self._course(quota, option.candidate), self.now)
        return told

    def _course(self, quota: Quota, candidate: Candidate) -> Course:
        """Return where a quota goes with the slot on this model and all others as decided."""
        models = [
            option.candidate if option else seat.fixed
            for seat, option in zip(self.settled.seats, self.settled.found.chosen, strict=True)
        ]
        models[self.position] = candidate
        return course(quota, self.settled.seats, models, self.settled.loads, self.now)

    def binding(self, wanted: Wanted) -> Quota | None:
        """Return the quota that keeps the slot from what it would have had, None where none does."""
        rival = [each for each in wanted.effects if self.seat.address in each.rivals]
        return next((each.quota for each in rival if each.binds or each.short), None)

    def worth(self, quota: Quota, policy: Policy) -> Worth | None:
        """Return what as much more of the quota would bring as the slot's first choice takes of it.

        Found by deciding all slots anew; of money only what is paid by the token counts.
        """
        if not self.seat.options:
            return None
        from reconciler.solve.solve import solve

        loads, room = self.settled.loads, self.settled.room
        first = self.seat.options[0]
        spans = [number for number, (its, _) in enumerate(loads.spans) if its is quota]
        taken = dict(room.parts(self.seat, first.candidate, stays=first.stays))
        percent = -(-max((taken.get(number, 0) for number in spans), default=0) * 100 // PARTS)
        if not percent:
            return None
        base = problem(self.settled.seats, loads, room)
        more = percent * PARTS // 100
        windows = tuple(
            replace(window, capacity=window.capacity + more) if number in spans else window
            for number, window in enumerate(base.windows)
        )
        chosen = iter(solve(replace(base, windows=windows)).chosen)
        then = [seat.options[next(chosen)] if seat.options else None for seat in self.settled.seats]
        return self._worth(f"{percent} % of its limit", then, policy)

    def _worth(self, of: str, then: list[Option | None], policy: Policy) -> Worth:
        saved: Decimal | None = Decimal(0)
        better = []
        for seat, was, will in zip(self.settled.seats, self.settled.found.chosen, then, strict=True):
            if was is None or will is None or was is will:
                continue
            if seat.options.index(will) < seat.options.index(was):
                better.append(seat.address)
            before, after = (_usd(seat, each.candidate, policy) for each in (was, will))
            saved = None if saved is None or before is None or after is None else saved + before - after
        return Worth(of=of, slots=tuple(better), usd_a_week=None if saved is None else saved.quantize(_CENT))


def _usd(seat: Seat, candidate: Candidate, policy: Policy) -> Decimal | None:
    """Return USD of the coming week, nothing where the provider is not paid by the token; None is unknown."""
    if candidate.local or not billed(policy, candidate.provider):
        return Decimal(0)
    cost = candidate.cost(seat.work.load)
    return None if cost is None else cost * seat.work.a_week


def _share(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_PERCENT, ROUND_HALF_UP)
