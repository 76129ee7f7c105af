from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path

import httpx

from reconciler import __version__
from reconciler.servers.answer import Answer, Request


LARGEST = 1_000_000 - 65_536  # bytes of one answer; the last piece that is read may be 64 KiB long
PER_REQUEST = 1.5  # seconds
_CONNECT = 0.5  # seconds; loopback either connects at once or drops packets
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": f"tactician/{__version__}",
}


class Wire:
    """Asks over HTTP within bounds: of time, of size, without redirects, proxies, cookies or credentials.

    httpx's transport is used without its client, which would add all four. No connection is kept: some
    of these servers close idle ones, and a reused one then fails.
    """

    def __init__(self, *, until: float, encrypted: bool) -> None:
        """Bound all requests by the moment *until* of the event loop's clock."""
        context = ssl.create_default_context() if encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)
        self._until = until

    async def close(self) -> None:
        await self._transport.aclose()

    async def ask(self, base: str, request: Request) -> Answer:
        """Send one request; whatever goes wrong is told in the answer."""
        if request.method == "FILE":
            return await asyncio.to_thread(read_config, Path(request.path))
        soon = asyncio.get_running_loop().time() + PER_REQUEST
        try:
            async with asyncio.timeout_at(min(self._until, soon)):
                return await self._exchange(base, request)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
            return Answer(trouble=_trouble(error))

    async def _exchange(self, base: str, request: Request) -> Answer:
        content = None if request.body is None else json.dumps(request.body).encode()
        asked = httpx.Request(
            request.method,
            base + request.path,
            headers=_HEADERS if content is None else {**_HEADERS, "Content-Type": "application/json"},
            content=content,
            extensions={"timeout": {"connect": _CONNECT, "read": None, "write": None, "pool": None}},
        )
        response = await self._transport.handle_async_request(asked)
        try:
            return await _read(response)
        finally:
            await response.aclose()


def _trouble(error: Exception) -> str:
    match error:
        case httpx.ConnectTimeout():
            return "no connection in time: packets are dropped"
        case httpx.ConnectError():
            return "nothing listens"
        case TimeoutError() | httpx.TimeoutException():
            return "no answer in time"
        case _:
            return "no HTTP, or broken off"


async def _read(response: httpx.Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if headers.get("content-encoding", "identity").lower() != "identity":
        return Answer(trouble="a packed answer, which nobody asked for")
    declared = headers.get("content-length", "")
    body = b""
    if declared.isdecimal() and int(declared[:20]) > LARGEST:
        return Answer(trouble=f"an answer of more than {LARGEST} bytes")
    assert isinstance(response.stream, httpx.AsyncByteStream)
    async for piece in response.stream:
        body += piece
        if len(body) > LARGEST:
            return Answer(trouble=f"an answer of more than {LARGEST} bytes")
    version = response.extensions.get("http_version", b"HTTP/1.1").decode("ascii", "replace")
    return Answer(response.status_code, version, headers, body)


def read_config(path: Path) -> Answer:
    """Read a model folder's config.json, which the server named: a regular file, and not a large one."""
    try:
        if path.name != "config.json" or not path.is_file():
            return Answer(trouble="no such file here")
        with path.open("rb") as stream:
            body = stream.read(LARGEST + 1)
    except (OSError, ValueError):
        return Answer(trouble="cannot be read")
    return Answer(200, body=body) if len(body) <= LARGEST else Answer(trouble="too large")
