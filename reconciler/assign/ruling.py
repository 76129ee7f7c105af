from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from reconciler.assign.subject import Subject
from reconciler.errors import Position
from reconciler.facts.model import Reading
from reconciler.openclaw.refs import split_profile
from reconciler.policy.model import (
    Bar,
    Match,
    Placed,
    Rule,
    Split,
    Task,
    Thinking,
    When,
    WhenExhausted,
    matches,
)
from reconciler.policy.values import duration


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules that match a slot say together; *spoken* tells whether any of them did.

    *bars* are the providers that are kept off for this run, with the reason, and *to* the one that is wanted.
    """

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
    split: Split = "never"
    split_by: Rule | None = None
    spoken: bool = False
    bars: tuple[tuple[str, str], ...] = ()
    to: str | None = None

    @property
    def about_models(self) -> tuple[object, ...]:
        """What slots must have in common to share a list of candidates."""
        return self.allow, self.deny, self.bars, self.to

    def objection(self, ref: str, *, fallback: bool = False) -> str | None:
        """Tell which line of the policy, or wish for this run, keeps *ref* out of the slot; None where none does.

        Its login does not matter. A *fallback* need not be of the provider that the slot is shifted *to*.
        """
        ref, _ = split_profile(ref)
        provider = ref.partition("/")[0]
        for barred, reason in self.bars:
            if barred == provider:
                return reason
        if self.to not in {None, provider} and not fallback:
            return f"you shift to {self.to}"
        for pattern in self.deny:
            if matches(pattern.text, ref):
                return f"denied by {_line(pattern.at)}"
        if self.allow is not None and not any(matches(pattern.text, ref) for pattern in self.allow):
            return f"not allowed by {_line(self.allow[0].at)}"
        return None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rule looks at in a slot; *refs* are its model and its fallbacks."""

    address: str
    job: str | None
    agent: str | None
    provider: str | None
    refs: tuple[str, ...] = ()


def seen(subject: Subject) -> Seen:
    slot = subject.slot
    now = slot.effective
    provider = now.primary.provider if now else None
    refs = (str(now.primary), *map(str, now.fallbacks)) if now else ()
    return Seen(slot.address, subject.title if slot.job_id else None, slot.agent_id, provider, refs)


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
            ruling = _barred(ruling, rule, rule.bar, it) if rule.bar else ruling
    return ruling


def covering(
    it: Seen, rules: Iterable[Rule], *, task: Task | None, holds: Mapping[When | None, bool]
) -> Iterator[tuple[Rule, bool]]:
    """Yield the rules whose `match` covers *it*, and whether the condition of each is met; *task* is its kind."""
    for rule in rules:
        if _covers(rule.match, it, task):
            yield rule, holds[rule.when]


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


def _barred(ruling: Ruling, rule: Rule, bar: Bar, it: Seen) -> Ruling:
    """Keep the slots of the bar off its provider, and with *others_stay* all others on the models that they have."""
    ruling = replace(ruling, bars=(*ruling.bars, (bar.provider, bar.reason)))
    if it.address in bar.slots:
        to = None if it.address in bar.elsewhere else bar.to
        return replace(ruling, spoken=True, to=to)
    if not bar.others_stay:
        return ruling
    if any(ref.partition("/")[0] == bar.provider for ref in it.refs[1:]):
        return replace(ruling, pin=Placed(it.refs[0], rule.at), pinned_by=None)
    return replace(ruling, protected_by=rule)


def _settings(ruling: Ruling, rule: Rule) -> Ruling:
    """Take over what the rule says of the slot beside its models."""
    if rule.thinking is not None:
        ruling = replace(ruling, thinking=rule.thinking, thinking_by=rule)
    if rule.schedule is not None:
        ruling = replace(ruling, flexible=duration(rule.schedule.flexible), flexible_by=rule)
    if rule.when_exhausted is not None:
        ruling = replace(ruling, when_exhausted=rule.when_exhausted, when_exhausted_by=rule)
    if rule.split is not None:
        ruling = replace(ruling, split=rule.split, split_by=rule)
    return ruling


def _line(at: Position) -> str:
    return f"{at.file}:{at.line}"
