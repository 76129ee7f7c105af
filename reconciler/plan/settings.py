"""What a plan changes of slots beside their choice of models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from reconciler.assign.settings import live_thinking
from reconciler.assign.wanted import Decision
from reconciler.assign.wanted import Setting as Wanted
from reconciler.facts.model import HostFacts
from reconciler.jsontypes import Json
from reconciler.openclaw.host import schedule_text
from reconciler.openclaw.pointer import escape
from reconciler.openclaw.slot import Document, Slot, SlotKind, thinking_pointer
from reconciler.openclaw.version import Capabilities
from reconciler.plan.model import Because, Setting
from reconciler.plan.patch import Operation, write
from reconciler.text import printable


_ACTIONS: Mapping[str, Literal["set-thinking", "change-schedule"]] = {
    "thinking": "set-thinking",
    "schedule": "change-schedule",
}


def settings(decision: Decision, caps: Capabilities, *, by_gateway: bool) -> Iterator[Setting]:
    """Yield the changes of one slot beside its models."""
    slot = decision.subject.slot
    assert slot.place is not None or not decision.settings
    for setting in decision.settings:
        assert slot.place is not None
        yield Setting(
            address=slot.address,
            action=_ACTIONS[setting.key],
            document=slot.place.document.value,
            title=printable(decision.subject.title),
            before=setting.before,
            after=setting.value,
            safe=is_safe(slot, setting, caps, by_gateway=by_gateway),
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
    """Yield the guarded RFC 6902 operations that write the setting into *document*."""
    assert slot.place is not None
    for guard in slot.place.guards:
        yield {"op": "test", "path": guard.pointer, "value": guard.value}
    pointer = (
        thinking_pointer(slot)
        if setting.action == "set-thinking"
        else f"/jobs/{escape(slot.job_id or '')}/schedule"
    )
    assert pointer is not None
    yield from write(document, pointer, setting.after)


def live_value(host: HostFacts, slot: Slot, setting: Setting) -> Json:
    """Return what stands now where the setting is written."""
    if setting.action == "set-thinking":
        return live_thinking(host, slot)
    return next((job.schedule for job in host.jobs if job.id == slot.job_id), None)


def _side_effects(slot: Slot, setting: Wanted) -> Iterator[str]:
    if setting.key == "schedule":
        yield "it runs at another time than before"
        return
    if slot.kind is SlotKind.DEFAULTS:
        yield "every agent and job without a level of its own thinks so too"
    if slot.kind is SlotKind.AGENT:
        yield "jobs of this agent without a level of their own think so too"


def setting_words(setting: Setting) -> tuple[str, str]:
    """Say what the setting is changed from and to, for readers."""
    if setting.action == "change-schedule":
        return f"schedule {schedule_text(setting.before)}", f"schedule {schedule_text(setting.after)}"
    return f"thinking {setting.before or 'not set'}", f"thinking {setting.after}"
