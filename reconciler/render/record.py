from __future__ import annotations

from collections.abc import Iterator

from reconciler.ledger.record import JobValues, Record
from reconciler.openclaw.host import JobKey, moment_text, schedule_text
from reconciler.text import printable


def record_text(record: Record) -> str:
    """Return what one apply or rollback did, a line per file and job."""
    return "\n".join(_lines(record)) + "\n"


def history_text(records: tuple[Record, ...]) -> str:
    """Return one line per record, newest first."""
    if not records:
        return "Nothing was applied yet.\n"
    return "".join(
        f"{record.id}  {record.created_at:%Y-%m-%d %H:%M}  {record.action:<8}  {record.status:<7}  {_what(record)}\n"
        for record in records
    )


def _what(record: Record) -> str:
    slots = f"{len(record.addresses)} slot{'s' * (len(record.addresses) != 1)}"
    if record.undoes:
        return f"{slots}, undoes {record.undoes}"
    return f"{slots}, undone" if record.undone_by else slots


def _lines(record: Record) -> Iterator[str]:
    yield f"Record {record.id}: {record.action}, {record.status}"
    for file in record.files:
        yield f"  {file.outcome:<8} {printable(file.path)}{_note(file.note)}"
    for job in record.jobs:
        change = f"{_values(job.before, job.keys)} → {_values(job.after, job.keys)}"
        yield f"  {job.outcome:<8} {job.address}: {change}{_note(job.note)}"


def _values(values: JobValues, keys: tuple[JobKey, ...]) -> str:
    return printable(", ".join(_said(values, keys)), at_most=400)


def _said(values: JobValues, keys: tuple[JobKey, ...]) -> Iterator[str]:
    if "model" in keys or "fallbacks" in keys:
        yield " + ".join((values.model or "no model", *(values.fallbacks or ())))
    if "thinking" in keys:
        yield f"thinking {values.thinking or 'not set'}"
    if "schedule" in keys:
        yield f"schedule {schedule_text(values.schedule or {})}"
    if "enabled" in keys:
        yield "enabled" if values.enabled else "disabled"
    if "nextRunAtMs" in keys:
        yield f"next run {moment_text(values.next_run_at_ms)}"


def _note(note: str | None) -> str:
    return f" ({printable(note, at_most=400)})" if note else ""
