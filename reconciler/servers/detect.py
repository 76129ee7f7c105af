from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from reconciler.facts.model import LocalModel, LocalServer
from reconciler.policy.document import Quantized
from reconciler.servers.answer import Answer, Dialogue, Request
from reconciler.servers.identify import identify
from reconciler.servers.targets import Target
from reconciler.servers.verdict import NoServer, Verdict
from reconciler.servers.wire import Wire


DEADLINE = 2.0  # seconds for all addresses together
_AT_ONCE, _AT_ONCE_EACH = 16, 2

T = TypeVar("T")
Exchange = tuple[Request, Answer]


@dataclass(frozen=True, slots=True)
class Probe:
    """What was asked at one address, and what was made of it."""

    target: Target
    asked: tuple[Exchange, ...]
    result: Verdict | NoServer


@dataclass(frozen=True, slots=True)
class Detection:
    """The servers, those at several addresses once, and every address that was looked at."""

    servers: tuple[LocalServer, ...]
    probes: tuple[Probe, ...]


def detect(
    where: Sequence[Target], *, deadline: float = DEADLINE, done: Callable[[Probe], None] = lambda _: None
) -> Detection:
    """Look at all addresses at once, within *deadline* seconds; *done* hears of each as it is finished."""
    probes = asyncio.run(_probe_all(where, deadline, done))
    return Detection(servers_of(probes), probes)


async def _probe_all(
    where: Sequence[Target], deadline: float, done: Callable[[Probe], None]
) -> tuple[Probe, ...]:
    encrypted = any(target.base.startswith("https:") for target in where)
    wire = Wire(until=asyncio.get_running_loop().time() + deadline, encrypted=encrypted)
    overall = asyncio.Semaphore(_AT_ONCE)

    async def probe(target: Target) -> Probe:
        found = await _probe(target, wire, overall)
        done(found)
        return found

    try:
        return tuple(await asyncio.gather(*map(probe, where)))
    finally:
        await wire.close()


async def _probe(target: Target, wire: Wire, overall: asyncio.Semaphore) -> Probe:
    here, asked = asyncio.Semaphore(_AT_ONCE_EACH), list[Exchange]()

    async def ask(request: Request) -> Answer:
        if request.method == "FILE" and not target.loopback:
            return Answer(trouble="not this machine's file")
        async with here, overall:
            answer = await wire.ask(target.base, request)
        asked.append((request, answer))
        return answer

    async def ask_all(requests: Iterable[Request]) -> tuple[Answer, ...]:
        return tuple(await asyncio.gather(*map(ask, requests)))

    dialogue = identify()
    result = await _converse(dialogue, ask_all)
    return Probe(target, tuple(asked), result)


async def _converse(
    dialogue: Dialogue[T], ask_all: Callable[[Iterable[Request]], Awaitable[tuple[Answer, ...]]]
) -> T:
    try:
        requests = next(dialogue)
        while True:
            answers = await ask_all(requests)
            requests = dialogue.send(answers)
    except StopIteration as end:
        result: T = end.value
        return result


def servers_of(probes: Iterable[Probe]) -> tuple[LocalServer, ...]:
    """Return the servers that were found; equal ones on both address families of a port are one."""
    found: list[LocalServer] = []
    for probe in probes:
        if isinstance(probe.result, NoServer):
            continue
        server = _server(probe.target, probe.result)
        twin = next((known for known in found if _same(known, server)), None)
        if twin is None:
            found.append(server)
        else:
            found[found.index(twin)] = _joined(twin, server)
    return tuple(found)


def with_owners_numbers(found: Detection, own: Mapping[str, Quantized]) -> Detection:
    """Put what the owner measured of quantizations before the published numbers."""
    servers = tuple(
        server.model_copy(update={"models": tuple(_measured(model, own) for model in server.models)})
        for server in found.servers
    )
    return replace(found, servers=servers)


def _measured(model: LocalModel, own: Mapping[str, Quantized]) -> LocalModel:
    numbers = own.get(model.quantization or "")
    if numbers is None:
        return model
    return model.model_copy(
        update={
            "quality": model.quality if numbers.quality is None else numbers.quality,
            "speed": model.speed if numbers.speed is None else numbers.speed,
        }
    )


def known_servers(found: Detection) -> tuple[LocalServer, ...]:
    """Return the servers with one that is down for each configured provider that none was found for."""
    answered = {name for server in found.servers for name in server.providers}
    missing: dict[str, Probe] = {}
    for probe in found.probes:
        for name in probe.target.providers:
            if name not in answered:
                missing.setdefault(name, probe)
    return (*found.servers, *(_down(name, probe) for name, probe in missing.items()))


def _down(provider: str, probe: Probe) -> LocalServer:
    why = probe.result.why if isinstance(probe.result, NoServer) else ""
    return LocalServer(
        kind="unknown",
        url=probe.target.base,
        state="down",
        note=why,
        evidence="the policy names it",
        routable=False,
        providers=(provider,),
    )


def _server(target: Target, verdict: Verdict) -> LocalServer:
    return LocalServer(
        kind=verdict.kind,
        url=target.base,
        version=verdict.version,
        state=verdict.state,
        note=verdict.note,
        evidence=verdict.evidence,
        routable=verdict.routable,
        providers=target.providers,
        models=verdict.models,
        not_offered=verdict.not_offered,
    )


def _same(one: LocalServer, other: LocalServer) -> bool:
    """Tell whether two are one program on two address families: same kind, port and list in any order."""
    versions = {one.version, other.version} - {None}  # one of the two questions may have failed
    return _identity(one) == _identity(other) and one.url != other.url and len(versions) <= 1


def _identity(server: LocalServer) -> tuple[object, ...]:
    target = Target(server.url)
    port = server.url.rpartition(":")[2] if target.loopback else server.url
    models = {model.id for model in server.models} | {model.id for model in server.not_offered}
    return server.kind, port, server.state, frozenset(models)


def _joined(kept: LocalServer, other: LocalServer) -> LocalServer:
    providers = (*kept.providers, *(name for name in other.providers if name not in kept.providers))
    return kept.model_copy(update={"also_at": (*kept.also_at, other.url), "providers": providers})
