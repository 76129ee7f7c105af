from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from reconciler.jsontypes import Json, JsonObject
from reconciler.quota.look import in_key_file, in_openclaw, in_variables
from reconciler.quota.numbers import number, share, tidy, whole
from reconciler.quota.part import Notes, Part
from reconciler.quota.provider import Ask, Provider, beside
from reconciler.quota.refusal import Reply, refused
from reconciler.quota.shape import AccountId, Calendar, Money, TokenUse, Window, window
from reconciler.quota.times import moment
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import Wire
from reconciler.quota.words import obj, raw, shown


_API: Final = "https://openrouter.ai/api/v1"
_PERIODS: Final[dict[str, tuple[Calendar, int | None]]] = {
    "daily": ("day", 86_400),
    "weekly": ("week", 604_800),
    "monthly": ("month", None),
}
_DAY_S: Final = 86_400


async def read(ask: Ask, wire: Wire) -> Part:
    """Read the key's own budget and spend; the account's balance only with a management key."""
    body = (await wire.get(f"{_API}/key", headers=_headers(ask), refusal=_refusal)).body
    data = body.get("data")
    if not isinstance(data, dict):
        raise Trouble("bad_response", http_status=200)
    part = key(data)
    if data.get("is_management_key") is True:
        part += await beside("credits", ask, balance, wire)
        part += await beside("activity", ask, activity, wire)
    return part


def key(data: JsonObject) -> Part:
    """Read `/key`; every amount is in US dollars, and `usage` is that of the key's whole life."""
    notes = Notes()
    budget = _budget(data, notes)
    account = AccountId(id=shown(data.get("creator_user_id")), label=shown(data.get("label")))
    free = data.get("is_free_tier") is True
    part = Part(
        windows=(budget,) if budget else (),
        money=tuple(_spends(data)),
        account=account,
        plan="Free" if free else None,
    )
    return notes.onto(part)


def _budget(data: JsonObject, notes: Notes) -> Window | None:
    named = raw(data.get("limit_reset")) or ""
    calendar, seconds = _PERIODS.get(named, (None, None))
    limit = number(data.get("limit"))
    if limit is None:
        if data.get("limit", "") is None:
            return window("key_budget", None, name="key budget", unit="usd", state="unlimited")
        notes.unread("the key's limit")
        return None
    used = _used(data, limit, named)
    return window(
        "key_budget",
        share(used, limit),
        name="key budget",
        duration_s=seconds,
        calendar=calendar,
        used=None if used is None else tidy(used),
        limit=limit,
        unit="usd",
        state="exhausted" if limit <= 0 else None,
    )


def _used(data: JsonObject, limit: Decimal, period: str) -> Decimal | None:
    left = number(data.get("limit_remaining"))
    if left is not None:
        return limit - left
    suffix = f"_{period}" if period in _PERIODS else ""
    used = number(data.get(f"usage{suffix}"))
    own = number(data.get(f"byok_usage{suffix}")) if data.get("include_byok_in_limit") is True else None
    return None if used is None else used + (own or 0)


def _spends(data: JsonObject) -> Iterator[Money]:
    for name, (calendar, _) in _PERIODS.items():
        spent = number(data.get(f"usage_{name}"))
        if spent is not None:
            yield Money(id=f"spend_{calendar}", kind="spend", amount=tidy(spent), unit="USD", period=calendar)


async def balance(ask: Ask, wire: Wire) -> Part:
    """Read what is left of the account's credits; it may be negative."""
    data = obj((await wire.get(f"{_API}/credits", headers=_headers(ask), refusal=_refusal)).body.get("data"))
    bought, used = number(data.get("total_credits")), number(data.get("total_usage"))
    if bought is None or used is None:
        raise Trouble("bad_response", http_status=200)
    return Part(money=(Money(id="credits", kind="balance", amount=tidy(bought - used), unit="USD"),))


async def activity(ask: Ask, wire: Wire) -> Part:
    """Read tokens and dollars of every model and of the last 30 complete days."""
    body = (await wire.get(f"{_API}/activity", headers=_headers(ask), refusal=_refusal)).body
    notes = Notes()
    found = tuple(_use(row) for row in notes.objects(body.get("data"), "data"))
    return notes.onto(Part(usage=found))


def _use(row: JsonObject) -> TokenUse:
    cost = number(row.get("usage"))
    return TokenUse(
        model=shown(row.get("model")) or "unknown",
        day=_day(row.get("date")),
        input_tokens=whole(row.get("prompt_tokens")),
        output_tokens=whole(row.get("completion_tokens")),
        cost=None if cost is None else tidy(cost),
    )


def _day(value: Json) -> date | None:
    found = moment(value)
    return found.date() if found else None


def _refusal(reply: Reply) -> Trouble | None:
    """Read the error that a 200 may hold as if it had come with its own status."""
    error = obj(reply.json).get("error")
    if reply.status != 200 or error is None:  # noqa: PLR2004
        return None
    code = whole(obj(error).get("code"))
    if code is not None and 400 <= code < 600:  # noqa: PLR2004
        told = Reply(code, reply.headers, reply.cookies, reply.json, None, reply.now)
        trouble = refused(told)
        if trouble is not None:
            return Trouble(trouble.kind, http_status=200, retry_after_s=trouble.retry_after_s)
    return Trouble("bad_response", http_status=200)


def _headers(ask: Ask) -> dict[str, str]:
    return {"authorization": f"Bearer {ask.token}", "accept": "application/json"}


PROVIDER = Provider(
    name="openrouter",
    aliases=frozenset({"openrouter"}),
    interval_s=60,
    hosts=frozenset({"openrouter.ai"}),
    sources=(
        in_key_file(),
        in_variables("OPENROUTER_MANAGEMENT_API_KEY"),
        in_openclaw("openrouter"),
        in_variables("OPENROUTER_API_KEY"),
    ),
    read=read,
    missing="give OpenClaw's provider openrouter a key, or set OPENROUTER_API_KEY",
    side_calls={"credits": 0, "activity": _DAY_S},
    advice={"auth_expired": "The key is not valid any more: make a new one at openrouter.ai"},
)
