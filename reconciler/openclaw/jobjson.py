from __future__ import annotations

import hashlib
import json
import math
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import TypeGuard

from reconciler.jsontypes import Json, JsonObject
from reconciler.openclaw.jobs import (
    AtSchedule,
    CronSchedule,
    EverySchedule,
    Job,
    JobList,
    JobProblem,
    JobState,
    OtherSchedule,
    Schedule,
)
from reconciler.openclaw.roster import branch


MAX_ID_LENGTH = 200  # OpenClaw makes UUIDs; what is longer is not one of its ids

_NOT_DEFINITION = frozenset(
    {
        "configRevision",
        "deliverySuppressionReason",
        "effectiveAgentId",
        "lastDelivered",
        "lastDeliveryError",
        "lastDeliveryStatus",
        "lastFailureNotificationDelivered",
        "lastFailureNotificationDeliveryError",
        "lastFailureNotificationDeliveryStatus",
        "lastRunAtMs",
        "lastRunError",
        "lastRunStatus",
        "nextRunAtMs",
        "state",
        "status",
        "updatedAtMs",
    }
)


class JobError(ValueError):
    """One job is not what any known OpenClaw writes; the text says which key and why, without its value."""


def read_jobs(items: Iterable[Json]) -> JobList:
    """Read every job of a store or of `cron.list`; one malformed job never hides the others."""
    jobs: dict[str, Job] = {}
    problems: list[JobProblem] = []
    for position, item in enumerate(items):
        label = _label(item, position)
        try:
            job = read_job(item)
        except JobError as malformed:
            problems.append(JobProblem(label, str(malformed)))
            continue
        except RecursionError:
            problems.append(JobProblem(label, "it is nested too deeply"))
            continue
        if job.id in jobs:
            problems.append(JobProblem(label, "another job has the same id"))
        else:
            jobs[job.id] = job
    return JobList(tuple(jobs.values()), tuple(problems))


def read_job(item: Json) -> Job:
    """Read one job.

    Raises:
        JobError: a key that we need is missing or of another type.
    """
    if not isinstance(item, Mapping):
        raise JobError("it is not an object")
    payload = _object(item, "payload")
    job_id = _job_id(item)
    return Job(
        id=job_id,
        name=_text(item, "name") or job_id,
        enabled=_flag(item, "enabled", absent=True),
        agent_id=_text(item, "agentId"),
        effective_agent_id=_text(item, "effectiveAgentId"),
        declaration_key=_text(item, "declarationKey"),
        session_target=_text(item, "sessionTarget"),
        schedule=read_schedule(_object(item, "schedule")),
        payload_kind=_required(payload, "kind", "payload.kind"),
        message=_text(payload, "message") or _text(payload, "text") or "",
        model=_text(payload, "model"),
        fallbacks=_texts(payload, "fallbacks"),
        thinking=_text(payload, "thinking"),
        timeout_seconds=_number(payload, "timeoutSeconds"),
        tools=_texts(payload, "toolsAllow"),
        delete_after_run=_flag(item, "deleteAfterRun", absent=False),
        config_revision=_text(item, "configRevision"),
        digest=definition_digest(item),
        state=_state(item.get("state")),
        account_owned=branch(item, "scheduledToolPolicy").get("mode") == "account",
    )


def definition_digest(job: JsonObject) -> str:
    """Digest what a job is, not what happened to it.

    The formula is that of OpenClaw 2026.9.6 (`configRevision`): the keys that the scheduler maintains left out,
    the rest as JSON with sorted keys and no spaces, SHA-256, base64url without padding.
    """
    definition = {key: value for key, value in job.items() if key not in _NOT_DEFINITION}
    text = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return f"sha256:{urlsafe_b64encode(digest).decode('ascii').rstrip('=')}"


def _label(item: Json, position: int) -> str:
    found = item.get("id") if isinstance(item, Mapping) else None
    usable = isinstance(found, str) and found.isprintable() and 0 < len(found) <= MAX_ID_LENGTH
    return found if usable and isinstance(found, str) else f"#{position}"


def _job_id(item: JsonObject) -> str:
    found = _required(item, "id", "id")
    if not found.isprintable() or len(found) > MAX_ID_LENGTH:
        raise JobError("its id is longer than an id can be or holds control characters")
    return found


def read_schedule(raw: JsonObject) -> Schedule:
    """Read a schedule as the host writes it.

    Raises:
        JobError: a key that its kind needs is missing or of another type.
    """
    kind = _required(raw, "kind", "schedule.kind")
    match kind:
        case "cron":
            expr = _required(raw, "expr", "schedule.expr")
            return CronSchedule(expr, _text(raw, "tz"), _whole(raw, "staggerMs"))
        case "every":
            every = _whole(raw, "everyMs")
            if every is None or every <= 0:
                raise JobError("schedule.everyMs is not a positive number")
            return EverySchedule(every, _whole(raw, "anchorMs"))
        case "at":
            return AtSchedule(_required(raw, "at", "schedule.at"))
    return OtherSchedule(kind)


def _state(raw: Json) -> JobState:
    """Read what we can: the scheduler's memory is a hint, and a strange one must not hide the job."""
    if not isinstance(raw, Mapping):
        return JobState()
    status = raw.get("lastRunStatus", raw.get("lastStatus"))
    reason = raw.get("lastErrorReason")
    return JobState(
        next_run_at_ms=_lenient(raw.get("nextRunAtMs")),
        last_run_at_ms=_lenient(raw.get("lastRunAtMs")),
        last_status=status if isinstance(status, str) else None,
        last_error_reason=reason if isinstance(reason, str) else None,
        last_duration_ms=_lenient(raw.get("lastDurationMs")),
        consecutive_errors=_lenient(raw.get("consecutiveErrors")),
    )


def _lenient(value: Json) -> int | None:
    return int(value) if _is_number(value) else None


def _object(raw: JsonObject, key: str) -> JsonObject:
    found = raw.get(key)
    if not isinstance(found, Mapping):
        raise _not(key, "an object")
    return found


def _required(raw: JsonObject, key: str, name: str) -> str:
    found = raw.get(key)
    if not isinstance(found, str) or not found:
        raise _not(name, "a text")
    return found


def _text(raw: JsonObject, key: str) -> str | None:
    found = raw.get(key)
    if found is None or isinstance(found, str):
        return found
    raise _not(key, "a text")


def _texts(raw: JsonObject, key: str) -> tuple[str, ...] | None:
    found = raw.get(key)
    if found is None:
        return None
    if isinstance(found, list | tuple) and all(isinstance(entry, str) for entry in found):
        return tuple(str(entry) for entry in found)
    raise _not(key, "a list of texts")


def _flag(raw: JsonObject, key: str, *, absent: bool) -> bool:
    found = raw.get(key)
    if found is None:
        return absent
    if isinstance(found, bool):
        return found
    raise _not(key, "true or false")


def _whole(raw: JsonObject, key: str) -> int | None:
    found = _number(raw, key)
    return None if found is None else int(found)


def _number(raw: JsonObject, key: str) -> float | None:
    found = raw.get(key)
    if found is None:
        return None
    if _is_number(found):
        return float(found)
    raise _not(key, "a number")


def _is_number(value: Json) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _not(key: str, wanted: str) -> JobError:
    return JobError(f"{key} is not {wanted}")
