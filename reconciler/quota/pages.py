"""Reports of an organisation, which come in pages. Anthropic's and OpenAI's admin APIs page alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Final

from reconciler.jsontypes import JsonObject
from reconciler.quota.part import Notes
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import Wire
from reconciler.quota.words import raw


_MOST: Final = 12  # of 31 days each


async def rows(
    wire: Wire, url: str, headers: Mapping[str, str], params: Mapping[str, str], notes: Notes
) -> AsyncIterator[JsonObject]:
    """Yield the rows under `data` of every page; more pages than a year's are noted as unread.

    Raises:
        Trouble: an answer holds no rows, or there is none.
    """
    here = dict(params)
    for _ in range(_MOST):
        body = (await wire.get(url, headers=headers, params=here)).body
        if not isinstance(body.get("data"), list):
            raise Trouble("bad_response", http_status=200)
        for each in notes.objects(body["data"], "data"):
            yield each
        page = raw(body.get("next_page"))
        if body.get("has_more") is not True or page is None:
            return
        here["page"] = page
    notes.unread("all pages")
