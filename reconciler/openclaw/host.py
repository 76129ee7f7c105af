from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from reconciler.errors import ReconcilerError, Refused
from reconciler.jsontypes import JsonObject
from reconciler.openclaw.jobs import Job, JobList
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


@dataclass(frozen=True, slots=True)
class JobChoice:
    """What a job's payload says of models; None stands for "not set"."""

    model: str | None
    fallbacks: tuple[str, ...] | None

    def __str__(self) -> str:
        return " → ".join((self.model or "no model", *(self.fallbacks or ())))


def choice_of(job: Job) -> JobChoice:
    return JobChoice(job.model, job.fallbacks)


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
