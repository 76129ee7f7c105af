"""Decide many slots together: each by itself where it can be, the rest in balance with the quotas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reconciler.assign.balance import Balance, balance
from reconciler.assign.candidate import Candidate, Pool
from reconciler.assign.decide import Assignment, Open
from reconciler.assign.effects import crowding, effects
from reconciler.assign.loads import Loads, Seat
from reconciler.assign.quotas import quotas
from reconciler.assign.relief import ways_out
from reconciler.assign.room import Room
from reconciler.assign.subject import Subject
from reconciler.assign.wanted import Decision, Effect
from reconciler.assign.work import Works, key_of
from reconciler.catalog.model import Catalog
from reconciler.facts.model import Facts
from reconciler.forecast.of_facts import standings_of
from reconciler.openclaw.slot import SlotKind
from reconciler.policy.model import Policy


@dataclass(frozen=True, slots=True)
class Settled:
    """How the slots were settled: their seats in the same order, and the room that was left for them."""

    seats: tuple[Seat, ...]
    loads: Loads
    room: Room
    found: Balance


class Settlement:
    """One run's view of the quotas; slots can be settled again as those above them are decided."""

    def __init__(
        self, run: Assignment, policy: Policy, facts: Facts, catalog: Catalog, slots: Iterable[Subject]
    ) -> None:
        self._run, self._policy, self._facts = run, policy, facts
        self._pool = Pool(policy, facts, catalog)
        self._quotas = quotas(standings_of(policy, facts), policy)
        kinds = {key_of(each.slot): each.task.kind for each in slots if each.task}
        ahead = max((quota.end for quota in self._quotas), default=0.0)
        self._loads = Loads(self._quotas, Works(facts, ahead, kinds))
        self.effects: tuple[Effect, ...] = ()
        self.ways_out: tuple[str, ...] = ()
        self.settled: Settled | None = None

    @property
    def joint(self) -> bool:
        """Whether there is a quota that slots share; else each can be decided for itself."""
        return bool(self._quotas)

    def together(
        self, slots: Sequence[Subject], live: Sequence[Subject], decided: Mapping[int, Decision]
    ) -> tuple[Decision, ...]:
        """Decide all *slots* but those *decided* by position, and note the effects; *live* is what runs today."""
        judged = [decided.get(at) or self._run.judge(subject) for at, subject in enumerate(slots)]
        seats = [self._seat(subject, its) for subject, its in zip(live, judged, strict=True)]
        room = Room(seats, self._loads, self._policy)
        found = balance(seats, self._loads, room)
        self.settled = Settled(tuple(seats), self._loads, room, found)
        now = self._facts.taken_at
        crowded = crowding(seats, self._loads, found, now)
        self.effects = effects(seats, self._loads, found, now)
        self.ways_out = ways_out(seats, self._loads, room, found, self._run.weaker)
        made = []
        for seat, its, option in zip(seats, judged, found.chosen, strict=True):
            if isinstance(its, Open) and option is not None:
                made.append(self._run.take(its, option, crowded=crowded.get(seat.address)))
            elif isinstance(its, Decision):
                made.append(its)
        return tuple(made)

    def _seat(self, subject: Subject, judged: Decision | Open) -> Seat:
        slot = subject.slot
        stays = self._model(str(slot.effective.primary), subject) if slot.effective else None
        verbosity = stays.verbosity if stays else Decimal(1)
        work = self._loads.works.of(subject, verbosity)
        is_asked = slot.kind is SlotKind.AGENT
        if isinstance(judged, Open):
            return Seat(slot.address, work, stays, open=judged, asked=is_asked)
        fixed = self._model(judged.choice[0], subject) if judged.choice else stays
        return Seat(slot.address, work, stays, fixed=fixed, asked=is_asked)

    def _model(self, ref: str, subject: Subject) -> Candidate:
        return self._pool.describe(ref, subject.thinking)
