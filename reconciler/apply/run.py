from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from reconciler.apply.config_step import new_text
from reconciler.apply.job_values import choice, values
from reconciler.errors import ReconcilerError, Refused, StalePlan
from reconciler.ledger.record import FileChange, JobChange, Outcome, Record
from reconciler.openclaw.files import SourceFile
from reconciler.openclaw.host import GatewayNeeded, Host, Snapshot, Unconfirmed, choice_of
from reconciler.openclaw.jobs import Job


Save = Callable[[Record], None]
Tell = Callable[[str], None]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Run:
    """Carries out a record on a host; the record is saved before the first effect and after each one.

    *log* gets it before anything is written, and when it has ended. The first step that fails stops the run; what comes after it stays pending.
    """

    host: Host
    save: Save
    tell: Tell
    log: Save = lambda _record: None

    def carry_out(self, record: Record, live: Snapshot) -> Record:
        """Write the files, then the jobs; return the record with what became of each.

        Raises:
            GatewayNeeded: jobs are to be written and nobody can; nothing was written or saved.
        """
        if live.jobs_from == "sqlite" and any(job.outcome == "pending" for job in record.jobs):
            raise GatewayNeeded
        jobs = {job.id: job for job in live.jobs.jobs}
        self.log(record)
        self.save(record)
        for index, file in enumerate(record.files):
            if file.outcome == "skipped":
                continue
            begun = file.model_copy(update={"outcome": "writing"})
            record = self._keep(record, files=_with(record.files, index, begun))
            record = self._keep(record, files=_with(record.files, index, self._file(file, live)))
            if record.files[index].outcome != "done":
                return self._close(record)
        for index, job in enumerate(record.jobs):
            if job.outcome == "skipped":
                continue
            record = self._keep(
                record, jobs=_with(record.jobs, index, job.model_copy(update={"outcome": "writing"}))
            )
            record = self._keep(record, jobs=_with(record.jobs, index, self._job(job, jobs.get(job.id))))
            if record.jobs[index].outcome != "done":
                return self._close(record)
        return self._close(record)

    def _file(self, change: FileChange, live: Snapshot) -> FileChange:
        path = Path(change.path)
        try:
            file = _file(path, live)
            self.host.write_file(path, new_text(change, file.text).encode(), expected_sha256=file.sha256)
        except ReconcilerError as error:
            return change.model_copy(update={"outcome": _outcome(error), "note": _note(error)})
        self.tell(f"wrote {path}")
        return change.model_copy(update={"outcome": "done"})

    def _job(self, change: JobChange, job: Job | None) -> JobChange:
        wanted = choice(change.after, change.keys)
        try:
            written = self.host.write_job(_present(job, change.address), wanted)
        except ReconcilerError as error:
            return change.model_copy(update={"outcome": _outcome(error), "note": _note(error)})
        found = choice_of(written, change.keys)
        update: dict[str, object] = {"outcome": "done", "revision_after": written.revision}
        if found == wanted:
            self.tell(f"wrote {change.address}: {wanted}")
        else:
            kept = values(found)  # what a rollback will meet
            note = f"the host has {found} instead of {wanted}"
            update |= {"outcome": "failed", "after": kept, "note": note}
        return change.model_copy(update=update)

    def _keep(self, record: Record, **changes: object) -> Record:
        record = record.model_copy(update=changes)
        self.save(record)
        return record

    def _close(self, record: Record) -> Record:
        done = set(record.outcomes) <= {"done"}
        record = self._keep(record, status="done" if done else "partial" if record.wrote else "failed")
        self.log(record)
        return record


def _with(items: Sequence[Item], index: int, item: Item) -> tuple[Item, ...]:
    return (*items[:index], item, *items[index + 1 :])


def _file(path: Path, live: Snapshot) -> SourceFile:
    file = next((file for file in live.source.files if file.path == path), None)
    if file is None:
        raise ReconcilerError(f"{path} is no longer part of the configuration", hint="plan again")
    return file


def _present(job: Job | None, address: str) -> Job:
    if job is None:
        raise ReconcilerError(f"{address} is gone", hint="plan again")
    return job


def _outcome(error: ReconcilerError) -> Outcome:
    """Tell a conflict, which wrote nothing, from what may have been written and from any other failure."""
    if isinstance(error, Unconfirmed):
        return "unknown"
    return "refused" if isinstance(error, Refused | StalePlan) else "failed"


def _note(error: ReconcilerError) -> str:
    return "; ".join((error.problem, *error.evidence))
