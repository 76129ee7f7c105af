from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from reconciler.jsontypes import JsonObject
from reconciler.quota.look import in_key_file, in_variables
from reconciler.quota.numbers import minor, whole
from reconciler.quota.pages import rows
from reconciler.quota.part import Notes, Part
from reconciler.quota.provider import Ask, Provider, beside
from reconciler.quota.providers.claude_body import currency
from reconciler.quota.shape import Money, TokenUse
from reconciler.quota.times import day_start, iso, moment, month_start
from reconciler.quota.wire import Wire
from reconciler.quota.words import obj, shown


_API: Final = "https://api.anthropic.com/v1/organizations"
_HOUR_S: Final = 3600
_DAY: Final = timedelta(days=1)


async def read(ask: Ask, wire: Wire) -> Part:
    """Read what the organisation has spent since the first of the month."""
    notes = Notes()
    spent: dict[str, Decimal] = defaultdict(Decimal)
    async for bucket in _buckets(
        ask, wire, "cost_report", "description", since=month_start(ask.now), notes=notes
    ):
        for row in notes.objects(bucket.get("results"), "results"):
            cents = minor(row.get("amount"), 2)
            if cents is None:
                notes.unread("an amount")
            else:
                spent[currency(row.get("currency"))] += cents
    part = notes.onto(Part(money=spending(spent)))
    return part + await beside("usage", ask, usage, wire)


async def usage(ask: Ask, wire: Wire) -> Part:
    """Read the tokens of every model since the start of yesterday."""
    notes = Notes()
    found = []
    async for bucket in _buckets(
        ask, wire, "usage_report/messages", "model", since=day_start(ask.now) - _DAY, notes=notes
    ):
        day = moment(bucket.get("starting_at"))
        for row in notes.objects(bucket.get("results"), "results"):
            written = obj(row.get("cache_creation")).values()
            counts = [row.get("uncached_input_tokens"), row.get("cache_read_input_tokens"), *written]
            found.append(
                TokenUse(
                    model=shown(row.get("model")) or "unknown",
                    day=day.date() if day else None,
                    input_tokens=sum(whole(each) or 0 for each in counts),
                    output_tokens=whole(row.get("output_tokens")),
                )
            )
    return notes.onto(Part(usage=tuple(found)))


def spending(spent: dict[str, Decimal]) -> tuple[Money, ...]:
    """Make a row for every currency; nothing spent is a spend of 0 dollars, for the report was complete."""
    amounts = dict(spent) or {"USD": Decimal(0)}
    first = "USD" if "USD" in amounts else min(amounts)
    return tuple(
        Money(
            id="cost_month" if unit == first else f"cost_month_{unit.lower()}",
            kind="spend",
            amount=amount,
            unit=unit,
            period="month",
        )
        for unit, amount in sorted(amounts.items())
    )


async def _buckets(
    ask: Ask, wire: Wire, report: str, group: str, *, since: datetime, notes: Notes
) -> AsyncIterator[JsonObject]:
    params = {
        "starting_at": iso(since),
        "bucket_width": "1d",
        "limit": "31",
        "group_by[]": group,
    }
    headers = {"x-api-key": ask.token, "anthropic-version": "2023-06-01", "accept": "application/json"}
    async for row in rows(wire, f"{_API}/{report}", headers, params, notes):
        yield row


PROVIDER = Provider(
    name="claude_admin",
    aliases=frozenset({"anthropic-admin"}),
    interval_s=300,
    hosts=frozenset({"api.anthropic.com"}),
    sources=(in_variables("ANTHROPIC_ADMIN_KEY", "ANTHROPIC_ADMIN_API_KEY", kind="admin"), in_key_file()),
    read=read,
    missing="set ANTHROPIC_ADMIN_KEY to an admin key (sk-ant-admin…) of the organisation",
    side_calls={"usage": _HOUR_S},
    advice={"auth_expired": "This is not a valid admin key: make one in the Anthropic Console"},
)
