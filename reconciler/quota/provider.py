from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reconciler.jsontypes import JsonObject
from reconciler.names import DEFAULT_ACCOUNT
from reconciler.quota.credential import Credential, Unusable
from reconciler.quota.part import Part
from reconciler.quota.renewal import Token
from reconciler.quota.shape import Answer, ErrorKind
from reconciler.quota.times import moment
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import Wire
from reconciler.quota.world import World


@dataclass(frozen=True, slots=True)
class Login:
    """Which login of a provider is meant: the policy's name for it, its file, and whether that may be renewed."""

    name: str = DEFAULT_ACCOUNT
    path: str | None = None
    refresh: bool = False


Found = Credential | Unusable | None


@dataclass(frozen=True, slots=True)
class Source:
    """One place where a credential may be; *where* is what people are told was looked at."""

    where: str
    find: Callable[[World, Login], Found]


@dataclass(frozen=True, slots=True)
class Ask:
    """One account to be read.

    Attributes:
        memory: what an earlier answer told: identifiers, never a secret.
        side_calls: the calls beside the main one that are wanted and due.
    """

    credential: Credential
    now: datetime
    memory: Mapping[str, str] = field(default_factory=dict)
    side_calls: frozenset[str] = frozenset()

    @property
    def token(self) -> str:
        return self.credential.secret()


@dataclass(frozen=True, slots=True)
class Rotation:
    """How a sign-in is renewed whose refresh token dies by it: *renew* asks, *put* writes it into the file's content."""

    renew: Callable[[Ask, Wire], Awaitable[Token]]
    put: Callable[[JsonObject, Token, datetime], JsonObject]


@dataclass(frozen=True, slots=True)
class Provider:
    """How one provider is read.

    Attributes:
        name: our name for it.
        aliases: OpenClaw's provider ids whose models it serves.
        interval_s: it is never asked more often than this.
        hosts: the only names that a credential is sent to.
        sources: where credentials are looked for, in this order.
        read: ask with a credential and return what was learnt.
        missing: what to do where no credential was found.
        side_calls: calls beside the main one, and after how many seconds each is due again.
        advice: the provider's own words for an error.
        rotation: how its program's sign-in is renewed, where the policy allows it.
    """

    name: str
    aliases: frozenset[str]
    interval_s: int
    hosts: frozenset[str]
    sources: tuple[Source, ...]
    read: Callable[[Ask, Wire], Awaitable[Part]]
    missing: str
    side_calls: Mapping[str, int] = field(default_factory=dict)
    advice: Mapping[ErrorKind, str] = field(default_factory=dict)
    rotation: Rotation | None = None


async def beside(name: str, ask: Ask, call: Callable[[Ask, Wire], Awaitable[Part]], wire: Wire) -> Part:
    """Make a side call if it is due; its failure leaves the rest standing and the answer partial."""
    if name not in ask.side_calls:
        return Part()
    try:
        found = await call(ask, wire)
    except Trouble as trouble:
        return Part(warnings=(f"{name} could not be read: {trouble.kind}",), incomplete=True)
    return found + Part(memory={_asked(name): ask.now.isoformat()})


def due(provider: Provider, previous: Answer | None, now: datetime) -> frozenset[str]:
    """Name the side calls whose last success is longer ago than their interval."""
    memory = previous.memory if previous else {}
    return frozenset(
        name
        for name, interval_s in provider.side_calls.items()
        if (last := moment(memory.get(_asked(name)))) is None or last + timedelta(seconds=interval_s) <= now
    )


def _asked(name: str) -> str:
    return f"{name}_asked_at"
