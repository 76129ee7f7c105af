"""What a plan changes of slots beside their choice of models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from reconciler.assign.settings import live_thinking
from reconciler.assign.wanted import Decision
from reconciler.assign.wanted import Setting as Wanted
from reconciler.facts.model import HostFacts
from reconciler.jsontypes import Json
from reconciler.openclaw.host import moment_text, schedule_text
from reconciler.openclaw.pointer import join
from reconciler.openclaw.slot import Document, Slot, SlotKind, thinking_pointer
from reconciler.openclaw.version import Capabilities
from reconciler.plan.model import Because, Setting, SettingAction
from reconciler.plan.patch import Operation, write
from reconciler.text import printable


_ACTIONS: Mapping[str, SettingAction] = {
    "thinking": "set-thinking",
    "schedule": "change-schedule",
    "defer": "defer-job",
    "wake": "wake-job",
}
_OF_NEXT_RUN = frozenset({"defer-job", "wake-job"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def settings(decision: Decision, host: HostFacts, caps: Capabilities) -> Iterator[Setting]:
    """Yield the changes of one slot beside its models."""
    slot = decision.subject.slot
    for setting in decision.settings:
        assert slot.place is not None
        action = _ACTIONS[setting.key]
        yield Setting(
            address=slot.address,
            action=action,
            document=slot.place.document.value,
            title=printable(decision.subject.title),
            before=setting.before,
            after=setting.value,
            schedule=_schedule(host, slot) if action in _OF_NEXT_RUN else None,
            safe=is_safe(slot, setting, caps, by_gateway=host.jobs_from == "gateway"),
            side_effects=tuple(_side_effects(slot, setting)),
            because=Because(
                reason=setting.reason,
                rule=f"{setting.rule.name} ({setting.rule.at})" if setting.rule else None,
            ),
        )


def is_safe(slot: Slot, setting: Wanted, caps: Capabilities, *, by_gateway: bool) -> bool:
    """Tell whether this host can put back exactly what the setting replaces.

    A gateway before 2026.6.9 ignores a `null`, so a job that named no level keeps the one that it is given. Another
    schedule could be put back, but people count on the time at which a job runs.
    """
    if setting.key == "schedule":
        return False
    in_file = slot.place is None or slot.place.document is Document.CONFIG or not by_gateway
    return in_file or caps.job_clear_model or setting.before is not None


def operations(document: Json, slot: Slot, setting: Setting) -> Iterator[Operation]:
    """Yield the guarded RFC 6902 operations that write the setting into *document*.

    A next run is the scheduler's own note, which moves with each run, so no test guards it: the schedule is tested.
    """
    assert slot.place is not None
    for guard in slot.place.guards:
        yield {"op": "test", "path": guard.pointer, "value": guard.value}
    job = join(["jobs", slot.job_id or ""])
    match setting.action:
        case "set-thinking":
            yield from write(document, thinking_pointer(slot) or "", setting.after)
        case "change-schedule":
            yield from write(document, f"{job}/schedule", setting.after)
        case _:
            yield {"op": "test", "path": f"{job}/schedule", "value": setting.schedule}
            yield {"op": "add", "path": f"{job}/state/nextRunAtMs", "value": _ms(setting.after)}


def expected(setting: Setting) -> Json:
    """Return what must still stand in the slot for the setting to mean what it meant."""
    return setting.schedule if setting.action in _OF_NEXT_RUN else setting.before


def live_value(host: HostFacts, slot: Slot, setting: Setting) -> Json:
    """Return what stands there now."""
    return live_thinking(host, slot) if setting.action == "set-thinking" else _schedule(host, slot)


def _schedule(host: HostFacts, slot: Slot) -> dict[str, Json] | None:
    return next((job.schedule for job in host.jobs if job.id == slot.job_id), None)


def _ms(text: Json) -> int:
    return (datetime.fromisoformat(str(text)) - _EPOCH) // timedelta(milliseconds=1)


def _side_effects(slot: Slot, setting: Wanted) -> Iterator[str]:
    match setting.key:
        case "schedule":
            yield "it runs at another time than before"
            return
        case "defer":
            yield "its runs until then are left out; OpenClaw itself goes on with them afterwards"
            return
        case "wake":
            return
    if slot.kind is SlotKind.DEFAULTS:
        yield "every agent and job without a level of its own thinks so too"
    if slot.kind is SlotKind.AGENT:
        yield "jobs of this agent without a level of their own think so too"


def setting_words(setting: Setting) -> tuple[str, str, str]:
    """Say what is changed, from what and to what, for readers."""
    match setting.action:
        case "set-thinking":
            return "thinking", setting.before or "not set", str(setting.after)
        case "change-schedule":
            return "schedule", schedule_text(setting.before), schedule_text(setting.after)
        case _:
            before = moment_text(_ms(setting.before)) if setting.before else "unknown"
            return "next run", before, moment_text(_ms(setting.after))
