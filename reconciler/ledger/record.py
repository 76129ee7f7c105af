from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from reconciler.facts.model import Document, FreeForm
from reconciler.openclaw.host import CHOICE, JobKey
from reconciler.plan.model import PlanHost


Outcome = Literal["pending", "writing", "done", "skipped", "refused", "failed", "unknown"]
"""`writing`: begun, and cut short by a crash if it stays so; `skipped`: somebody edited it since; `refused`: a conflict kept it from being written."""


class TextEdit(Document):
    """One place of a file: *after* was put where *before* stood, *offset* characters into the old text."""

    offset: int
    before: str
    after: str


class FileChange(Document):
    """What an apply did to one configuration file, enough to undo it byte for byte."""

    path: str
    sha256_before: str
    sha256_after: str
    edits: tuple[TextEdit, ...]
    inverse: tuple[dict[str, Any], ...] = Field(
        description="RFC 6902 operations that undo it by meaning, should the file have changed since"
    )
    outcome: Outcome = "pending"
    note: str | None = None


class JobValues(Document):
    """What a job itself says; absent where not set, or where the change does not speak of it."""

    model: str | None = None
    fallbacks: tuple[str, ...] | None = None
    thinking: str | None = None
    schedule: FreeForm | None = None
    enabled: bool | None = None
    next_run_at_ms: int | None = Field(None, description="milliseconds since 1970")


class JobChange(Document):
    """What an apply did to one job."""

    address: str
    id: str
    keys: tuple[JobKey, ...] = Field(CHOICE, description="what of the job is written")
    before: JobValues
    after: JobValues
    effective_before: str | None = Field(
        None, description="what ran before, where the job had no model of its own"
    )
    revision_before: str
    revision_after: str | None = None
    outcome: Outcome = "pending"
    note: str | None = None


class SlotChange(Document):
    """What a slot was to change from and to, in words; for readers, an undo goes by the files and jobs."""

    address: str
    before: str
    after: str


class Record(Document):
    """What an apply or a rollback did."""

    api_version: Literal["tactician/v1"] = "tactician/v1"
    kind: Literal["Record"] = "Record"
    id: str
    action: Literal["apply", "rollback"]
    created_at: datetime
    status: Literal["begun", "done", "partial", "failed"]
    host: PlanHost
    plan: str = Field(description="digest of the plan that was applied")
    undoes: str | None = Field(None, description="id of the record that a rollback undoes")
    undone_by: str | None = None
    addresses: tuple[str, ...] = ()
    slots: tuple[SlotChange, ...] = ()
    files: tuple[FileChange, ...] = ()
    jobs: tuple[JobChange, ...] = ()

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return (*(file.outcome for file in self.files), *(job.outcome for job in self.jobs))

    @property
    def wrote(self) -> bool:
        """Whether the host holds, or may hold, something that this run wrote."""
        kept = any(job.revision_after is not None and job.after != job.before for job in self.jobs)
        return kept or not {"done", "unknown"}.isdisjoint(self.outcomes)
