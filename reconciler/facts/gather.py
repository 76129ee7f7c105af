from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

from reconciler.facts import work
from reconciler.facts.model import (
    Facts,
    HostFacts,
    HostModel,
    JobFacts,
    LocalServer,
    PromptFacts,
    PromptPart,
    Reading,
    SchedulerFacts,
    UsageFacts,
)
from reconciler.facts.redact import model_settings
from reconciler.ledger.moments import from_ms
from reconciler.openclaw.host import Host, Snapshot
from reconciler.openclaw.jobs import Job, JobState, schedule_json
from reconciler.openclaw.roster import Layout, read_roster
from reconciler.tasks.parts import Part, parts_of
from reconciler.tasks.signals import Signals, signals_of


Quota = Callable[[Snapshot], tuple[tuple[Reading, ...], tuple[str, ...]]]
"""Tells the readings of the accounts, and of which nothing is known, given what the host told."""


def no_quota(_snapshot: Snapshot) -> tuple[tuple[Reading, ...], tuple[str, ...]]:
    """Know nothing of any quota."""
    return (), ()


Worked = Callable[[Snapshot], work.Work]
"""Tells what the host's jobs and agents do, given what the host told."""


def no_work(_snapshot: Snapshot) -> work.Work:
    """Know nothing of what was done."""
    return work.NO_WORK


_LAST_MS: Final = 253_402_300_799_000  # the year 9999
_LAYOUTS = {Layout.MODERN: "modern", Layout.LEGACY: "legacy", Layout.NONE: "none"}


def gather(
    host: Host,
    *,
    now: datetime,
    servers: tuple[LocalServer, ...] = (),
    quota: Quota = no_quota,
    done: Worked = no_work,
) -> Facts:
    """Read the world once and keep what may be kept, with the local servers that were found.

    *done* tells what was used and then *quota* where the accounts stand, given what the host told: what was
    used is counted before it is held against a limit.

    Raises:
        ReconcilerError: the host cannot be read at all; lesser troubles become `problems`.
    """
    snapshot = host.read()
    found = facts_of(snapshot, now=now, done=done(snapshot))
    readings, problems = quota(snapshot)
    problems = (*found.problems, *problems)
    return found.model_copy(update={"readings": readings, "problems": problems, "servers": servers})


def facts_of(snapshot: Snapshot, *, now: datetime, done: work.Work = work.NO_WORK) -> Facts:
    """Turn a reading of the host, which is private, into facts, which may be shown and kept."""
    config = model_settings(snapshot.source.value)
    jobs = tuple(job_facts(job, done.usage.get(("job", job.id))) for job in snapshot.jobs.jobs)
    problems = [f"job {problem.id}: {problem.reason}" for problem in snapshot.jobs.problems]
    return Facts(
        taken_at=now.replace(microsecond=0),
        host=HostFacts(
            id=snapshot.id,
            label=snapshot.label,
            version=snapshot.version,
            layout=_LAYOUTS[read_roster(config).layout],
            jobs_from=snapshot.jobs_from,
            gateway=snapshot.gateway,
            config=config,
            jobs=jobs,
            agents=done.agents(),
            models=tuple(
                HostModel(
                    ref=model.ref,
                    context_window=model.context_window,
                    available=model.available,
                    reason=model.reason,
                    passing=model.passing,
                )
                for model in snapshot.models
            ),
        ),
        problems=(*snapshot.problems, *done.problems, *problems, *_secrets(jobs)),
    )


def job_facts(job: Job, usage: UsageFacts | None = None) -> JobFacts:
    signals = signals_of(job.message) if job.payload_kind == "agentTurn" else None
    return JobFacts(
        id=job.id,
        name=job.name,
        enabled=job.enabled,
        agent_id=job.agent_id,
        effective_agent_id=job.effective_agent_id,
        declaration_key=job.declaration_key,
        account_owned=job.account_owned,
        session_target=job.session_target,
        schedule=schedule_json(job.schedule),
        payload_kind=job.payload_kind,
        model=job.model,
        fallbacks=job.fallbacks,
        thinking=job.thinking,
        prompt=signals and prompt_facts(signals, parts_of(job.message)),
        usage=usage,
        scheduler=_scheduler(job.state),
        revision=job.revision,
    )


def prompt_facts(signals: Signals, parts: tuple[Part, ...] = ()) -> PromptFacts:
    return PromptFacts(
        sha256=signals.sha256,
        chars=signals.chars,
        words=dict(signals.words),
        leads=signals.leads,
        shape=dict(signals.shape),
        addressed=signals.addressed,
        secret=signals.secret,
        parts=tuple(
            PromptPart(
                begin=part.begin, end=part.end, shared=part.shared, features=prompt_facts(part.signals)
            )
            for part in parts
        )
        or None,
    )


def _secrets(jobs: Iterable[JobFacts]) -> Iterator[str]:
    for job in jobs:
        if job.prompt and job.prompt.secret:
            yield f"job {job.id}: its prompt holds what looks like a key or password; move it to where OpenClaw keeps secrets"


def _scheduler(state: JobState) -> SchedulerFacts | None:
    found = SchedulerFacts(
        next_run_at=_moment(state.next_run_at_ms),
        last_run_at=_moment(state.last_run_at_ms),
        errors=max(0, state.consecutive_errors or 0),
    )
    return None if found == SchedulerFacts() else found


def _moment(ms: int | None) -> datetime | None:
    """Return a time that the host told; None for one that no calendar holds."""
    return from_ms(ms) if ms is not None and 0 <= ms <= _LAST_MS else None
