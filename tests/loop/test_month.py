"""A month of auto mode, every two hours, against a model of a host whose quotas are read with noise."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest

from reconciler.facts.model import Facts, HeldSlot, Reading
from reconciler.ledger.alarms import Raised
from reconciler.ledger.reconciliation import Alarm
from reconciler.ledger.record import Record
from reconciler.loop.alarms import crossings
from reconciler.loop.decide import TO_AND_FRO, decide
from reconciler.loop.moves import FLAPPING, Move, flapping, moved, moves
from reconciler.policy.model import Policy
from tests.loop.records import record
from tests.worlds import CODING, GPT, NOW, OPUS, config, facts, job, policy


HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
JOBS = ("Build", "Review", "Deploy", "Release")
COOL_DOWN, EVERY = 6, 2
POLICY = policy(
    """
safety: {coolDownHours: 6, maxChangedShare: 1}
rules:
  - {name: the good one, match: {job: "*"}, allow: ["anthropic/*"]}
  - {name: when it gets tight, match: {job: "*"}, when: {provider: anthropic, usedAbove: 0.7}, allow: ["openai/*"]}
"""
)
SHARE = {"anthropic": Decimal("0.0025"), "openai": Decimal("0.0015")}
"""Of the weekly quota that a run of a job uses; a job runs every hour."""


@dataclass
class House:
    """A host with its quotas; people use some of them, too, and readings of them waver."""

    random: Random
    now: datetime = NOW
    models: dict[str, str] = field(default_factory=lambda: dict.fromkeys(JOBS, OPUS))
    used: dict[str, Decimal] = field(default_factory=lambda: {"anthropic": Decimal(0), "openai": Decimal(0)})
    reset: datetime = NOW + WEEK
    records: list[Record] = field(default_factory=list)
    holds: dict[str, HeldSlot] = field(default_factory=dict)
    raised: tuple[Raised, ...] = ()
    alarms: list[tuple[datetime, Alarm]] = field(default_factory=list)
    highest: Decimal = Decimal(0)

    def hour(self) -> None:
        """Let every job run once, and people a little."""
        self.now += HOUR
        if self.now >= self.reset:
            self.used, self.reset = dict.fromkeys(self.used, Decimal(0)), self.reset + WEEK
        for name in JOBS:
            self.used[self.models[name].partition("/")[0]] += SHARE[self.models[name].partition("/")[0]]
        self.used["anthropic"] += Decimal(self.random.randrange(0, 20)) / 10_000
        self.highest = max(self.highest, *self.used.values())

    def facts(self) -> Facts:
        holds = tuple(hold for hold in self.holds.values() if hold.until is None or hold.until > self.now)
        jobs = [job(name, CODING, model=model, fallbacks=()) for name, model in self.models.items()]
        found = facts(*jobs, config=config(GPT), readings=tuple(map(self.reading, self.used)))
        changes = {"taken_at": self.now, "holds": holds, "moved": moved(self.records, "host-1")}
        return found.model_copy(update=changes)

    def reading(self, provider: str) -> Reading:
        noise = Decimal(self.random.randrange(-15, 16)) / 1000
        used = max(Decimal(0), self.used[provider] + noise)
        return Reading(
            provider=provider,
            window="weekly",
            used_fraction=used,
            resets_at=self.reset,
            taken_at=self.now,
            source="test",
        )

    def reconcile(self, policy: Policy) -> None:
        """Do what a run of auto mode does."""
        found = self.facts()
        alarms, self.raised = crossings(policy, found.readings, self.raised, self.now)
        self.alarms += [(self.reset, alarm) for alarm in alarms]
        decision = decide(policy, found, self.records)
        for address in decision.lift:
            del self.holds[address]
        changes = [
            (name, self.models[name], change.after.primary)
            for change in decision.changes.plan.slots
            for name in [change.address.removeprefix("job/")]
        ]
        if changes:
            self.models |= {name: after for name, _, after in changes}
            self.records.append(record(self.now, *changes))
        for address in flapping(moves(self.records, "host-1"), self.now):
            if address not in {hold.address for hold in self.facts().holds}:
                until = self.now + FLAPPING
                self.holds[address] = HeldSlot(address=address, reason=TO_AND_FRO, until=until)


def month(seed: int) -> House:
    house = House(Random(seed))
    house.records.append(record(NOW, *((name, OPUS, OPUS) for name in JOBS), trigger=None))
    for hour in range(30 * 24):
        house.hour()
        if hour % EVERY == 0:
            house.reconcile(POLICY)
    return house


@pytest.fixture(scope="module", params=range(2))
def house(request: pytest.FixtureRequest) -> House:
    return month(request.param)


def by_slot(house: House) -> dict[str, list[Move]]:
    found: dict[str, list[Move]] = {}
    for move in moves(house.records, "host-1"):
        found.setdefault(move.address, []).append(move)
    return found


def test_no_slot_moves_more_than_once_in_a_cool_down(house: House) -> None:
    for own in by_slot(house).values():
        gaps = [later.at - earlier.at for earlier, later in pairwise(own)]
        assert min(gaps) >= COOL_DOWN * HOUR


def test_no_slot_flaps(house: House) -> None:
    for own in by_slot(house).values():
        weeks = Counter((move.at - NOW) // WEEK for move in own if move.auto)
        assert max(weeks.values()) <= 4


def test_no_window_is_used_up_that_could_be_saved(house: House) -> None:
    left_alone = House(Random(0))
    for _ in range(6 * 24):
        left_alone.hour()

    assert left_alone.highest > 1
    assert house.highest < 1


def test_every_alarm_is_told_once_in_each_week(house: House) -> None:
    told = Counter((week, alarm.provider, alarm.level) for week, alarm in house.alarms)

    assert told
    assert {1} == set(told.values())
