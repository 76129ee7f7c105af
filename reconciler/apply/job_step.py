from __future__ import annotations

from collections.abc import Iterator

import jsonpatch

from reconciler.errors import StalePlan
from reconciler.facts.gather import job_facts
from reconciler.ledger.record import JobChange, JobValues
from reconciler.openclaw.host import Snapshot
from reconciler.openclaw.pointer import tokens
from reconciler.plan.model import JOBS, Plan
from reconciler.plan.patch import job_document


def job_changes(live: Snapshot, plan: Plan) -> Iterator[JobChange]:
    """Apply the plan's patch to the live job list and yield what it makes of each job that it touches.

    Raises:
        StalePlan: a job is gone or is not what the patch tests for.
    """
    jobs = {job.id: job for job in live.jobs.jobs}
    touched = {tokens(str(operation["path"]))[1]: None for operation in plan.patches.jobs}
    document = job_document(job_facts(jobs[job_id]) for job_id in touched if job_id in jobs)
    try:
        patched = jsonpatch.apply_patch(document, list(plan.patches.jobs))
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise StalePlan(
            f"a job is not what this plan was made for: {error}", hint="plan again: tactician plan --out FILE"
        ) from error
    changes = [change for change in plan.slots if change.document == JOBS]
    for job_id, change in zip(touched, changes, strict=True):
        job, effective = jobs[job_id], change.before.effective
        yield JobChange(
            address=change.address,
            id=job_id,
            before=JobValues(model=job.model, fallbacks=job.fallbacks),
            after=JobValues.model_validate(_values(patched["jobs"][job_id]["payload"])),
            effective_before=effective.primary if effective else None,
            revision_before=job.revision,
        )


def _values(payload: dict[str, object]) -> dict[str, object]:
    return {key: payload[key] for key in ("model", "fallbacks") if key in payload}
