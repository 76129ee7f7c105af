"""What each slot used lately, counted from the ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from reconciler.facts.model import UsageFacts
from reconciler.ledger import usage
from reconciler.ledger.moments import to_ms
from reconciler.ledger.usage import Span, Tally


PERIOD = timedelta(days=30)
"""How far back usage counts: a job that was changed a month ago is another job."""
Who = tuple[Literal["job", "agent", "heartbeat"], str]
_DAY_MS = 86_400_000


@dataclass(slots=True)
class _Slot:
    first: int | None = None
    largest: int = 0
    answered: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    models: dict[str, int] = field(default_factory=dict)


def usage_facts(ledger: sqlite3.Connection, now: datetime) -> Mapping[Who, UsageFacts]:
    """Return what every job, every agent and every agent's heartbeat used in the last 30 days before *now*."""
    begin = now - PERIOD
    found: dict[Who, _Slot] = {}
    for key, tally in usage.grouped(
        ledger, begin, now, by=("job", "agent", "kind", "provider", "model")
    ).items():
        job, agent, kind, provider, model = key
        _count(found.setdefault(_who(job, agent, kind), _Slot()), tally, f"{provider}/{model}")
    for (job, agent, kind), span in usage.spans(ledger, begin, now).items():
        _widen(found.setdefault(_who(job, agent, kind), _Slot()), span)
    ended: dict[str, list[bool]] = {}
    for run in usage.runs(ledger, begin, now):
        if run.status != "skipped":
            ended.setdefault(run.job, []).append(run.status == "ok")
            _widen(found.setdefault(("job", run.job), _Slot()), Span(run.run_at, 0))
    return {
        who: _facts(slot, ended.get(who[1], []) if who[0] == "job" else [], now)
        for who, slot in sorted(found.items())
    }


def _who(job: str, agent: str, kind: str) -> Who:
    if job:
        return "job", job
    return ("heartbeat", agent) if kind == "heartbeat" else ("agent", agent)


def _count(slot: _Slot, tally: Tally, ref: str) -> None:
    slot.answered += tally.messages
    counts = {
        "requests": tally.requests,
        "unmetered": tally.estimated,
        "input": tally.input,
        "output": tally.output,
        "cache_read": tally.cache_read,
        "cache_write": tally.cache_write,
    }
    for name, count in counts.items():
        slot.sums[name] = slot.sums.get(name, 0) + count
    slot.models[ref] = slot.models.get(ref, 0) + tally.requests


def _widen(slot: _Slot, span: Span) -> None:
    slot.first = span.first if slot.first is None else min(slot.first, span.first)
    slot.largest = max(slot.largest, span.largest)


def _facts(slot: _Slot, ended: list[bool], now: datetime) -> UsageFacts:
    age = to_ms(now) - (slot.first if slot.first is not None else to_ms(now))
    return UsageFacts(
        days=max(1, -(-age // _DAY_MS)),
        runs=len(ended) or slot.answered,
        failed=ended.count(False),
        largest_request=slot.largest,
        models=dict(sorted(slot.models.items())),
        **slot.sums,
    )
