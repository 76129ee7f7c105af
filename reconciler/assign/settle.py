"""Decide many slots together: each by itself where it can be, the rest in balance with the quotas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from reconciler.assign.balance import Balance, balance
from reconciler.assign.candidate import Candidate, Pool
from reconciler.assign.decide import Assignment, Open
from reconciler.assign.effects import crowding, effects
from reconciler.assign.loads import Loads, Seat
from reconciler.assign.options import Option
from reconciler.assign.quotas import quotas
from reconciler.assign.relief import ways_out
from reconciler.assign.room import Room
from reconciler.assign.settings import moved, moves
from reconciler.assign.subject import Subject
from reconciler.assign.wanted import Decision, Effect
from reconciler.assign.work import Works, key_of
from reconciler.catalog.model import Catalog
from reconciler.facts.model import Facts
from reconciler.forecast.of_facts import standings_of
from reconciler.openclaw.slot import SlotKind
from reconciler.openclaw.version import capabilities, parse_version
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
        self._caps = capabilities(parse_version(facts.host.version or ""))
        self._jobs = {job.id: job for job in facts.host.jobs}
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
                made.append(self._taken(its, option, seat, crowded.get(seat.address)))
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
            moved = tuple(self._moved(judged))
            return Seat(slot.address, work, stays, open=judged, asked=is_asked, moved=moved)
        fixed = self._model(judged.choice[0], subject) if judged.choice else stays
        return Seat(slot.address, work, stays, fixed=fixed, asked=is_asked)

    def _moved(self, its: Open) -> Iterator[Option]:
        """Yield the slot's options at other times, where a rule lets its job be moved and sessions can be evaded."""
        ruling, job = its.decision.ruling, self._jobs.get(its.decision.subject.slot.job_id or "")
        if ruling is None or not ruling.flexible or job is None:
            return
        within = [quota for quota in self._quotas if quota.rolling]
        zone = self._facts.host.zone or "UTC"
        for by, schedule in moves(job, ruling.flexible, self._caps, zone=zone):
            for option in its.options:
                if any(quota.covers(option.candidate) for quota in within):
                    yield replace(option, later=by / timedelta(hours=1), schedule=schedule)

    def _taken(self, its: Open, option: Option, seat: Seat, crowded: str | None) -> Decision:
        """Decide for an option; where it is the first one at another time, the quota is the reason for that alone."""
        if option.schedule is None:
            return self._run.take(its, option, crowded=crowded)
        same = option.candidate == seat.options[0].candidate
        decision = self._run.take(its, option, crowded=None if same else crowded)
        job = self._jobs[its.decision.subject.slot.job_id or ""]
        return moved(decision, job, dict(option.schedule), f"at its time {crowded}")

    def _model(self, ref: str, subject: Subject) -> Candidate:
        return self._pool.describe(ref, subject.thinking)
