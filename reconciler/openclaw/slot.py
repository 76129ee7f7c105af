from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.jsontypes import Json
from reconciler.openclaw.refs import ModelRef


class SlotKind(StrEnum):
    DEFAULTS = "defaults"
    AGENT = "agent"
    HEARTBEAT = "heartbeat"
    SUBAGENTS = "subagents"
    JOB = "job"


class Document(StrEnum):
    """The two documents that a plan's patches speak of."""

    CONFIG = "openclaw.json"
    JOBS = "jobs"


class Shape(StrEnum):
    """What can stand at a place: a model text, `{primary, fallbacks}`, or model and fallbacks side by side."""

    TEXT = "text"
    PAIR = "pair"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Guard:
    """What must stand at *pointer* for the place to mean what it meant when it was read."""

    pointer: str
    value: Json


@dataclass(frozen=True, slots=True)
class Place:
    """Where a choice is written.

    *fallbacks* is the second pointer of a `SPLIT` place. *missing* are the objects above *pointer* that are not
    there yet, outermost first: who writes adds them empty.
    """

    document: Document
    pointer: str
    shape: Shape
    fallbacks: str | None = None
    guards: tuple[Guard, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What really runs: a model and what is tried after it, in order."""

    primary: ModelRef
    fallbacks: tuple[ModelRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Effective:
    """What a slot comes to, and the addresses that its model and its fallbacks were written at.

    *choice* is None when the host falls through to a default that is built into OpenClaw.
    """

    choice: Choice | None
    source: str
    fallbacks_source: str


@dataclass(frozen=True, slots=True)
class Slot:
    """One place on a host where a text model is chosen.

    *configured* is what is written there, None where nothing is; for a job it is the object of its `model` and
    `fallbacks` keys. *source* and *fallbacks_source* are the addresses that the effective choice came from.
    *place* is None where nothing can be written: OpenClaw takes no model there, or writing would do more than that.
    *strict* says that an empty list of fallbacks was written for it, there or where it inherits them from.
    *agent_id* is the agent that runs it, *system_owned* says that OpenClaw made the job and manages it.
    """

    address: str
    kind: SlotKind
    place: Place | None
    configured: Json
    effective: Choice | None
    source: str
    fallbacks_source: str
    strict: bool = False
    agent_id: str | None = None
    job_id: str | None = None
    system_owned: bool = False


_THINKING = {
    SlotKind.JOB: "thinking",
    SlotKind.AGENT: "thinkingDefault",
    SlotKind.DEFAULTS: "thinkingDefault",
}


def thinking_pointer(slot: Slot) -> str | None:
    """Return where a slot's thinking level is written, None where the host has no place for one."""
    key = _THINKING.get(slot.kind)
    return f"{slot.place.pointer.rpartition('/')[0]}/{key}" if slot.place and key else None
