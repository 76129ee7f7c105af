"""What becomes of an apply that is undone unless it is confirmed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from reconciler.ledger.moments import to_ms
from reconciler.ledger.record import Record
from reconciler.ledger.usage import Run
from reconciler.loop.watch import settled_at


def pending(record: Record) -> bool:
    """Tell whether an apply still waits for its confirmation."""
    waits = record.confirm_by is not None and record.confirmed_at is None
    return waits and record.action == "apply" and record.wrote and not record.undone_by


def verdict(record: Record, runs: Sequence[Run], now: datetime) -> Literal["waiting", "proven", "due"]:
    """Judge an apply that is `pending`.

    It is proven once the next run of every job that it changed succeeded in time; what stands in `openclaw.json`
    has no runs that would prove it. Otherwise it is due to be undone at its time.
    """
    assert record.confirm_by is not None
    if _only_jobs(record) and all(_succeeded(record, change.id, runs) for change in record.jobs):
        return "proven"
    return "due" if now >= record.confirm_by else "waiting"


def _only_jobs(record: Record) -> bool:
    return bool(record.jobs) and not record.files


def _succeeded(record: Record, job: str, runs: Sequence[Run]) -> bool:
    assert record.confirm_by is not None
    begin, end = to_ms(settled_at(record)), to_ms(record.confirm_by)
    own = [run for run in runs if run.job == job and run.status != "skipped" and begin <= run.run_at < end]
    return bool(own) and min(own, key=lambda run: run.run_at).status == "ok"
