"""Records of applies for the tests of auto mode."""

from __future__ import annotations

from datetime import datetime, timedelta

from reconciler.ledger.record import JobChange, JobValues, Outcome, Record, SlotChange, Trigger
from reconciler.plan.model import PlanHost


HOST = PlanHost(id="host-1", label="a test host", version="2026.9.6", layout="modern")


def record(
    at: datetime,
    *changes: tuple[str, str, str],
    trigger: Trigger | None = "auto",
    outcome: Outcome = "done",
    host: str = "host-1",
    confirm_within: timedelta | None = None,
) -> Record:
    """Record the apply of *changes* of jobs: name, model before, model after."""
    return Record(
        id=f"r-{at:%d%H%M}",
        action="apply",
        created_at=at,
        status="done",
        host=HOST.model_copy(update={"id": host}),
        plan=f"sha256:{at:%d%H%M}",
        trigger=trigger,
        confirm_by=confirm_within and at + confirm_within,
        addresses=tuple(f"job/{name}" for name, _, _ in changes),
        slots=tuple(SlotChange(address=f"job/{name}", before=old, after=new) for name, old, new in changes),
        jobs=tuple(
            JobChange(
                address=f"job/{name}",
                id=f"id-{name}",
                before=JobValues(model=old),
                after=JobValues(model=new),
                revision_before="r1",
                revision_after="r2" if outcome == "done" else None,
                outcome=outcome,
            )
            for name, old, new in changes
        ),
    )
