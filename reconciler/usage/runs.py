"""The host's history of job runs, which it forgets after a week: entries of `cron.runs`, of its files and its database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from reconciler.ledger.usage import Run


_AGENT = re.compile(r"^agent:([^:]+):")
_MOST = 2**53


class _Usage(msgspec.Struct):
    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cache_read_tokens: int | None = None
    cache_write_tokens: int = 0


class _Entry(msgspec.Struct, rename="camel"):
    ts: int
    action: str = "finished"
    job_id: str = ""
    agent_id: str | None = None
    status: str | None = None
    error_reason: str | None = None
    run_at_ms: int | None = None
    duration_ms: int | None = None
    session_id: str | None = None
    session_key: str | None = None
    provider: str | None = None
    model: str | None = None
    usage: _Usage | None = msgspec.field(default=None, name="usage")


def read_runs(entries: Iterable[bytes | str], *, job: str = "") -> Iterator[Run]:
    """Yield the finished runs among JSON *entries*, leaving out what is none; *job* stands where an entry names none."""
    for entry in entries:
        try:
            found = msgspec.json.decode(entry, type=_Entry)
        except (msgspec.DecodeError, RecursionError):
            continue
        if run := _run(found, job):
            yield run


def convert_runs(entries: Iterable[object]) -> Iterator[Run]:
    """Yield the finished runs among the `entries` of an answer to `cron.runs`, leaving out what is none."""
    for entry in entries:
        try:
            found = msgspec.convert(entry, type=_Entry)
        except msgspec.ValidationError:
            continue
        if run := _run(found, ""):
            yield run


def _run(entry: _Entry, job: str) -> Run | None:
    job = entry.job_id or job
    run_at = entry.ts if entry.run_at_ms is None else entry.run_at_ms
    if entry.action != "finished" or not job or not 0 < run_at < _MOST:
        return None
    agent = entry.agent_id
    if agent is None and (found := _AGENT.match(entry.session_key or "")):
        agent = found[1]
    return Run(
        job=job,
        run_at=run_at,
        agent=agent or "",
        session=entry.session_id or "",
        status=entry.status or "unknown",
        reason=entry.error_reason,
        provider=entry.provider or "",
        model=entry.model or "",
        duration_ms=_bounded(entry.duration_ms or 0),
        **_tokens(entry.usage),
    )


def _tokens(usage: _Usage | None) -> dict[str, int]:
    if usage is None:
        return {"input": 0, "output": 0, "cache_read": 0, "cache_write": 0, "reported": 0}
    into, out, write = map(_bounded, (usage.input_tokens, usage.output_tokens, usage.cache_write_tokens))
    cached = usage.cache_read_tokens
    if cached is None:
        # Early 2026 leaves the cached tokens out, and the output out of the total; a plain sum means nothing was cached.
        cached = 0 if usage.total_tokens == into + out else usage.total_tokens - into
    return {
        "input": into,
        "output": out,
        "cache_read": _bounded(cached),
        "cache_write": write,
        "reported": 1,
    }


def _bounded(number: int) -> int:
    return min(max(number, 0), _MOST)
