"""How the runs of a changed job fare: as before, or badly enough to move it back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Final, Literal

from reconciler.ledger.moments import from_ms
from reconciler.ledger.record import JobChange, Record
from reconciler.ledger.usage import Run
from reconciler.openclaw.refs import split_profile
from reconciler.policy.document import Safety


Watching = Literal["watching", "well", "badly"]
LONGEST: Final = timedelta(days=14)
"""How long after an apply its jobs are followed at most, and how far before it their runs are looked at."""
_SETTLING: Final = timedelta(minutes=1)
_EACH: Final = timedelta(seconds=3)
"""A run that began while the jobs were being written, 30 of them a minute, tells nothing of either model."""
_MORE: Final = 1 / 3
"""So much larger than before the share of failed runs has to be: runs fail for other reasons than their model, too."""
_COMPARABLE: Final = 3
_NOTICED: Final = 10_000
"""Milliseconds; a run that takes less than that longer is not slow, whatever the factor."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A job that a record changed: *seen* of *of* runs are over; *why* tells what went badly."""

    address: str
    record: str
    state: Watching
    seen: int
    of: int
    why: str = ""


def watched(
    records: Iterable[Record], runs: Sequence[Run], safety: Safety, *, host: str, now: datetime
) -> tuple[Watched, ...]:
    """Judge every job of *host* by its first runs since the apply that changed it last, and those before it.

    *runs* are of the time since `LONGEST` before the oldest of these applies. What was rolled back or changed
    again is no longer watched.
    """
    last: dict[str, tuple[Record, JobChange]] = {}
    for record in sorted(records, key=lambda one: one.created_at):
        if record.host.id == host:
            last |= {change.address: (record, change) for change in record.jobs if change.outcome == "done"}
    return tuple(
        _judged(record, change, [run for run in runs if run.job == change.id], safety)
        for record, change in last.values()
        if safety.watch_runs
        and record.action == "apply"
        and not record.undone_by
        and now - record.created_at < LONGEST
    )


def settled_at(record: Record) -> datetime:
    """Return from when on a run of a job is one with what *record* wrote."""
    return record.created_at + _SETTLING + _EACH * len(record.jobs)


def _judged(record: Record, change: JobChange, runs: Sequence[Run], safety: Safety) -> Watched:
    told = sorted((run for run in runs if run.status != "skipped"), key=lambda run: run.run_at)
    before = [run for run in told if from_ms(run.run_at) < record.created_at]
    after = [run for run in told if from_ms(run.run_at) >= settled_at(record)][: safety.watch_runs]
    complete = len(after) == safety.watch_runs
    why = _elsewhere(change, after) or _failing(before, after, safety)
    if complete:
        why = why or _falling_back(change, after) or _slow(before, after, safety.max_slowdown)
    state: Watching = "badly" if why else "well" if complete else "watching"
    return Watched(change.address, record.id, state, len(after), safety.watch_runs, why)


def _elsewhere(change: JobChange, after: Sequence[Run]) -> str:
    """Tell of a run on a model that the job does not name, which is what an ignored override looks like."""
    if change.after.model is None or change.after.fallbacks is None:
        return ""  # what the job inherits is not known here
    named = {_plain(ref) for ref in (change.after.model, *change.after.fallbacks)}
    if not all("/" in ref for ref in named):
        return ""  # nor what an alias stands for
    strange = next((_ran(run) for run in after if _answered(run) and _ran(run) not in named), None)
    return f"it ran on {strange}, which it was not asked to" if strange else ""


def _failing(before: Sequence[Run], after: Sequence[Run], safety: Safety) -> str:
    failed, was = _failed(after), _failed(before)
    if failed < min(2, safety.watch_runs) or failed / len(after) < was / max(1, len(before)) + _MORE:
        return ""
    return f"{failed} of {len(after)} runs failed, {was} of {len(before)} before"


def _falling_back(change: JobChange, after: Sequence[Run]) -> str:
    answered = [_ran(run) for run in after if _answered(run)]
    if not change.after.model or not answered or _plain(change.after.model) in answered:
        return ""
    return f"every run fell back, the last one to {answered[-1]}"


def _slow(before: Sequence[Run], after: Sequence[Run], most: Decimal) -> str:
    was, now = _duration(before, at_least=_COMPARABLE), _duration(after, at_least=1)
    if was is None or now is None or now - was < _NOTICED or now <= was * float(most):
        return ""
    return f"a run takes {now / 1000:.0f} seconds, {was / 1000:.0f} before"


def _duration(runs: Sequence[Run], *, at_least: int) -> float | None:
    """Return the milliseconds of a usual run that was answered; None where there are too few to tell."""
    took = [run.duration_ms for run in runs if run.status == "ok"]
    return median(took) if len(took) >= at_least else None


def _failed(runs: Sequence[Run]) -> int:
    return sum(run.status != "ok" for run in runs)


def _answered(run: Run) -> bool:
    return run.status == "ok" and bool(run.provider and run.model)


def _ran(run: Run) -> str:
    return f"{run.provider}/{run.model}"


def _plain(ref: str) -> str:
    return split_profile(ref)[0]
