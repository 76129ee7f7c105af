from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import jsonpatch

from reconciler.apply.job_values import values
from reconciler.assign.subject import Subject
from reconciler.errors import StalePlan
from reconciler.facts.gather import job_facts
from reconciler.jsontypes import Json
from reconciler.ledger.record import JobChange, JobValues
from reconciler.openclaw.host import CHOICE, JobKey, Snapshot, choice_of
from reconciler.openclaw.pointer import tokens
from reconciler.plan.model import Plan
from reconciler.plan.patch import Operation, job_document


_WRITTEN: Mapping[tuple[str, ...], JobKey] = {
    ("payload", "model"): "model",
    ("payload", "fallbacks"): "fallbacks",
    ("payload", "thinking"): "thinking",
    ("schedule",): "schedule",
    ("state", "nextRunAtMs"): "nextRunAtMs",
}


def job_changes(live: Snapshot, plan: Plan, slots: Iterable[Subject]) -> Iterator[JobChange]:
    """Apply the plan's patch to the live job list and yield what it makes of each job that it touches.

    Raises:
        StalePlan: a job is gone or is not what the patch tests for.
    """
    jobs = {job.id: job for job in live.jobs.jobs}
    places = {subject.slot.job_id: subject.slot for subject in slots if subject.slot.job_id}
    touched = _touched(plan.patches.jobs)
    document = job_document(job_facts(jobs[job_id]) for job_id in touched if job_id in jobs)
    try:
        patched = jsonpatch.apply_patch(document, list(plan.patches.jobs))
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise StalePlan(
            f"a job is not what this plan was made for: {error}", hint="plan again: tactician plan --out FILE"
        ) from error
    for job_id, keys in touched.items():
        job, slot = jobs[job_id], places[job_id]
        yield JobChange(
            address=slot.address,
            id=job_id,
            keys=keys,
            before=values(choice_of(job, keys)),
            after=_after(patched["jobs"][job_id], keys),
            effective_before=str(slot.effective.primary) if slot.effective else None,
            revision_before=job.revision,
        )


def _touched(operations: Iterable[Operation]) -> dict[str, tuple[JobKey, ...]]:
    """Return the keys that are written of each job, in the order of the plan; a choice is always written whole."""
    found: dict[str, dict[JobKey, None]] = {}
    for operation in operations:
        _, job_id, *place = tokens(str(operation["path"]))
        written = found.setdefault(job_id, {})
        key = _WRITTEN.get(tuple(place))
        if key in CHOICE:
            written |= dict.fromkeys(CHOICE)
        elif key is not None and operation["op"] != "test":
            written[key] = None
    return {job_id: tuple(written) for job_id, written in found.items()}


def _after(job: Mapping[str, Json], keys: tuple[JobKey, ...]) -> JobValues:
    found = {}
    for place, key in _WRITTEN.items():
        value: Json = job
        for step in place:
            value = value.get(step) if isinstance(value, Mapping) else None
        if key in keys and value is not None:
            found[key] = value
    return JobValues.model_validate(found)
