from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.assign.subject import Subject
from reconciler.errors import Refused, StalePlan
from reconciler.facts.model import HostFacts
from reconciler.jsontypes import Json
from reconciler.openclaw.host import schedule_text
from reconciler.openclaw.splice import same
from reconciler.plan.model import Change, Plan, PlanHost, Setting
from reconciler.plan.patches import patches_for
from reconciler.plan.settings import expected, live_value
from reconciler.text import printable


def check_host(made_for: PlanHost, host_id: str, label: str) -> None:
    """Refuse a plan or a record that was made for another host.

    Raises:
        Refused: it was.
    """
    if made_for.id != host_id:
        raise Refused(
            f"this was made for another OpenClaw: {made_for.label}",
            evidence=(f"the one found here is {label}",),
            hint="plan here, or point OPENCLAW_STATE_DIR and OPENCLAW_CONFIG_PATH at the right one",
        )


def check_unchanged(plan: Plan, live: Iterable[Subject], host: HostFacts) -> None:
    """Refuse when a slot of the plan is not what it was; every such slot is named.

    Edits of anything that the plan does not touch do not matter.

    Raises:
        StalePlan: with a line for each slot.
    """
    found = {subject.slot.address: subject for subject in live}
    problems = [problem for change in plan.slots for problem in _changed(change, found.get(change.address))]
    for setting in plan.settings:
        problems += _reset(setting, found.get(setting.address), host)
    if problems:
        raise StalePlan(
            "the host changed since this plan was made",
            evidence=problems,
            hint="plan again: tactician plan --out FILE",
        )


def check_patches(plan: Plan, live: Iterable[Subject], host: HostFacts) -> None:
    """Refuse a plan whose patches are not those of its changes; the digest alone proves no author.

    Raises:
        StalePlan: they are not.
    """
    slots = {subject.slot.address: subject.slot for subject in live}
    made = patches_for(
        host,
        ((slots[change.address], change.after) for change in plan.slots),
        plan.providers,
        ((slots[setting.address], setting) for setting in plan.settings),
    )
    if made != plan.patches:
        raise StalePlan(
            "the patches of this plan are not those of its changes",
            hint="somebody edited it, or the host changed: plan again: tactician plan --out FILE",
        )


def _changed(change: Change, now: Subject | None) -> Iterator[str]:
    if now is None or now.slot.place is None:
        yield f"{change.address}: is gone"
        return
    if not same(now.slot.configured, change.before.configured):
        was, is_now = _shown(change.before.configured), _shown(now.slot.configured)
        yield f"{change.address}: was {was}, is now {is_now}"
    if now.prompt != change.before.prompt:
        yield f"{change.address}: its prompt was edited, and what it needs may have changed"


def _reset(setting: Setting, now: Subject | None, host: HostFacts) -> Iterator[str]:
    if now is None or now.slot.place is None:
        yield f"{setting.address}: is gone"
    elif not same(found := live_value(host, now.slot, setting), expected(setting)):
        yield f"{setting.address}: was {_setting(expected(setting))}, is now {_setting(found)}"


def _setting(value: Json) -> str:
    return printable(schedule_text(value)) if isinstance(value, Mapping) else _shown(value)


def _shown(configured: Json) -> str:
    if configured is None:
        return "not set"
    if isinstance(configured, dict):
        model = configured.get("primary") or configured.get("model") or "no model"
        fallbacks = configured.get("fallbacks")
        configured = " → ".join(
            [str(model), *map(str, fallbacks if isinstance(fallbacks, list | tuple) else ())]
        )
    return printable(str(configured))
