from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reconciler.openclaw.host import Host, JobChoice, Snapshot, with_choice
from reconciler.openclaw.jobs import Job
from reconciler.text import printable


@dataclass(frozen=True, slots=True)
class RecordingHost:
    """Reads the host that it wraps and turns every write into a line, so that a dry run is the same code."""

    host: Host
    tell: Callable[[str], None]

    def read(self) -> Snapshot:
        return self.host.read()

    def write_file(self, path: Path, new: bytes, *, expected_sha256: str) -> None:
        line = f"would write {path}, {len(new)} bytes in the place of {expected_sha256[:12]}"
        self.tell(printable(line, at_most=400))

    def write_job(self, job: Job, wanted: JobChoice) -> Job:
        self.tell(printable(f"would write job {job.name} ({job.id}): {wanted}", at_most=400))
        return with_choice(job, wanted)
