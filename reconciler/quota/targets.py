from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.policy.document import Provider as PolicyProvider
from reconciler.quota.fetch import Target
from reconciler.quota.provider import Login
from reconciler.quota.registry import serving
from reconciler.quota.shape import Answer
from reconciler.quota.world import World


@dataclass(frozen=True, slots=True)
class Targets:
    """The accounts to be read, and the policy's providers whose quota nobody here can read."""

    targets: tuple[Target, ...]
    unserved: tuple[str, ...]


def targets(
    providers: Mapping[str, PolicyProvider],
    world: World,
    *,
    previous: Mapping[tuple[str, str], Answer] | None = None,
) -> Targets:
    """Turn the policy's providers into accounts to be read; only `quotaSource: api` is asked.

    Args:
        providers: the policy's providers by OpenClaw's id.
        world: where credentials are looked for.
        previous: the last good answers by provider and account, which save calls.
    """
    known = previous or {}
    found: list[Target] = []
    unserved: list[str] = []
    for name, each in providers.items():
        if each.quota_source != "api":
            continue
        readers = serving(name)
        if not readers:
            unserved.append(name)
        logins = [Login(account.name, account.credentials_path, account.refresh) for account in each.accounts]
        found += [
            Target(reader, name, world, login, known.get((name, login.name)))
            for reader in readers
            for login in logins or [Login()]
        ]
    return Targets(targets=tuple(found), unserved=tuple(unserved))
