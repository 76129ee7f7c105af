from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.explain.model import Matched
from reconciler.names import account_name
from reconciler.policy.model import Rule, When


def matched(rules: Iterable[tuple[Rule, bool]]) -> Iterator[Matched]:
    """Yield the owner's rules whose match covers a slot; each comes with whether its condition is met."""
    for rule, met in rules:
        if rule.bar is None:
            waits_for = None if met or rule.when is None else _condition(rule.when)
            yield Matched(name=rule.name, at=place(rule), says=tuple(_demands(rule)), waits_for=waits_for)


def place(rule: Rule) -> str:
    return f"{rule.at.file}:{rule.at.line}"


def _condition(when: When) -> str:
    account = account_name(when.provider, when.account) if when.account else when.provider
    window = f" {when.window}" if when.window else ""
    return f"{account}{window} used above {when.used_above}"


def _demands(rule: Rule) -> Iterator[str]:
    if rule.task:
        yield f"task {rule.task}"
    if rule.pin:
        yield f"pin {rule.pin.text}"
    if rule.allow is not None:
        yield f"allow {', '.join(each.text for each in rule.allow)}"
    if rule.deny is not None:
        yield f"deny {', '.join(each.text for each in rule.deny) or 'nothing'}"
    if rule.protect is not None:
        yield "protect" if rule.protect else "no protection"
