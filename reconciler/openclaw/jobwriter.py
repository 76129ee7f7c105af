from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from reconciler.errors import ReconcilerError, Refused, StalePlan
from reconciler.jsontypes import Json
from reconciler.openclaw.atomic import replace_file
from reconciler.openclaw.bounded import read_bytes
from reconciler.openclaw.gateway import Gateway
from reconciler.openclaw.gateway_errors import RpcError
from reconciler.openclaw.host import JobChoice, choice_of
from reconciler.openclaw.jobs import Job, JobList
from reconciler.openclaw.jobstore import JobStore, list_jobs, rewrite_jobs_json
from reconciler.openclaw.version import Capabilities, capabilities, parse_version


_LONGEST_WAIT = 90.0  # seconds; the host's limit is thirty writes a minute


@dataclass(frozen=True, slots=True)
class Patience:
    """How to wait for the host's limit, and how to say so."""

    pause: Callable[[float], None]
    tell: Callable[[str], None]


def update_by_gateway(gateway: Gateway, job: Job, wanted: JobChoice, patience: Patience) -> None:
    """Write a job's choice by `cron.update`, provided that the job is still what *job* says.

    Raises:
        StalePlan: somebody changed the job.
        RpcError: the gateway refuses.
        GatewayTimeout, GatewayClosed: no answer; whether it was written is to be seen by reading.
    """
    caps = capabilities(parse_version(gateway.server_version or ""))
    params: dict[str, Json] = {"id": job.id, "patch": _patch(job, wanted, caps)}
    if caps.config_revision:
        params["expectedConfigRevision"] = job.revision
    else:  # an old gateway compares nothing, so the look comes as late as it can
        same_revision(job, list_jobs(gateway.call))
    waited = 0.0
    while True:
        try:
            gateway.call("cron.update", params)
        except RpcError as error:
            wait = (error.retry_after_ms or 0) / 1000
            if not error.retryable or wait == 0 or waited + wait > _LONGEST_WAIT:
                raise _changed(job) if error.detail_code == "CRON_JOB_CHANGED" else error from error
            patience.tell(f"the gateway takes thirty changes a minute: going on in {wait:.0f} s")
            patience.pause(wait)
            waited += wait
        else:
            return


def update_in_file(store: JobStore, job: Job, wanted: JobChoice) -> None:
    """Write a job's choice into an early `jobs.json` that no gateway holds.

    Raises:
        StalePlan: somebody changed the job.
        Refused: its next run is to be moved, which only a gateway can do.
        ReconcilerError: the file cannot be written.
    """
    assert store.path is not None
    if "nextRunAtMs" in wanted.keys:
        raise Refused(
            f"the next run of the job {job.id} can only be moved through the gateway",
            hint="start the gateway: openclaw gateway start; without it no job runs anyway",
        )
    data = read_bytes(store.path)
    same_revision(job, store.read())
    new = rewrite_jobs_json(data.decode(), {job.id: _in_file(wanted)})
    encoded = new.encode(errors="backslashreplace")  # half a surrogate pair stays the escape that it was
    replace_file(store.path, encoded, expected_sha256=hashlib.sha256(data).hexdigest())


def _in_file(wanted: JobChoice) -> dict[str, Json]:
    found: dict[str, Json] = {
        "model": wanted.model,
        "fallbacks": None if wanted.fallbacks is None else list(wanted.fallbacks),
        "thinking": wanted.thinking,
        "schedule": wanted.schedule,
        "enabled": wanted.enabled,
    }
    return {key: value for key, value in found.items() if key in wanted.keys}


def find_job(job: Job, listed: JobList) -> Job:
    found = next((other for other in listed.jobs if other.id == job.id), None)
    if found is None:
        raise StalePlan(f"the job {job.id} is gone", hint="plan again")
    return found


def same_revision(job: Job, listed: JobList) -> None:
    if find_job(job, listed).revision != job.revision:
        raise _changed(job)


def _patch(job: Job, wanted: JobChoice, caps: Capabilities) -> dict[str, Json]:
    """Say only what changes, and `null` for what is to be absent.

    A schedule is said even where it stays: the host then counts its next run anew.
    """
    patch: dict[str, Json] = {}
    if wanted.schedule is not None:
        patch["schedule"] = wanted.schedule
    if wanted.enabled is not None:
        patch["enabled"] = wanted.enabled
    if wanted.next_run_at_ms is not None:
        patch["state"] = {"nextRunAtMs": wanted.next_run_at_ms}
    payload = _payload(job, wanted, caps)
    return patch if patch and payload.keys() == {"kind"} else {"payload": payload, **patch}


def _payload(job: Job, wanted: JobChoice, caps: Capabilities) -> dict[str, Json]:
    now = choice_of(job, wanted.keys)
    payload: dict[str, Json] = {"kind": job.payload_kind}
    if wanted.model != now.model:
        payload["model"] = wanted.model
    if wanted.fallbacks != now.fallbacks and caps.job_fallbacks:
        payload["fallbacks"] = None if wanted.fallbacks is None else list(wanted.fallbacks)
    if wanted.thinking != now.thinking:
        payload["thinking"] = wanted.thinking
    return payload


def _changed(job: Job) -> ReconcilerError:
    return StalePlan(f"the job {job.id} was changed by somebody else just now", hint="plan again")
