from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal, Protocol

from reconciler.errors import ReconcilerError, Refused
from reconciler.jsontypes import JsonObject
from reconciler.openclaw.jobjson import read_schedule
from reconciler.openclaw.jobs import Job, JobList, schedule_json
from reconciler.openclaw.source import ConfigSource
from reconciler.openclaw.version import Capabilities, capabilities, parse_version


JobsFrom = Literal["gateway", "jobs.json", "sqlite", "none"]


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model as the gateway lists it; *available* is None where it does not say, *passing* that it will be again."""

    ref: str
    context_window: int | None = None
    available: bool | None = None
    reason: str | None = None
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One reading of a host; it holds prompts and secrets, so it stays in this process."""

    id: str
    label: str
    source: ConfigSource = field(repr=False)
    jobs: JobList
    jobs_from: JobsFrom
    version: str | None
    models: tuple[KnownModel, ...] = ()
    quota: JsonObject = field(default_factory=dict)
    """What the gateway's `usage.status` answered; empty where nobody could be asked."""
    problems: tuple[str, ...] = ()

    @property
    def gateway(self) -> bool:
        """Whether a gateway answered; what was read without one may be old."""
        return self.jobs_from == "gateway"

    @property
    def capabilities(self) -> Capabilities:
        return capabilities(parse_version(self.version or ""))


JobKey = Literal["model", "fallbacks", "thinking", "schedule", "enabled", "nextRunAtMs"]
"""What of a job is written: `nextRunAtMs` is the scheduler's own memory and no part of the job's definition."""
CHOICE: Final[tuple[JobKey, ...]] = ("model", "fallbacks")


@dataclass(frozen=True, slots=True)
class JobChoice:
    """What is to stand in a job under the *keys* that it speaks of; None stands for "not set".

    *next_run_at_ms* is in milliseconds since 1970.
    """

    model: str | None = None
    fallbacks: tuple[str, ...] | None = None
    thinking: str | None = None
    schedule: JsonObject | None = None
    enabled: bool | None = None
    next_run_at_ms: int | None = None
    keys: tuple[JobKey, ...] = CHOICE

    def __str__(self) -> str:
        return ", ".join(self._told())

    def _told(self) -> Iterator[str]:
        if "model" in self.keys or "fallbacks" in self.keys:
            yield " → ".join((self.model or "no model", *(self.fallbacks or ())))
        if "thinking" in self.keys:
            yield f"thinking {self.thinking or 'not set'}"
        if "schedule" in self.keys:
            yield f"schedule {schedule_text(self.schedule or {})}"
        if "enabled" in self.keys:
            yield "enabled" if self.enabled else "disabled"
        if "nextRunAtMs" in self.keys:
            yield f"next run {moment_text(self.next_run_at_ms)}"


def choice_of(job: Job, keys: tuple[JobKey, ...] = CHOICE) -> JobChoice:
    """Return what the job says under these keys."""
    return JobChoice(
        model=job.model if "model" in keys else None,
        fallbacks=job.fallbacks if "fallbacks" in keys else None,
        thinking=job.thinking if "thinking" in keys else None,
        schedule=schedule_json(job.schedule) if "schedule" in keys else None,
        enabled=job.enabled if "enabled" in keys else None,
        next_run_at_ms=job.state.next_run_at_ms if "nextRunAtMs" in keys else None,
        keys=keys,
    )


def with_choice(job: Job, wanted: JobChoice) -> Job:
    """Return the job as it is once *wanted* is written."""
    changed: dict[str, object] = {
        key: getattr(wanted, key)
        for key in ("model", "fallbacks", "thinking", "enabled")
        if key in wanted.keys
    }
    if wanted.schedule is not None:
        changed["schedule"] = read_schedule(wanted.schedule)
    if "nextRunAtMs" in wanted.keys:
        changed["state"] = replace(job.state, next_run_at_ms=wanted.next_run_at_ms)
    return replace(job, **changed)  # type: ignore[arg-type]


def schedule_text(schedule: JsonObject) -> str:
    """Say a schedule in a few words, as the host writes it."""
    match schedule.get("kind"):
        case "cron":
            zone = f" {schedule['tz']}" if schedule.get("tz") else ""
            return f"{schedule.get('expr')}{zone}"
        case "every":
            anchor = schedule.get("anchorMs")
            since = f" from {moment_text(anchor)}" if isinstance(anchor, int) else ""
            every = schedule.get("everyMs")
            return f"every {timedelta(milliseconds=every) if isinstance(every, int) else every}{since}"
        case "at":
            return f"at {schedule.get('at')}"
        case kind:
            return str(kind)


def moment_text(ms: int | None) -> str:
    """Say a time in milliseconds since 1970; one that no calendar holds is its number."""
    if ms is None:
        return "unknown"
    try:
        return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return str(ms)


class GatewayNeeded(Refused):
    """The host keeps its jobs where only its gateway may write."""

    def __init__(self) -> None:
        super().__init__(
            "no gateway answers, and this version's jobs can only be written through it",
            hint="start the gateway: openclaw gateway start",
        )


class Unconfirmed(ReconcilerError):
    """A write was sent, and nobody could see whether it took effect."""


class Host(Protocol):
    """The one seam through which a host is read and written."""

    def read(self) -> Snapshot:
        """Read everything anew.

        Raises:
            ReconcilerError: the host cannot be read.
        """
        ...

    def write_file(self, path: Path, new: bytes, *, expected_sha256: str) -> None:
        """Replace a configuration file that still has the content of *expected_sha256*.

        Raises:
            ReconcilerError: the file changed, may not be written, or OpenClaw finds the new one invalid.
        """
        ...

    def write_job(self, job: Job, wanted: JobChoice) -> Job:
        """Write a job's choice, provided that nobody changed the job since *job* was read; return it as read back.

        Raises:
            StalePlan: somebody changed it.
            GatewayNeeded: this host's jobs cannot be written now.
            Unconfirmed: it may have been written.
        """
        ...
