from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from pydantic.alias_generators import to_camel

from reconciler.policy.document import Match
from reconciler.policy.model import Placed, Policy, Rule
from reconciler.policy.patterns import covers, matches, overlap
from reconciler.policy.problem import Problem, show


_EFFECTS = ("pin", "allow", "deny", "protect", "task", "thinking", "schedule", "when_exhausted", "split")
_OF_JOBS = ("schedule", "when_exhausted", "split")


def lint_rules(policy: Policy) -> Iterator[Problem]:
    for index, rule in enumerate(policy.rules):
        yield from _effect(rule)
        yield from _of_jobs(rule)
        yield from _reach(rule, f"spec.rules[{index}].match", policy)
        yield from _condition(rule, f"spec.rules[{index}].when", policy)
        yield from _flaps(rule)
        yield from _strangers(rule, policy)
        yield from _contradictions(rule, "its own")
    yield from _names(policy.rules)
    yield from _company(policy.rules)


def _effect(rule: Rule) -> Iterator[Problem]:
    effects = [_key(name) for name in _EFFECTS if getattr(rule, name) is not None]
    if not effects:
        hint = f"add one of {', '.join(map(_key, _EFFECTS))}, or remove the rule"
        yield Problem(rule.at, "", f"the rule {show(rule.name)} does nothing", hint)
    elif rule.protect and len(effects) > 1:
        useless = ", ".join(key for key in effects if key != "protect")
        message = f"the rule {show(rule.name)} protects its slots, so {useless} does nothing"
        yield _warning(rule, message, "keep protect or the others")


def _key(name: str) -> str:
    """Return an attribute's name as files spell it."""
    return to_camel(name)


def _of_jobs(rule: Rule) -> Iterator[Problem]:
    """Warn of what only jobs have, said of slots among which no job can be."""
    useless = ", ".join(_key(name) for name in _OF_JOBS if getattr(rule, name) is not None)
    if useless and rule.match.slot is not None and not overlap(rule.match.slot, "job/*"):
        message = (
            f"{show(rule.match.slot)} is no job, so {useless} of the rule {show(rule.name)} does nothing"
        )
        yield _warning(rule, message, "match jobs, or remove it")


def _reach(rule: Rule, path: str, policy: Policy) -> Iterator[Problem]:
    if reason := _unreachable(rule.match):
        hint = "slots are defaults, agent/<id>, agent/<id>/heartbeat, agent/<id>/subagents and job/<name>"
        at = policy.places.get(path, rule.at)
        yield Problem(at, path, f"the rule {show(rule.name)} can never match: {reason}", hint)
    pattern = rule.match.provider
    if pattern and policy.providers and not any(overlap(pattern, name) for name in policy.providers):
        yield _warning(rule, f"no provider of this policy matches {show(pattern)}", "add it, or correct it")


def _flaps(rule: Rule) -> Iterator[Problem]:
    """Warn of a rule that stops matching by what it does: the next plan may move the slot back."""
    mover = rule.pin or next(iter(rule.deny or rule.allow or ()), None)
    provider = rule.match.provider
    if provider is None or mover is None or rule.when is not None:
        return
    stays = rule.pin is not None and matches(provider, rule.pin.text.partition("/")[0])
    if not stays:
        message = f"the rule {show(rule.name)} moves slots off the provider that it matches, and then no longer holds"
        yield _warning(
            rule, message, "match the job, agent, slot or task instead, so that it goes on holding"
        )


def _unreachable(match: Match) -> str:
    """Say why no slot fits all keys of *match*; empty if one can."""
    if match.slot is None:
        return ""
    if not any(overlap(match.slot, slot) for slot in ("defaults", "defaults/*", "agent/*", "job/*")):
        return f"{show(match.slot)} is no address of a slot"
    if match.job is not None and not overlap(match.slot, f"job/{match.job}"):
        return f"{show(match.slot)} is not the job {show(match.job)}"
    if match.agent is not None and not any(overlap(match.slot, slot) for slot in _slots_of(match.agent)):
        return f"{show(match.slot)} does not belong to the agent {show(match.agent)}"
    return ""


def _slots_of(agent: str) -> Sequence[str]:
    """Jobs are among them, because a job belongs to an agent that its address does not name."""
    return (f"agent/{agent}", f"agent/{agent}/*", "job/*")


