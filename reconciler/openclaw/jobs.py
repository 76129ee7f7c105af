from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.jsontypes import Json


@dataclass(frozen=True, slots=True)
class CronSchedule:
    """A cron expression, in *tz* or else the gateway's own time zone."""

    expr: str
    tz: str | None = None
    stagger_ms: int | None = None


@dataclass(frozen=True, slots=True)
class EverySchedule:
    every_ms: int
    anchor_ms: int | None = None


@dataclass(frozen=True, slots=True)
class AtSchedule:
    """One run at an ISO 8601 time."""

    at: str


@dataclass(frozen=True, slots=True)
class OtherSchedule:
    """A kind without a clock (`on-exit`, `stream`, or one that is newer than this program)."""

    kind: str


Schedule = CronSchedule | EverySchedule | AtSchedule | OtherSchedule


def schedule_json(schedule: Schedule) -> dict[str, Json]:
    """Return the schedule as the host writes it, without the keys that are not set."""
    match schedule:
        case CronSchedule(expr, tz, stagger):
            found: dict[str, Json] = {"kind": "cron", "expr": expr, "tz": tz, "staggerMs": stagger}
        case EverySchedule(every, anchor):
            found = {"kind": "every", "everyMs": every, "anchorMs": anchor}
        case AtSchedule(at):
            found = {"kind": "at", "at": at}
        case _:
            found = {"kind": schedule.kind}
    return {key: value for key, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class JobState:
    """What the scheduler remembers of a job; times are epoch milliseconds, None means never or unknown."""

    next_run_at_ms: int | None = None
    last_run_at_ms: int | None = None
    last_status: str | None = None
    last_error_reason: str | None = None
    last_duration_ms: int | None = None
    consecutive_errors: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A cron job as its store or the gateway tells it.

    *message* is the prompt: private text, kept out of `repr`, facts and logs.
    *config_revision* is the gateway's compare-and-swap token, None where the gateway has none.
    *digest* covers the same definition by the same formula and is always there.
    """

    id: str
    name: str
    enabled: bool
    agent_id: str | None
    effective_agent_id: str | None
    declaration_key: str | None
    session_target: str | None
    schedule: Schedule
    payload_kind: str
    message: str = field(repr=False)
    model: str | None
    fallbacks: tuple[str, ...] | None
    thinking: str | None
    timeout_seconds: float | None
    tools: tuple[str, ...] | None
    delete_after_run: bool
    config_revision: str | None
    digest: str
    state: JobState = JobState()
    account_owned: bool = False
    """Made from a chat account: any edit by another clears the permissions it has there, for good (2026.9.6)."""

    @property
    def revision(self) -> str:
        """The gateway's own revision, or the digest of the definition where it keeps none."""
        return self.config_revision or self.digest


@dataclass(frozen=True, slots=True)
class JobProblem:
    """A job that could not be read; *id* is its id, or its position when that is what is wrong."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class JobList:
    jobs: tuple[Job, ...] = ()
    problems: tuple[JobProblem, ...] = ()
