from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from reconciler.jsontypes import JsonObject
from reconciler.quota.look import in_key_file, in_variables
from reconciler.quota.numbers import number, tidy, whole
from reconciler.quota.pages import rows
from reconciler.quota.part import Notes, Part
from reconciler.quota.provider import Ask, Provider, beside
from reconciler.quota.providers.claude_admin import spending
from reconciler.quota.providers.claude_body import currency
from reconciler.quota.shape import TokenUse
from reconciler.quota.times import day_start, moment, month_start
from reconciler.quota.wire import Wire
from reconciler.quota.words import obj, shown


_API: Final = "https://api.openai.com/v1/organization"
_HOUR_S: Final = 3600
_DAY: Final = timedelta(days=1)


async def read(ask: Ask, wire: Wire) -> Part:
    """Read what the organisation has spent since the first of the month."""
    notes = Notes()
    spent: dict[str, Decimal] = defaultdict(Decimal)
    async for bucket in _buckets(ask, wire, "costs", "line_item", since=month_start(ask.now), notes=notes):
        for row in notes.objects(bucket.get("results"), "results"):
            amount = obj(row.get("amount"))
            value = number(amount.get("value"))
            if value is None:
                notes.unread("an amount")
            else:
                spent[currency(amount.get("currency"))] += value
    money = spending({unit: tidy(amount) for unit, amount in spent.items()})
    return notes.onto(Part(money=money)) + await beside("usage", ask, usage, wire)


async def usage(ask: Ask, wire: Wire) -> Part:
    """Read the tokens of every model since the start of yesterday; input holds what was cached."""
    notes, found = Notes(), []
    since = day_start(ask.now) - _DAY
    async for bucket in _buckets(ask, wire, "usage/completions", "model", since=since, notes=notes):
        day = moment(bucket.get("start_time"))
        found += [
            TokenUse(
                model=shown(row.get("model")) or "unknown",
                day=day.date() if day else None,
                input_tokens=whole(row.get("input_tokens")),
                output_tokens=whole(row.get("output_tokens")),
            )
            for row in notes.objects(bucket.get("results"), "results")
        ]
    return notes.onto(Part(usage=tuple(found)))


async def _buckets(
    ask: Ask, wire: Wire, report: str, group: str, *, since: datetime, notes: Notes
) -> AsyncIterator[JsonObject]:
    params = {
        "start_time": str(int(since.timestamp())),
        "bucket_width": "1d",
        "limit": "31",
        "group_by": group,
    }
    headers = {"authorization": f"Bearer {ask.token}", "accept": "application/json"}
    async for row in rows(wire, f"{_API}/{report}", headers, params, notes):
        yield row


PROVIDER = Provider(
    name="openai_admin",
    aliases=frozenset({"openai-admin"}),
    interval_s=300,
    hosts=frozenset({"api.openai.com"}),
    sources=(in_key_file(), in_variables("OPENAI_ADMIN_KEY", kind="admin")),
    read=read,
    missing="set OPENAI_ADMIN_KEY to an admin key (sk-admin-…) of the organisation",
    side_calls={"usage": _HOUR_S},
    advice={"forbidden_scope": "This key cannot read costs; use an admin key, not a project or service key"},
)
