"""Heartbeats as the scheduled runs that they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.facts.model import HEARTBEAT, History, HostFacts, JobFacts
from reconciler.jsontypes import Json
from reconciler.openclaw.roster import branch, read_roster


_DEFAULT_MS: Final = 30 * 60_000
"""How often OpenClaw wakes an agent where nothing is written."""
_SPAN: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h|d)?")
_UNIT_MS: Final = {"ms": 1, "s": 1000, "m": 60_000, "": 60_000, "h": 3_600_000, "d": 86_400_000}


def with_heartbeats(host: HostFacts, histories: Sequence[History]) -> tuple[JobFacts, ...]:
    """Return the host's jobs with its heartbeats, each under the id by which the histories know it.

    Newer hosts list heartbeats as jobs of their own. Where they do not, an agent is taken to be woken as often as
    its configuration says, if the histories know of a heartbeat.
    """
    jobs = tuple(_renamed(job) for job in host.jobs)
    listed = {job.id for job in jobs}
    beating = {use.job for history in histories for use in history.jobs if use.job.startswith(HEARTBEAT)}
    return (*jobs, *(_woken(host, name) for name in sorted(beating - listed)))


def _renamed(job: JobFacts) -> JobFacts:
    key = job.declaration_key or ""
    if not key.startswith(HEARTBEAT):
        return job
    return job.model_copy(update={"id": key, "name": _name(key)})


def _woken(host: HostFacts, name: str) -> JobFacts:
    every = every_ms(host, name.removeprefix(HEARTBEAT))
    schedule: dict[str, Json] = {"kind": "every", "everyMs": every}
    return JobFacts(
        id=name,
        name=_name(name),
        enabled=every > 0,
        schedule=schedule,
        payload_kind="heartbeat",
        revision="",
    )


def every_ms(host: HostFacts, agent: str) -> int:
    """Return how often an agent is woken, in milliseconds; 0 where its heartbeat is off."""
    return next(_written(host, agent), _DEFAULT_MS)


def _written(host: HostFacts, agent: str) -> Iterator[int]:
    """Yield what the configuration says of it, the nearest first."""
    own = read_roster(host.config).agent(agent)
    shared = branch(host.config, "agents", "defaults")
    for settings in (own.settings if own else {}, shared):
        every = branch(settings, "heartbeat").get("every")
        if isinstance(every, str) and (parts := _parts(every)):
            yield int(sum(float(count) * _UNIT_MS[unit] for count, unit in parts))


def _parts(written: str) -> list[tuple[str, str]]:
    """Return count and unit of each part of a span such as `1h30m`; nothing where it is none."""
    text = "".join(written.lower().split())
    parts = [(found[1], found[2] or "") for found in _SPAN.finditer(text)]
    return parts if text and not _SPAN.sub("", text) else []


def _name(key: str) -> str:
    return f"heartbeat of {key.removeprefix(HEARTBEAT)}"
