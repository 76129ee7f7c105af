from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urlsplit

import httpx


SECONDS: Final = 10.0
_UNLIMITED: Final = httpx.Timeout(None)  # each step by itself; the whole has a limit


def post(url: str, body: bytes, *, seconds: float = SECONDS) -> str | None:
    """Send *body* to a webhook within *seconds*; return what went wrong, without the URL's path.

    Redirects are not followed, the answer's text is not read, no cookie and no sign-in is sent along.
    """
    problem = asyncio.run(_post(url, body, seconds))
    return f"the webhook at {urlsplit(url).hostname} of notify {problem}" if problem else None


async def _post(url: str, body: bytes, seconds: float) -> str | None:
    headers = {"content-type": "application/json"}
    try:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(trust_env=False, timeout=_UNLIMITED) as client,
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            return None if answer.is_success else f"answered {answer.status_code}"
    except TimeoutError:
        return f"did not answer within {seconds:g} seconds"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"cannot be reached ({type(error).__name__})"
