from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from reconciler.quota.credential import Credential, Unusable
from reconciler.quota.look import KEY_FILE
from reconciler.quota.provider import Login, Provider
from reconciler.quota.world import World


@dataclass(frozen=True, slots=True)
class Look:
    """One place that was looked at: what people are told of it, never the secret."""

    where: str
    found: bool
    note: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """All places of a provider in the order in which they count; *missing* says what to do if none will do."""

    provider: str
    looks: tuple[Look, ...]
    missing: str | None


def survey(provider: Provider, world: World, login: Login) -> Survey:
    """Look at every source of a login; one with a file of its own is looked for nowhere else."""
    sources = [each for each in provider.sources if login.path or each.where != KEY_FILE]
    found = [_look(login.path or source.where, source.find(world, login)) for source in sources]
    looks = tuple(dict.fromkeys(found))
    usable = any(look.found for look in looks)
    return Survey(provider=provider.name, looks=looks, missing=None if usable else provider.missing)


def credentials(provider: Provider, world: World, login: Login) -> Iterator[Credential | Unusable]:
    """Yield what is found, source by source, looking no further than the caller asks; the same is found once."""
    before: list[Credential] = []
    for source in provider.sources:
        found = source.find(world, login)
        if isinstance(found, Credential):
            if not any(found.same_as(each) for each in before):
                before.append(found)
                yield found
        elif found is not None:
            yield found


def _look(where: str, found: Credential | Unusable | None) -> Look:
    if isinstance(found, Credential):
        return Look(where=found.where, found=True, expires_at=found.expires_at)
    if isinstance(found, Unusable):
        return Look(where=found.where, found=False, note=found.why)
    return Look(where=where, found=False)
