from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from reconciler.assign.subject import Subject
from reconciler.errors import Position
from reconciler.facts.model import Reading
from reconciler.openclaw.refs import split_profile
from reconciler.policy.model import Match, Placed, Rule, Task, Thinking, When, WhenExhausted, matches
from reconciler.policy.values import duration


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules that match a slot say together; *spoken* tells whether any of them did."""

    pin: Placed | None = None
    pinned_by: Rule | None = None
    allow: tuple[Placed, ...] | None = None
    deny: tuple[Placed, ...] = ()
    protected_by: Rule | None = None
    task: Task | None = None
    task_by: Rule | None = None
    thinking: Thinking | None = None
    thinking_by: Rule | None = None
    flexible: timedelta = timedelta(0)
    flexible_by: Rule | None = None
    when_exhausted: WhenExhausted = "leave"
    when_exhausted_by: Rule | None = None
    spoken: bool = False

    def objection(self, ref: str) -> str | None:
        """Tell which line of the policy keeps *ref* out of the slot, whatever its login; None where none does."""
        ref, _ = split_profile(ref)
        for pattern in self.deny:
            if matches(pattern.text, ref):
                return f"denied by {_line(pattern.at)}"
        if self.allow is not None and not any(matches(pattern.text, ref) for pattern in self.allow):
            return f"not allowed by {_line(self.allow[0].at)}"
        return None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the `match` of a rule looks at in a slot."""

    address: str
    job: str | None
    agent: str | None
    provider: str | None


def seen(subject: Subject) -> Seen:
    slot = subject.slot
    provider = slot.effective.primary.provider if slot.effective else None
    return Seen(slot.address, subject.title if slot.job_id else None, slot.agent_id, provider)


def rule_on(
    it: Seen, rules: Iterable[Rule], *, task: Task | None, holds: Mapping[When | None, bool]
) -> Ruling:
    """Apply every rule that matches *it*, in order; of two that set the same key the later one wins.

    A rule's own `task:` overrides what the prompt looks like before the other rules that match a
    task are asked. *holds* says of each condition whether it is met.
    """
    active = [rule for rule in rules if holds[rule.when]]
    ruling = Ruling()
    for rule in active:
        if rule.task and _covers(rule.match, it, task):
            ruling = replace(ruling, task=rule.task, task_by=rule)
    for rule in active:
        if _covers(rule.match, it, task if rule.task else ruling.task or task):
            ruling = _follow(ruling, rule)
    return ruling


def conditions(rules: Iterable[Rule], readings: tuple[Reading, ...]) -> dict[When | None, bool]:
    """Tell for each condition of the rules whether the readings meet it; unknown never does."""
    found = {rule.when for rule in rules if rule.when}
    return {None: True} | {when: any(_meets(reading, when) for reading in readings) for when in found}


def _meets(reading: Reading, when: When) -> bool:
    return (
        reading.used_fraction is not None
        and reading.used_fraction > Decimal(when.used_above)
        and reading.provider == when.provider
        and when.account in {None, reading.account}
        and (when.window is None or matches(when.window, reading.window))
    )


def _covers(match: Match, it: Seen, task: Task | None) -> bool:
    wanted = (
        (match.job, it.job),
        (match.agent, it.agent),
        (match.slot, it.address),
        (match.provider, it.provider),
    )
    return match.task in {None, task} and all(
        pattern is None or (text is not None and matches(pattern, text)) for pattern, text in wanted
    )


def _follow(ruling: Ruling, rule: Rule) -> Ruling:
    pin, by = (rule.pin, rule) if rule.pin else (ruling.pin, ruling.pinned_by)
    protected = ruling.protected_by if rule.protect is None else (rule if rule.protect else None)
    return replace(
        _settings(ruling, rule),
        pin=pin,
        pinned_by=by,
        allow=ruling.allow if rule.allow is None else rule.allow,
        deny=ruling.deny if rule.deny is None else rule.deny,
        protected_by=protected,
        spoken=ruling.spoken or bool(rule.pin or rule.allow or rule.deny or rule.task),
    )


def _settings(ruling: Ruling, rule: Rule) -> Ruling:
    """Take over what the rule says of the slot beside its models."""
    if rule.thinking is not None:
        ruling = replace(ruling, thinking=rule.thinking, thinking_by=rule)
    if rule.schedule is not None:
        ruling = replace(ruling, flexible=duration(rule.schedule.flexible), flexible_by=rule)
    if rule.when_exhausted is not None:
        ruling = replace(ruling, when_exhausted=rule.when_exhausted, when_exhausted_by=rule)
    return ruling


def _line(at: Position) -> str:
    return f"{at.file}:{at.line}"
