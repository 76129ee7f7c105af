from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from reconciler.assign.need import Need
from reconciler.assign.quotas import Quota
from reconciler.assign.ruling import Ruling
from reconciler.assign.subject import Subject
from reconciler.jsontypes import Json
from reconciler.policy.model import Rule
from reconciler.tasks.classify import Task


@dataclass(frozen=True, slots=True)
class Setting:
    """What a slot is to have beside its choice of models: *value* in the place of *before*, as the host writes them."""

    key: Literal["thinking", "schedule", "defer", "wake"]
    before: Json
    value: Json
    reason: str
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """What the owner should know of a slot beside what becomes of its model."""

    level: Literal["info", "warning"]
    text: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one slot, and why.

    `change` has a *choice* (primary and fallbacks as refs); `keep` found the slot as it should be;
    `leave` did not judge it; `stuck` found it wrong and nothing better.
    *settings* are changed whatever the outcome, which is that of the model alone.
    *verdicts* names the group of slots that share one list of rejected candidates.
    """

    subject: Subject
    outcome: Literal["change", "keep", "leave", "stuck"]
    reason: str
    choice: tuple[str, tuple[str, ...]] | None = None
    rule: Rule | None = None
    need: Need | None = None
    task: Task | None = None
    verdicts: str | None = None
    only_fallbacks: bool = False
    ruling: Ruling | None = None
    settings: tuple[Setting, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """Where a quota goes: the share *used* at its end, by the median, and when it is *gone*, None where it lasts."""

    used: float
    gone: datetime | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of one quota as things are and as decided.

    *short* is the share of the limit that is missing where not all that must be done fits, *binds* that it keeps a
    slot from what it would have had, *rivals* are the slots that use it or would have.
    """

    quota: Quota
    resets_at: datetime | None
    before: Course
    after: Course
    short: float = 0.0
    binds: bool = False
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Every slot's decision in the order of the host's slots, the rejected candidates by group, and the quotas.

    *ways_out* says what would make it fit where it does not, the cheapest first.
    """

    decisions: tuple[Decision, ...]
    verdicts: Mapping[str, tuple[tuple[str, str], ...]]
    effects: tuple[Effect, ...] = ()
    ways_out: tuple[str, ...] = ()
