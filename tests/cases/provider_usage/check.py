from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx

from reconciler.quota.fetch import Roads, read_account
from reconciler.quota.provider import Ask
from reconciler.quota.shape import Answer
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import Wire
from tests.cases.provider_usage.case import Case
from tests.cases.provider_usage.compare import differences, same
from tests.cases.provider_usage.extract import facts
from tests.cases.provider_usage.readers import Call, call_of
from tests.cases.provider_usage.server import Replay, replaying


TLS = httpx.create_ssl_context(trust_env=False)


def check(case: Case) -> list[str]:
    """Replay a case over loopback and return a line for everything that is not as expected."""
    call = call_of(case)
    if call is None:
        return [f"no reader asks {case.first.method} {case.first.url}"]
    with replaying(case.exchanges) as server:
        found = list(_differences(case, call, server))
        return found + [f"asked something else: {each}" for each in server.wrong]


def _differences(case: Case, call: Call, server: Replay) -> Iterator[str]:
    if "extract" in case.expected:
        extracted = asyncio.run(_extracted(call, server))
        yield from _extract_differences(case.expected["extract"], extracted)
    else:
        yield from differences(case.expected, answer(call, server))


def answer(call: Call, server: Replay) -> Answer:
    """Run the call through the fetcher."""
    roads = Roads(origins=server.origins(call.provider.hosts), retry_pause_s=0, call_s=5)

    async def run(ask: Ask, wire: Wire) -> Any:
        return await call.run(ask, wire)

    provider = replace(call.provider, read=run)
    return asyncio.run(read_account(provider, call.ask, tls=TLS, roads=roads))


async def _extracted(call: Call, server: Replay) -> dict[str, Any]:
    hosts = call.provider.hosts
    async with Wire(hosts, now=call.ask.now, tls=TLS, origins=server.origins(hosts), retry_pause_s=0) as wire:
        try:
            return facts(await call.run(call.ask, wire))
        except Trouble as trouble:
            return {"trouble": trouble.kind}


def _extract_differences(expected: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    for name, value in expected.items():
        if not same(name, value, found.get(name)):
            yield f"extract.{name} is {found.get(name)!r}, not {value!r}"
