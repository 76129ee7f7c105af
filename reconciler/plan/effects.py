from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.assign.wanted import Decision, Remark, Wanted
from reconciler.facts.model import Facts
from reconciler.openclaw.slot import Document, Slot, SlotKind
from reconciler.openclaw.version import Capabilities, capabilities, parse_version
from reconciler.plan.settings import is_safe as setting_is_safe


def safe(wanted: Wanted, facts: Facts) -> Wanted:
    """Return *wanted* with the changes left out that the host could not put back exactly."""
    caps = capabilities(parse_version(facts.host.version or ""))

    def kept(decision: Decision) -> Decision:
        decision = _without_unsafe(decision, caps, by_gateway=facts.host.gateway)
        undoable = is_safe(decision.subject.slot, caps, by_gateway=facts.host.gateway)
        if decision.outcome != "change" or undoable:
            return decision
        reason = f"{decision.reason}; left out, because this host cannot put the old state back exactly"
        return replace(decision, outcome="leave", reason=reason, choice=None)

    return replace(wanted, decisions=tuple(map(kept, wanted.decisions)))


def _without_unsafe(decision: Decision, caps: Capabilities, *, by_gateway: bool) -> Decision:
    """Leave out the settings that could not be put back, and say so."""
    slot = decision.subject.slot
    kept = tuple(
        each for each in decision.settings if setting_is_safe(slot, each, caps, by_gateway=by_gateway)
    )
    if kept == decision.settings:
        return decision
    text = "left out, because this host cannot put the old state back exactly: " + ", ".join(
        each.key for each in decision.settings if each not in kept
    )
    return replace(decision, settings=kept, remarks=(*decision.remarks, Remark("info", text)))


def is_safe(slot: Slot, caps: Capabilities, *, by_gateway: bool) -> bool:
    """Tell whether this host can put back exactly what stands in the slot now.

    A gateway before 2026.6.9 ignores `model: null`, so a job that had no model keeps the one that it
    is given. Files are written by us and can always be put back.
    """
    if slot.place is None or slot.place.document is Document.CONFIG or not by_gateway or caps.job_clear_model:
        return True
    return isinstance(slot.configured, Mapping) and slot.configured.get("model") is not None


def side_effects(slot: Slot, caps: Capabilities) -> Iterator[str]:
    """Name what else changes with the slot, as measured on the version of the host."""
    if slot.kind is SlotKind.SUBAGENTS and caps.cron_uses_subagents:
        yield "isolated jobs and webhooks of this agent without a model of their own use it too"
    if slot.kind is SlotKind.DEFAULTS:
        yield "every agent without a model of its own uses it"
    if slot.kind is SlotKind.HEARTBEAT:
        yield "a heartbeat in the main session may leave that session on this model"
    if slot.kind is SlotKind.JOB and caps.job_falls_back_to_agent and not caps.job_fallbacks:
        yield "this version falls back silently to the agent's own model when the job's model fails"
