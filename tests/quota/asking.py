from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx

from reconciler.quota.credential import Credential, api_key
from reconciler.quota.fetch import Roads, read_account
from reconciler.quota.provider import Ask
from reconciler.quota.registry import providers
from reconciler.quota.shape import Answer


NOW = datetime(2026, 9, 20, 10, 0, tzinfo=UTC)
TLS = httpx.create_ssl_context(trust_env=False)


def roads(port: int, *hosts: str, call_s: float = 5) -> Roads:
    """Lead the origins of *hosts* to a port of this machine."""
    origins = {f"https://{host}": f"http://127.0.0.1:{port}" for host in hosts}
    return Roads(origins=origins, retry_pause_s=0, call_s=call_s)


def ask(
    name: str, port: int, credential: Credential | None = None, *, call_s: float = 5, **of_ask: Any
) -> Answer:
    """Ask one provider, whose hosts are all on this port."""
    provider = providers()[name]
    question = Ask(credential or api_key("test", "CANARY-KEY"), now=NOW, **of_ask)
    way = roads(port, *provider.hosts, call_s=call_s)
    return asyncio.run(read_account(provider, question, tls=TLS, roads=way))
