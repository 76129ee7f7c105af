from __future__ import annotations

from reconciler.openclaw.inherit import Inheritance, JobModel, Written
from reconciler.openclaw.refs import ModelRef
from reconciler.openclaw.slot import Choice, Effective


OWN = "job"  # the source of what the job itself says; jobs that say the same come to the same
AGENT_TURN = "agentTurn"
SYSTEM_EVENT = "systemEvent"


def job_effective(host: Inheritance, job: JobModel) -> Effective:
    """Give what a job runs on: its own model, from 2026.3.1 the sub-agents', else that of its agent.

    It depends on nothing of the job but its kind, model and fallbacks.

    A system event wakes the main session, so it runs on what a heartbeat runs on. A job's own model that the
    allow list forbids stands as asked, because the run fails; 2026.3 ran it on the agent's model instead.
    """
    if job.payload_kind == SYSTEM_EVENT:
        return host.heartbeat
    asked = host.resolve(job.model) if job.model and job.model.strip() else None
    if asked is not None and not (_skips_forbidden(host) and not host.allow_list.judge(asked).allowed):
        return _with_fallbacks(host, job, asked, OWN)
    subagents = _subagents(host)
    if subagents is not None:
        ref, written = subagents
        return _with_fallbacks(host, job, ref, written.address, written)
    agent = host.turn
    if agent.choice is None:
        return agent
    return _with_fallbacks(host, job, agent.choice.primary, agent.source)


def _skips_forbidden(host: Inheritance) -> bool:
    """Seen on 2026.3.1 and read in 2026.3.22; 2026.2.9 and later releases fail the run."""
    return host.caps.string_model_inherits_fallbacks and host.caps.cron_uses_subagents


def _subagents(host: Inheritance) -> tuple[ModelRef, Written] | None:
    """Find the sub-agents' model that goes before the agent's own; a forbidden one is silently skipped."""
    if not host.caps.cron_uses_subagents:
        return None
    written = next((found for found in host.subagents_written() if found.primary), None)
    ref = host.resolve(written.primary) if written and written.primary else None
    if written is None or ref is None or not host.allow_list.judge(ref).allowed:
        return None
    return ref, written


def _with_fallbacks(
    host: Inheritance,
    job: JobModel,
    primary: ModelRef,
    source: str,
    subagents: Written | None = None,
) -> Effective:
    texts, fallbacks_source = _fallback_texts(host, job, subagents)
    refs = host.fallback_refs(primary, texts)
    agent = host.turn.choice
    if agent is not None and job.fallbacks is None and not host.own.listed:
        if host.caps.string_model_inherits_fallbacks and not _shares_fallbacks(primary, agent.primary, refs):
            refs = ()
        if host.caps.job_falls_back_to_agent and agent.primary not in (primary, *refs):
            refs = (*refs, agent.primary)
    return Effective(Choice(primary, refs), source, fallbacks_source)


def _shares_fallbacks(primary: ModelRef, agent: ModelRef, refs: tuple[ModelRef, ...]) -> bool:
    """Read in 2026.3.22: a model of another provider has the defaults' fallbacks only if it is one of them."""
    return primary.provider == agent.provider or primary in refs


def _fallback_texts(
    host: Inheritance, job: JobModel, subagents: Written | None
) -> tuple[tuple[str, ...], str]:
    if job.fallbacks is not None:
        return job.fallbacks, OWN
    if host.caps.string_model_inherits_fallbacks:
        return host.fallback_texts()
    if subagents is not None:
        for written in (host.subagents_written()[0], subagents):
            own = written.own_fallbacks(host.caps)
            if own is not None:
                return own, written.address
    elif not job.model and _repeats_default(host):
        return host.defaults.fallbacks, host.defaults.address
    return host.fallback_texts()


def _repeats_default(host: Inheritance) -> bool:
    """Read in 2026.9.6: in a job, an agent's text that repeats the defaults' primary inherits their fallbacks."""
    same = host.own.text and host.own.primary == host.defaults.primary
    return same and bool(host.defaults.fallbacks)
