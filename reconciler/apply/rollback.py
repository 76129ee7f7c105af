from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from reconciler.apply.config_step import sha256, undo_edits
from reconciler.apply.job_values import choice, values
from reconciler.apply.run import Run
from reconciler.apply.stale import check_host
from reconciler.assign.deferral import first_run
from reconciler.errors import Refused, StalePlan
from reconciler.facts.gather import job_facts
from reconciler.ledger.moments import to_ms
from reconciler.ledger.record import FileChange, JobChange, JobValues, Record, TextEdit
from reconciler.openclaw.edits import apply_edits
from reconciler.openclaw.files import SourceFile
from reconciler.openclaw.host import Snapshot, choice_of
from reconciler.openclaw.jobs import Job
from reconciler.plan.model import PlanHost


_NEVER_WRITTEN = frozenset({"pending", "refused", "skipped"})
_SINCE = "changed since the apply; left as it is now"


def rollback(done: Record, run: Run, *, now: datetime, zone: str = "UTC") -> Record:
    """Put back what stood before the apply that *done* records, and mark *done* as undone.

    A place that somebody edited since is left as it is and said to be skipped. Where a write fails,
    *done* can be rolled back again. *zone* is the host's own, for schedules without one. The caller has asked the
    gate and holds the lock.

    Raises:
        Refused: *done* is a rollback, was undone already, or is of another host.
    """
    if done.action == "rollback" or done.undone_by:
        why = "is a rollback itself" if done.action == "rollback" else f"was undone by {done.undone_by}"
        raise Refused(f"record {done.id} {why}", hint="plan again to change the host: tactician plan")
    live = run.host.read()
    check_host(done.host, live.id, live.label)
    jobs = {job.id: job for job in live.jobs.jobs}
    undo = Record(
        id=f"{now:%Y%m%dT%H%M%SZ}-undo-{done.id[-6:]}",
        action="rollback",
        created_at=now,
        status="begun",
        host=PlanHost(id=live.id, label=live.label, version=live.version, layout=done.host.layout),
        plan=done.plan,
        undoes=done.id,
        addresses=done.addresses,
        slots=tuple(
            slot.model_copy(update={"before": slot.after, "after": slot.before}) for slot in done.slots
        ),
        files=tuple(_undo_file(change, live) for change in done.files if _stands_in(change, live)),
        jobs=tuple(
            _undo_job(change, jobs.get(change.id), live, now=now, zone=zone)
            for change in done.jobs
            if _stands(change, jobs.get(change.id))
        ),
    )
    undo = run.carry_out(undo, live)
    if set(undo.outcomes) <= {"done", "skipped"}:
        run.save(done.model_copy(update={"undone_by": undo.id}))
    return undo


def _stands_in(change: FileChange, live: Snapshot) -> bool:
    """Tell whether there is something to undo: as recorded, or as found where a crash cut the record short."""
    if change.outcome in _NEVER_WRITTEN:
        return False
    file = _live_file(change, live)
    if change.outcome == "done":
        return file is None or file.sha256 != change.sha256_before
    return file is not None and file.sha256 == change.sha256_after


def _stands(change: JobChange, job: Job | None) -> bool:
    if change.outcome in _NEVER_WRITTEN:
        return False
    keys = change.keys
    if job is None or choice_of(job, keys) == choice(change.before, keys):
        return job is None and change.outcome == "done"
    return change.outcome == "done" or choice_of(job, keys) == choice(change.after, keys)


def _live_file(change: FileChange, live: Snapshot) -> SourceFile | None:
    return next((file for file in live.source.files if file.path == Path(change.path)), None)


def _undo_file(change: FileChange, live: Snapshot) -> FileChange:
    file = _live_file(change, live)
    if file is None:
        return change.model_copy(update={"outcome": "skipped", "note": _SINCE})
    try:
        edits = undo_edits(change, file.text)
    except (StalePlan, Refused):
        return change.model_copy(update={"outcome": "skipped", "note": _SINCE})
    return FileChange(
        path=change.path,
        sha256_before=file.sha256,
        sha256_after=sha256(apply_edits(file.text, edits)),
        edits=tuple(TextEdit(offset=e.offset, before=e.before, after=e.after) for e in edits),
        inverse=(),
    )


def _undo_job(change: JobChange, job: Job | None, live: Snapshot, *, now: datetime, zone: str) -> JobChange:
    """Turn a job's change around; what this gateway cannot put back exactly is put back in effect.

    A next run that is over cannot come back: the job gets the next one of its schedule.
    """
    keys = change.keys
    update: dict[str, object] = {
        "before": values(choice_of(job, keys)) if job else change.after,
        "after": change.before,
        "outcome": "pending",
    }
    if job is None or choice_of(job, keys) != choice(change.after, keys):
        return change.model_copy(update={**update, "outcome": "skipped", "note": _SINCE})
    wanted, notes = change.before, list[str]()
    if "nextRunAtMs" in keys:
        at = _next_run(change, job, now=now, zone=zone)
        wanted = wanted.model_copy(update={"next_run_at_ms": at})
    if live.gateway and not live.capabilities.job_clear_model:
        wanted, notes = _never_cleared(change, wanted)
    update |= {"after": wanted, "note": "; ".join(notes) or None, "revision_before": job.revision}
    return change.model_copy(update=update)


def _next_run(change: JobChange, job: Job, *, now: datetime, zone: str) -> int | None:
    """Return the next run as it was, or the next one of the schedule where that time is over or was unknown."""
    before = change.before.next_run_at_ms
    if before is not None and before > to_ms(now):
        return before
    found = first_run(job_facts(job), now, zone=zone)
    return to_ms(found) if found else None


def _never_cleared(change: JobChange, wanted: JobValues) -> tuple[JobValues, list[str]]:
    """Return what stands in for values that were not set, on a gateway that ignores a `null`, and what to say of it."""
    instead: dict[str, object] = {}
    notes = []
    if "model" in change.keys and change.before.model is None:
        instead["model"] = change.effective_before
        notes.append("this gateway cannot clear a job's model: it names now what it had inherited")
    if "thinking" in change.keys and change.before.thinking is None:
        instead["thinking"] = change.after.thinking
        notes.append(f"this gateway cannot clear a thinking level: {change.after.thinking} stays")
    return wanted.model_copy(update=instead), notes


def inexact(undo: Record, done: Record) -> Iterator[str]:
    """Yield what a rollback did not bring back exactly, a line each."""
    wanted = {change.id: change.revision_before for change in done.jobs}
    for job in undo.jobs:
        if job.outcome != "done" or job.note:
            yield f"{job.address}: {job.note or job.outcome}"
        elif job.revision_after != wanted[job.id]:
            yield f"{job.address}: what it was set to is back; something else of it was edited since the apply"
    for file in undo.files:
        original = next(change.sha256_before for change in done.files if change.path == file.path)
        if file.outcome != "done":
            yield f"{file.path}: {file.note or file.outcome}"
        elif file.sha256_after != original:
            yield f"{file.path}: our values are back; other edits made since the apply stay"
