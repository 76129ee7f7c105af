"""What every value allows by itself, and what the values together make no sense of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from reconciler.errors import Position
from reconciler.policy.document import Provider
from reconciler.policy.lint_rules import lint_rules
from reconciler.policy.model import Policy
from reconciler.policy.patterns import overlap
from reconciler.policy.problem import Problem, show


def lint(policy: Policy) -> tuple[Problem, ...]:
    """Return the contradictions (errors) and oddities (warnings) of a policy whose every value is valid."""
    return (*_thresholds(policy), *_providers(policy), *lint_rules(policy), *_tests(policy))


def _thresholds(policy: Policy) -> Iterator[Problem]:
    warning, critical = policy.warning_threshold, policy.critical_threshold
    if warning >= critical:
        set_here = [
            key for key in ("warningThreshold", "criticalThreshold") if f"spec.{key}" in policy.places
        ]
        path = f"spec.{set_here[0]}"
        message = f"the warning at {warning} is not below the critical share {critical}"
        yield Problem(policy.places[path], path, message, "set warningThreshold below criticalThreshold")


def _providers(policy: Policy) -> Iterator[Problem]:
    for name, provider in policy.providers.items():
        path = f"spec.providers.{name}"
        yield from _budget(provider, path, policy.places)
        yield from _accounts(provider, path, policy.places)
        yield from _local(provider, path, policy.places)


def _budget(provider: Provider, path: str, places: Mapping[str, Position]) -> Iterator[Problem]:
    if provider.quota_type == "budget" and provider.budget is None:
        hint = "add budget: {monthlyLimit: 10.00}"
        yield _warning(places[path], path, "the quota is a budget, but no budget is set", hint)


def _accounts(provider: Provider, path: str, places: Mapping[str, Position]) -> Iterator[Problem]:
    counts = Counter(account.name for account in provider.accounts)
    seen: set[str] = set()
    for index, account in enumerate(provider.accounts):
        where = f"{path}.accounts[{index}].name"
        if counts[account.name] > 1 and account.name in seen:
            message = f"the account {show(account.name)} is listed twice"
            yield Problem(places[where], where, message, "give each account its own name")
        seen.add(account.name)


def _local(provider: Provider, path: str, places: Mapping[str, Position]) -> Iterator[Problem]:
    if provider.local is None:
        return
    if provider.tier != "local":
        message = f"a local server in the tier {provider.tier} is not treated as local"
        yield _warning(places[f"{path}.local"], f"{path}.local", message, "add tier: local")
    where = f"{path}.local.endpoint"
    host = _host(provider.local.endpoint)
    if host is None:
        hint = "such as http://127.0.0.1:1234/v1"
        yield Problem(places[where], where, "expected an http or https URL", hint)
    elif not _near(host):
        message = f"{show(host)} is no address of this machine or its network"
        hint = "what local jobs are asked would leave your network; check the address"
        yield _warning(places[where], where, message, hint)


def _host(endpoint: str) -> str | None:
    """Return the host of an http or https URL with a possible port, else None."""
    try:
        url = urlsplit(endpoint)
        fine = url.scheme in {"http", "https"} and url.port != 0
    except ValueError:
        return None
    return url.hostname if fine else None


def _near(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".lan", ".internal", ".localhost", ".home.arpa"))
    return address.is_private or address.is_loopback or address.is_link_local


def _tests(policy: Policy) -> Iterator[Problem]:
    for test in policy.tests:
        for slot in test.expect:
            if not any(overlap(slot, known) for known in ("defaults", "defaults/*", "agent/*", "job/*")):
                message = f"{show(slot)} is no address of a slot"
                yield Problem(test.at, "spec.expect", message, "write defaults, agent/<id> or job/<name>")


def _warning(at: Position, path: str, message: str, hint: str) -> Problem:
    return Problem(at, path, message, hint, severity="warning")