def _condition(rule: Rule, path: str, policy: Policy) -> Iterator[Problem]:
    if rule.when is None:
        return
    provider = policy.providers.get(rule.when.provider)
    if provider is None:
        where = f"{path}.provider"
        message = f"the provider {show(rule.when.provider)} is not configured, so this is never true"
        yield Problem(policy.places[where], where, message, "add it below spec.providers")
    elif rule.when.account and rule.when.account not in {account.name for account in provider.accounts}:
        where = f"{path}.account"
        message = f"{rule.when.provider} has no account {show(rule.when.account)}, so this is never true"
        yield Problem(policy.places[where], where, message, "add it to the provider's accounts")


def _strangers(rule: Rule, policy: Policy) -> Iterator[Problem]:
    """Yield models of providers that the policy does not know; one without providers knows none."""
    hint = "add it below spec.providers, or correct the name"
    if rule.pin and not _configured(rule.pin, policy):
        message = f"the provider of {show(rule.pin.text)} is not configured"
        yield Problem(rule.pin.at, "", message, hint, severity="warning")
    if rule.allow and not any(_configured(model, policy) for model in rule.allow):
        message = "no provider of this allow list is configured"
        yield Problem(rule.allow[0].at, "", message, hint, severity="warning")


def _configured(model: Placed, policy: Policy) -> bool:
    provider, slash, _ = model.text.partition("/")
    names = policy.providers
    return not names or not slash or any(overlap(provider, name) for name in names)


def _contradictions(rule: Rule, whose: str) -> Iterator[Problem]:
    pin, allow, deny = rule.pin, rule.allow, rule.deny or ()
    if pin and allow is not None and not _covered(pin, allow):
        message = f"the pin {show(pin.text)} is not in {whose} allow list"
        yield Problem(pin.at, "", message, f"add it to the list at {allow[0].at}, or pin another model")
    if pin and _covered(pin, deny):
        message = f"the pin {show(pin.text)} is in {whose} deny list"
        yield Problem(pin.at, "", message, f"change the list at {deny[0].at}, or pin another model")
    if allow and all(_covered(model, deny) for model in allow):
        message = f"all of this allow list is in {whose} deny list"
        yield Problem(allow[0].at, "", message, f"change the list at {deny[0].at}, so that a model is left")


def _covered(model: Placed, patterns: Sequence[Placed]) -> bool:
    return any(covers(pattern.text, model.text) for pattern in patterns)


def _names(rules: Sequence[Rule]) -> Iterator[Problem]:
    first: dict[str, Rule] = {}
    for rule in rules:
        before = first.setdefault(rule.name, rule)
        if before is not rule:
            message = f"the rule at {before.at} is called {show(rule.name)} too"
            yield _warning(rule, message, "plans quote rules by name; choose another")


def _company(rules: Sequence[Rule]) -> Iterator[Problem]:
    """Compare the rules that hold for the same slots under the same condition."""
    together: dict[str, Rule] = {}
    for rule in rules:
        same = f"{rule.match!r} {rule.when!r}"
        before = together.get(same)
        if before is not None:
            yield from _overridden(before, rule)
            merged = replace(rule, **(_said(before) | _said(rule)))
            if not any(_contradictions(rule, "")):
                yield from _contradictions(merged, "the same slots'")
            together[same] = merged
        else:
            together[same] = rule


def _overridden(before: Rule, rule: Rule) -> Iterator[Problem]:
    earlier, later = _said(before), _said(rule)
    if earlier and later.keys() >= earlier.keys():
        message = f"the rule {show(before.name)} has no effect: a later rule for the same slots overrides it"
        yield _warning(before, message, f"remove it, or change the rule at {rule.at}")
    elif "pin" in earlier and "pin" in later and earlier["pin"] != later["pin"]:
        message = f"the pin of rule {show(before.name)} is overridden by {show(rule.name)}"
        yield _warning(before, message, f"keep one of them; the other is at {rule.at}")


def _said(rule: Rule) -> dict[str, Any]:
    return {key: getattr(rule, key) for key in _EFFECTS if getattr(rule, key) is not None}


def _warning(rule: Rule, message: str, hint: str) -> Problem:
    return Problem(rule.at, "", message, hint, severity="warning")
