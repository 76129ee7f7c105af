from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import httpx

from reconciler.quota.credential import Credential, Unusable
from reconciler.quota.credentials import credentials
from reconciler.quota.part import conclude
from reconciler.quota.provider import Ask, Login, Provider, due
from reconciler.quota.rotate import rotate
from reconciler.quota.shape import Answer
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import SECONDS, Wire
from reconciler.quota.world import World


# What another sign-in of the same account may do better.
_NEXT_SOURCE: Final = frozenset(
    {"auth_expired", "forbidden_scope", "blocked", "unsupported", "no_credentials"}
)


@dataclass(frozen=True, slots=True)
class Target:
    """One account to be read: *account* is the policy's name for it, *openclaw_id* the provider's.

    *previous* is its last good answer, which saves calls.
    """

    provider: Provider
    openclaw_id: str
    world: World = field(repr=False)
    login: Login = field(default_factory=Login)
    previous: Answer | None = None

    @property
    def account(self) -> str:
        return self.login.name


@dataclass(frozen=True, slots=True)
class Roads:
    """How the world is reached; the defaults are the real one. *origins* is for replays on loopback."""

    origins: Mapping[str, str] = field(default_factory=dict)
    retry_pause_s: float = 0.3
    call_s: float = SECONDS


OnResult = Callable[[Target, Answer], None]


def fetch_all(
    targets: Iterable[Target],
    *,
    now: datetime,
    deadline_s: float,
    on_result: OnResult | None = None,
    roads: Roads | None = None,
) -> tuple[Answer, ...]:
    """Ask every account at once; each gets an answer within *deadline_s*, and none waits for another.

    Args:
        targets: the accounts.
        now: the time of the fetch, which every answer bears.
        deadline_s: what is not there by then is answered with `timeout`.
        on_result: called with each answer as soon as it is there.
        roads: where the world is.

    Returns:
        The answers in the order of *targets*.
    """
    return asyncio.run(_all(tuple(targets), now, deadline_s, on_result, roads or Roads()))


async def _all(
    targets: tuple[Target, ...], now: datetime, deadline_s: float, on_result: OnResult | None, roads: Roads
) -> tuple[Answer, ...]:
    tls = httpx.create_ssl_context(trust_env=False)

    async def one(target: Target) -> Answer:
        try:
            async with asyncio.timeout(deadline_s):
                answer = await read_target(target, now=now, tls=tls, roads=roads)
        except TimeoutError:
            answer = failed(target.provider, "none", Trouble("timeout"), now)
        if on_result is not None:
            on_result(target, answer)
        return answer

    return tuple(await asyncio.gather(*(one(target) for target in targets)))


async def read_target(target: Target, *, now: datetime, tls: ssl.SSLContext, roads: Roads) -> Answer:
    """Ask with the first credential, and with the next one where another sign-in may do better."""
    first: Answer | None = None
    found = credentials(target.provider, target.world, target.login)
    while (credential := await asyncio.to_thread(_following, found)) is not None:
        answer = await _with(credential, target, now, tls, roads)
        if answer.error is None or answer.error.kind not in _NEXT_SOURCE:
            return answer
        first = first or answer
    if first is not None:
        return first
    missing = Trouble("no_credentials", message=f"no sign-in found: {target.provider.missing}")
    return failed(target.provider, "none", missing, now)


def _following(found: Iterator[Credential | Unusable]) -> Credential | Unusable | None:
    return next(found, None)


async def _with(
    credential: Credential | Unusable, target: Target, now: datetime, tls: ssl.SSLContext, roads: Roads
) -> Answer:
    if isinstance(credential, Unusable):
        why = Trouble("no_credentials", message=f"{credential.where} {credential.why}")
        return failed(target.provider, "none", why, now)
    memory = target.previous.memory if target.previous else {}
    ask = Ask(credential, now=now, memory=memory, side_calls=due(target.provider, target.previous, now))
    answer = await read_account(target.provider, ask, tls=tls, roads=roads)
    if answer.error is not None and answer.error.kind == "auth_expired":
        fresh = await asyncio.to_thread(_reread, credential, target)
        if fresh is None and target.login.refresh:
            try:
                await _renewed(target, ask, tls, roads)
            except Trouble as trouble:
                return failed(target.provider, credential.kind, trouble, now)
            fresh = await asyncio.to_thread(_reread, credential, target)
        if fresh is not None:
            return await read_account(target.provider, replace(ask, credential=fresh), tls=tls, roads=roads)
    return answer


async def _renewed(target: Target, ask: Ask, tls: ssl.SSLContext, roads: Roads) -> None:
    """Renew a sign-in in the file of its program, which the policy allows for this login."""
    rotation, path = target.provider.rotation, target.login.path
    if rotation and path and "refresh" in ask.credential.secrets:
        async with _wire(target.provider, ask, tls, roads) as wire:
            await rotate(rotation, ask, target.world.expand(path), wire)


def _wire(provider: Provider, ask: Ask, tls: ssl.SSLContext, roads: Roads) -> Wire:
    return Wire(
        provider.hosts,
        now=ask.now,
        tls=tls,
        origins=roads.origins,
        retry_pause_s=roads.retry_pause_s,
        seconds=roads.call_s,
    )


def _reread(credential: Credential, target: Target) -> Credential | None:
    """Return the credential of the same place if the program that owns it has renewed it meanwhile."""
    for each in credentials(target.provider, target.world, target.login):
        if isinstance(each, Credential) and each.where == credential.where:
            return None if each.same_as(credential) else each
    return None


async def read_account(provider: Provider, ask: Ask, *, tls: ssl.SSLContext, roads: Roads) -> Answer:
    """Ask once with one credential; whatever goes wrong is an answer too."""
    source = ask.credential.kind
    expires_at = ask.credential.expires_at
    if expires_at is not None and expires_at <= ask.now and not ask.credential.renewable:
        return failed(provider, source, Trouble("auth_expired"), ask.now)
    async with _wire(provider, ask, tls, roads) as wire:
        try:
            part = await provider.read(ask, wire)
            return conclude(part, provider=provider.name, source=source, now=ask.now)
        except Trouble as trouble:
            return failed(provider, source, trouble, ask.now)


def failed(provider: Provider, source: str, trouble: Trouble, now: datetime) -> Answer:
    """Make the answer of an account that could not be read."""
    return Answer(
        provider=provider.name,
        source=source,
        status=trouble.status,
        taken_at=now,
        error=trouble.info(dict(provider.advice)),
    )
