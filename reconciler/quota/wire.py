from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from http.cookiejar import CookieJar, DefaultCookiePolicy
from http.cookies import CookieError, SimpleCookie
from typing import Final, Self
from urllib.parse import urlencode, urlsplit

import httpx

from reconciler import __version__
from reconciler.jsontypes import Json
from reconciler.quota.refusal import Reply, refused
from reconciler.quota.trouble import Trouble


USER_AGENT: Final = f"openclaw-tactician/{__version__}"
LARGEST: Final = 2_097_152  # bytes of an answer; the longest usage report seen has some 100 kB
SECONDS: Final = 15.0  # for one call with its retry
_RETRY_PAUSE_S = 0.3
_LONGEST_INTEGER = 40  # digits; longer ones cost time and mean nothing

# Their debug records hold headers, and so tokens and cookies.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)

Refusal = Callable[[Reply], Trouble | None]


class Wire:
    """The way to one account's provider: its hosts only, TLS only, no redirects, no proxies, no cookie jar.

    Args:
        hosts: names that may be asked; anything else is refused before a credential leaves.
        now: time of the fetch, for dates in answers.
        tls: shared context; making one takes longer than the rest of a request.
        origins: where an origin such as `https://api.example.com` is served instead, for replays on loopback.
        retry_pause_s: wait before the one retry.
        seconds: limit of one call.
    """

    def __init__(
        self,
        hosts: frozenset[str],
        *,
        now: datetime,
        tls: ssl.SSLContext,
        origins: Mapping[str, str] | None = None,
        retry_pause_s: float = _RETRY_PAUSE_S,
        seconds: float = SECONDS,
    ) -> None:
        self._hosts = hosts
        self._now = now
        self._origins = origins or {}
        self._retry_pause_s = retry_pause_s
        self._seconds = seconds
        self._client = httpx.AsyncClient(
            verify=tls,
            trust_env=False,
            follow_redirects=False,
            timeout=seconds,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        refusal: Refusal | None = None,
    ) -> Reply:
        """Ask once, and once more after 408, 5xx or a failed connection.

        Raises:
            Trouble: there is no data: *refusal* says why, else what holds for all providers.
        """
        url = f"{url}?{urlencode(params)}" if params else url
        try:
            reply = await self._once("GET", url, headers, None)
            again = reply.status == 408 or reply.status >= 500  # noqa: PLR2004
        except _NotConnected:
            again = True
        if again:
            await asyncio.sleep(self._retry_pause_s)
            reply = await self._last("GET", url, headers, None)
        return _data(reply, refusal)

    async def post(
        self, url: str, *, headers: Mapping[str, str], content: str, refusal: Refusal | None = None
    ) -> Reply:
        """Ask once, without a retry; raises like :meth:`get`."""
        return _data(await self._last("POST", url, headers, content), refusal)

    async def _last(self, method: str, url: str, headers: Mapping[str, str], content: str | None) -> Reply:
        try:
            return await self._once(method, url, headers, content)
        except _NotConnected as error:
            raise Trouble("network") from error

    async def _once(self, method: str, url: str, headers: Mapping[str, str], content: str | None) -> Reply:
        target = self._target(url)
        sent = {"user-agent": USER_AGENT, "accept-encoding": "identity", **headers}
        if not all(value.isascii() and value.isprintable() for value in sent.values()):
            raise Trouble("no_credentials", message="the credential holds characters that no credential has")
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream(method, target, headers=sent, content=content) as response,
            ):
                return await self._read(response)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _NotConnected from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise Trouble("timeout") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Trouble("network") from error

    def _target(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "https" or parts.netloc not in self._hosts:
            raise Trouble("unsupported", message="only the provider's own hosts are asked, over TLS")
        base = self._origins.get(f"https://{parts.netloc}")
        if base is None:
            return url
        if urlsplit(base).hostname not in {"127.0.0.1", "::1"}:
            raise Trouble("unsupported", message="a replay is served on loopback")
        return base + url.removeprefix(f"https://{parts.netloc}")

    async def _read(self, response: httpx.Response) -> Reply:
        body = bytearray()
        async for chunk in response.aiter_bytes(65_536):
            body += chunk
            if len(body) > LARGEST:
                raise Trouble(
                    "bad_response", message="the answer is too large", http_status=response.status_code
                )
        text = body.decode("utf-8-sig", errors="replace").strip()
        page = text[:LARGEST] if _is_page(text, response.headers.get("content-type", "")) else None
        return Reply(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            cookies=_cookies(response.headers.get_list("set-cookie")),
            json=None if page is not None else _json(text),
            page=page,
            now=self._now,
        )


class _NotConnected(Exception):
    """No byte of the request has left."""


def _data(reply: Reply, refusal: Refusal | None) -> Reply:
    trouble = (refusal(reply) if refusal and reply.page is None else None) or refused(reply)
    if trouble is not None:
        raise trouble
    return reply


def _is_page(text: str, content_type: str) -> bool:
    return text.startswith("<") or (
        content_type.lower().startswith("text/html") and text[:1] not in ("{", "[")
    )


def _json(text: str) -> Json:
    """Read JSON with exact decimals; NaN, infinities and endless integers become null, nonsense None."""
    try:
        found: Json = json.loads(text, parse_float=Decimal, parse_int=_integer, parse_constant=lambda _: None)
    except (ValueError, RecursionError, ArithmeticError):
        return None
    return found


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else None


def _cookies(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        try:
            found.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
        except CookieError:
            continue
    return found
