"""Between the record's form of what a job says and the host's."""

from __future__ import annotations

from reconciler.ledger.record import JobValues
from reconciler.openclaw.host import JobChoice, JobKey


def choice(values: JobValues, keys: tuple[JobKey, ...]) -> JobChoice:
    """Return the recorded values as what is to stand in a job under these keys."""
    return JobChoice(
        model=values.model,
        fallbacks=values.fallbacks,
        thinking=values.thinking,
        schedule=values.schedule,
        enabled=values.enabled,
        next_run_at_ms=values.next_run_at_ms,
        keys=keys,
    )


def values(found: JobChoice) -> JobValues:
    """Return what stands in a job as a record keeps it."""
    return JobValues(
        model=found.model,
        fallbacks=found.fallbacks,
        thinking=found.thinking,
        schedule=None if found.schedule is None else dict(found.schedule),
        enabled=found.enabled,
        next_run_at_ms=found.next_run_at_ms,
    )
