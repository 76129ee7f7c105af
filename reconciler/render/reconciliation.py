"""A run of the reconcile loop in one line, and what its owner is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from reconciler.jsontypes import Json, JsonObject
from reconciler.ledger.reconciliation import Reconciliation
from reconciler.render.amounts import duration
from reconciler.text import printable


_AT_MOST = 600
_NAMED = 3
_TROUBLE = frozenset({"refused", "failed", "waiting", "partial"})


def line(run: Reconciliation) -> str:
    """Return when it was, in which mode, and what became of it."""
    return printable(f"{run.at:%Y-%m-%d %H:%M} UTC {run.mode}: {words(run)}", at_most=_AT_MOST)


def words(run: Reconciliation) -> str:
    """Return what became of a run, why not more, and what was told."""
    return "; ".join((_outcome(run), *_more(run)))


def last_text(run: Reconciliation, now: datetime) -> str:
    """Tell when the loop ran last, what it decided, and for each change that it did not make why."""
    lines = [
        printable(f"reconciled {duration(now - run.at)} ago ({run.mode}): {_outcome(run)}", at_most=_AT_MOST)
    ]
    problems = run.problems if run.outcome in _TROUBLE else ()
    lines += [printable(f"  {problem}", at_most=_AT_MOST) for problem in problems]
    lines += [printable(f"  {each.address}: {each.reason}", at_most=_AT_MOST) for each in run.left_alone]
    if run.retry_at and run.retry_at > now:
        lines.append(f"  next try after {run.retry_at:%Y-%m-%d %H:%M} UTC")
    return "\n".join(lines) + "\n"


def runs_text(runs: Sequence[Reconciliation]) -> str:
    """Return a line for each run, in the given order."""
    return "".join(f"{line(run)}\n" for run in runs) or "Nothing was reconciled yet.\n"


def notification(run: Reconciliation) -> JsonObject:
    """Return what a command or webhook of the owner gets."""
    texts: list[Json] = [alarm.text for alarm in run.alarms]
    texts += [f"{each.address}: {each.reason}" for each in run.interventions]
    return {
        "apiVersion": run.api_version,
        "kind": "Notification",
        "at": run.at.isoformat(),
        "host": run.host,
        "text": "\n".join(map(str, texts)),
        "alarms": [alarm.dump() for alarm in run.alarms],
        "interventions": [each.dump() for each in run.interventions],
    }


def _outcome(run: Reconciliation) -> str:
    made = f"{len(run.changed)} of {_changes(run.wanted)} made ({_some(run.changed)}), record {run.record}"
    return {
        "observed": f"facts recorded in {run.file}, nothing decided",
        "planned": f"{_changes(run.wanted)} planned, nothing written: tactician show {run.file}",
        "in-sync": "nothing to change",
        "held-back": f"{_changes(run.wanted)} wanted, none made",
        "applied": made,
        "partial": f"{made}, not all went well",
        "waiting": f"not tried: {_runs(run.failures)} failed",
    }.get(run.outcome, run.outcome)


def _more(run: Reconciliation) -> Iterator[str]:
    if run.outcome in _TROUBLE and run.problems:
        yield run.problems[0]
    if run.left_alone:
        first, *others = run.left_alone
        yield f"{first.address}: {first.reason}" + (f" ({len(others)} more left alone)" if others else "")
    for each in run.interventions:
        yield f"{each.address}: {each.reason}"
    for alarm in run.alarms:
        yield alarm.text
    if run.retry_at:
        yield f"next try after {run.retry_at:%H:%M} UTC"


def _changes(count: int) -> str:
    return f"{count} change{'s' * (count != 1)}"


def _runs(count: int) -> str:
    return "the last run" if count == 1 else f"the last {count} runs"


def _some(addresses: tuple[str, ...]) -> str:
    rest = len(addresses) - _NAMED
    return ", ".join(addresses[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
