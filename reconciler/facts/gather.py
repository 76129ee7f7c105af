from __future__ import annotations

from datetime import datetime

from reconciler.facts.model import Facts, HostFacts, HostModel, JobFacts, LocalServer, PromptFacts
from reconciler.facts.redact import model_settings
from reconciler.jsontypes import Json
from reconciler.openclaw.host import Host, Snapshot
from reconciler.openclaw.jobs import AtSchedule, CronSchedule, EverySchedule, Job, Schedule
from reconciler.openclaw.roster import Layout, read_roster
from reconciler.tasks.signals import signals_of


_LAYOUTS = {Layout.MODERN: "modern", Layout.LEGACY: "legacy", Layout.NONE: "none"}


def gather(host: Host, *, now: datetime, servers: tuple[LocalServer, ...] = ()) -> Facts:
    """Read the world once and keep what may be kept, with the local servers that were found.

    Raises:
        ReconcilerError: the host cannot be read at all; lesser troubles become `problems`.
    """
    facts = facts_of(host.read(), now=now)
    return facts.model_copy(update={"servers": servers}) if servers else facts


def facts_of(snapshot: Snapshot, *, now: datetime) -> Facts:
    """Turn a reading of the host, which is private, into facts, which may be shown and kept."""
    config = model_settings(snapshot.source.value)
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
            jobs=tuple(job_facts(job) for job in snapshot.jobs.jobs),
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
        problems=(*snapshot.problems, *problems),
    )


def job_facts(job: Job) -> JobFacts:
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
        schedule=_schedule(job.schedule),
        payload_kind=job.payload_kind,
        model=job.model,
        fallbacks=job.fallbacks,
        thinking=job.thinking,
        prompt=signals and PromptFacts(sha256=signals.sha256, chars=signals.chars, words=dict(signals.words)),
        revision=job.revision,
    )


def _schedule(schedule: Schedule) -> dict[str, Json]:
    match schedule:
        case CronSchedule(expr, tz, stagger):
            found: dict[str, Json] = {"kind": "cron", "expr": expr, "tz": tz, "staggerMs": stagger}
        case EverySchedule(every, anchor):
            found = {"kind": "every", "everyMs": every, "anchorMs": anchor}
        case AtSchedule(at):
            found = {"kind": "at", "at": at}
        case _:
            found = {"kind": schedule.kind}
    return {key: value for key, value in found.items() if value is not None}
