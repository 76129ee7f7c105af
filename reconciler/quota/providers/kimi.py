from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from reconciler.jsontypes import Json, JsonObject
from reconciler.quota.credential import Credential, Unusable
from reconciler.quota.jwt import claims
from reconciler.quota.look import chosen_host, in_json, in_openclaw
from reconciler.quota.numbers import number, share, tidy, whole
from reconciler.quota.part import Notes, Part
from reconciler.quota.provider import Ask, Found, Login, Provider, Source, beside
from reconciler.quota.refusal import Reply
from reconciler.quota.shape import AccountId, Money, Window, strictest, window
from reconciler.quota.times import moment
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import Wire
from reconciler.quota.words import duration_name, obj, raw, rows, shown
from reconciler.quota.world import World
from reconciler.secret import Secret


_WEB: Final = "https://www.kimi.com"
_GATEWAY: Final = f"{_WEB}/apiv2/kimi.gateway"
_CODE_HOSTS: Final = ("api.kimi.com", "api.kimi.ai")
_SCOPE: Final = "FEATURE_CODING"
_SECONDS: Final = {
    "TIME_UNIT_MINUTE": 60,
    "TIME_UNIT_HOUR": 3600,
    "TIME_UNIT_DAY": 86_400,
    "TIME_UNIT_WEEK": 604_800,
}
_POOLS: Final = {
    "limit_5h": ("session", 18_000),
    "limit_7d": ("weekly", 604_800),
    "limit_month_total": ("monthly:total", None),
    "limit_month_code": ("monthly:code", None),
}
_LEVELS: Final = {
    "LEVEL_FREE": "Free",
    "LEVEL_BASIC": "Adagio",
    "LEVEL_STANDARD": "Moderato",
    "LEVEL_INTERMEDIATE": "Allegretto",
    "LEVEL_ADVANCED": "Allegro",
    "LEVEL_PREMIUM": "Vivace",
}
_FIXED_POINT: Final = Decimal(10) ** 8  # wallet amounts are cents times a million
_DAY_S: Final = 86_400


async def read(ask: Ask, wire: Wire) -> Part:
    """Read the coding plan: by the web sign-in, or by a Code key or the CLI's sign-in."""
    if ask.credential.kind == "web":
        part = await web(ask, wire)
        return part + await beside("stats", ask, stats, wire)
    headers = {"authorization": f"Bearer {ask.token}", "accept": "application/json"}
    host = ask.credential.facts.get("host", _CODE_HOSTS[0])
    reply = await wire.get(f"https://{host}/coding/v1/usages", headers=headers, refusal=_code_refusal)
    return code(reply.body)


def code(body: JsonObject) -> Part:
    """Read the Code API: counts of older plans, pools of newer ones, and the booster wallet."""
    notes = Notes()
    windows = list(_counted(notes.known(body, "usage"), body.get("limits"), notes))
    pools = body.get("usages")
    if isinstance(pools, dict):
        windows += _pooled(pools, notes)
    elif pools is not None:
        windows += _scoped(pools, notes)
    wallet = body.get("boosterWallet") or body.get("booster_wallet")
    money = tuple(_booster(obj(wallet), notes))
    level = shown(obj(obj(body.get("user")).get("membership")).get("level"))
    return notes.onto(
        Part(
            windows=strictest(windows),
            money=money,
            plan=_LEVELS.get(level, level) if level else None,
            plan_raw=level,
        )
    )


async def web(ask: Ask, wire: Wire) -> Part:
    """Read the web gateway's counts; without an entry for coding there is no plan."""
    body = await _ask_web(ask, wire, "billing.v1.BillingService/GetUsages", {"scope": [_SCOPE]})
    notes = Notes()
    if not any(obj(each).get("scope") == _SCOPE for each in rows(body.get("usages"))):
        raise Trouble("no_plan", status="unavailable")
    windows = strictest(_scoped(body.get("usages"), notes))
    return notes.onto(Part(windows=windows, account=AccountId(id=ask.credential.facts.get("sub"))))


async def stats(ask: Ask, wire: Wire) -> Part:
    """Read the shares of session, week and month that the membership page shows."""
    body = await _ask_web(ask, wire, "membership.v2.MembershipService/GetSubscriptionStats", {})
    notes, windows = Notes(), []
    for key, window_id, seconds in (
        ("ratelimitCode5h", "session", 18_000),
        ("ratelimitCode7d", "weekly", 604_800),
    ):
        found = notes.known(body, key)
        if found is not None and found.get("enabled") is not False:
            windows.append(_ratio(window_id, seconds, found.get("ratio"), _reset(found)))
    balance = notes.known(body, "subscriptionBalance") or {}
    for key, window_id in (("amountUsedRatio", "monthly:total"), ("kimiCodeUsedRatio", "monthly:code")):
        if balance.get(key) is not None:
            windows.append(_ratio(window_id, None, balance.get(key), balance.get("expireTime")))
    return notes.onto(Part(windows=tuple(windows)))


def _scoped(usages: Json, notes: Notes) -> Iterator[Window]:
    for entry in notes.objects(usages, "usages"):
        if entry.get("scope") == _SCOPE:
            yield from _counted(notes.known(entry, "detail"), entry.get("limits"), notes)


def _counted(weekly: JsonObject | None, limits: Json, notes: Notes) -> Iterator[Window]:
    if weekly is not None:
        yield _count("weekly", 604_800, weekly)
    for row in notes.objects(limits, "limits"):
        detail = row.get("detail")
        if not isinstance(detail, dict):
            notes.skipped("an entry of limits")
            continue
        length = obj(row.get("window"))
        unit, times = _SECONDS.get(raw(length.get("timeUnit")) or ""), whole(length.get("duration"))
        seconds = unit * times if unit and times and times > 0 else None
        yield _count(duration_name(seconds), seconds, detail)


def _count(window_id: str, seconds: int | None, detail: JsonObject) -> Window:
    limit, used, left = (number(detail.get(key)) for key in ("limit", "used", "remaining"))
    if used is None and limit is not None and left is not None:
        used = limit - left
    return window(
        window_id,
        share(used, limit),
        duration_s=seconds,
        used=used,
        limit=limit,
        unit="units",
        resets_at=moment(_reset(detail)),
        rolling=True,
        state="not_included" if limit == 0 else None,
    )


def _pooled(pools: JsonObject, notes: Notes) -> Iterator[Window]:
    for key, (window_id, seconds) in _POOLS.items():
        found = notes.known(pools, key)
        if found is not None:
            yield _ratio(window_id, seconds, found.get("used_ratio", found.get("usedRatio")), _reset(found))


def _ratio(window_id: str, seconds: int | None, ratio: Json, resets: Json) -> Window:
    return window(
        window_id,
        share(number(ratio), Decimal(1)),
        duration_s=seconds,
        unit="units",
        resets_at=moment(resets),
        scope=window_id.partition(":")[2] or None,
        rolling=seconds is not None,
    )


def _reset(found: JsonObject) -> Json:
    names = ("resetTime", "resetAt", "reset_time", "reset_at")
    return next((found[name] for name in names if found.get(name) is not None), None)


def _booster(wallet: JsonObject, notes: Notes) -> Iterator[Money]:
    balance = obj(wallet.get("balance"))
    amount = number(balance.get("amount"))
    if balance.get("type") != "BOOSTER" or not amount:
        return
    cap, used = obj(wallet.get("monthlyChargeLimit")), obj(wallet.get("monthlyUsed"))
    unit = (shown(cap.get("currency")) or shown(used.get("currency")) or "USD").upper()
    left = number(balance.get("amountLeft", 0))
    if left is None:
        notes.unread("the booster wallet")
    else:
        yield Money(id="booster", kind="balance", amount=tidy(left / _FIXED_POINT), unit=unit)
    most, spent = number(cap.get("priceInCents")), number(used.get("priceInCents", 0))
    if wallet.get("monthlyChargeLimitEnabled") is True and most and spent is not None:
        yield Money(
            id="booster_month",
            kind="budget",
            amount=tidy(spent / 100),
            limit=tidy(most / 100),
            unit=unit,
            period="month",
        )


async def _ask_web(ask: Ask, wire: Wire, route: str, question: JsonObject) -> JsonObject:
    told = claims(ask.token)
    named = {"device_id": "x-msh-device-id", "ssid": "x-msh-session-id", "sub": "x-traffic-id"}
    headers = {
        "authorization": f"Bearer {ask.token}",
        "cookie": f"kimi-auth={ask.token}",
        "content-type": "application/json",
        "connect-protocol-version": "1",
        "origin": _WEB,
        "referer": f"{_WEB}/code/console",
        "x-language": "en-US",
        "x-msh-platform": "web",
        "r-timezone": "UTC",
        "accept": "*/*",
        **{header: value for claim, header in named.items() if (value := shown(told.get(claim)))},
    }
    reply = await wire.post(f"{_GATEWAY}.{route}", headers=headers, content=json.dumps(question))
    return reply.body


def _code_refusal(reply: Reply) -> Trouble | None:
    if reply.status == 403 and ("limit" in reply.said or "quota" in reply.said):  # noqa: PLR2004
        message = "The quota is spent; the last reading stands until it is refilled"
        return Trouble("rate_limited", message=message, http_status=403)
    if reply.status == 404:  # noqa: PLR2004
        return Trouble("no_plan", http_status=404)
    return None


def _route(where: str, value: str, host: str) -> Credential:
    """Tell a web token or cookie from a key by its look."""
    pairs = dict(each.strip().split("=", 1) for each in value.split(";") if "=" in each)
    token = pairs.get("kimi-auth", value)
    if not (token.startswith("eyJ") and token.count(".") == 2):  # noqa: PLR2004
        return Credential(kind="api", where=where, secrets={"token": Secret(token)}, facts={"host": host})
    told = claims(token)
    subject = shown(told.get("sub"))
    return Credential(
        kind="web",
        where=where,
        secrets={"token": Secret(token)},
        facts={"sub": subject} if subject else {},
        expires_at=moment(told.get("exp")),
    )


def _in_variables(*names: str) -> Source:
    def find(world: World, login: Login) -> Found:
        found = None if login.path else world.variable(*names)
        host = chosen_host(world, "KIMI_CODE_BASE_URL", _CODE_HOSTS)
        return _route(*found, host) if found else None

    return Source(where=", ".join(names), find=find)


def _cli(content: JsonObject, where: str) -> Credential | Unusable:
    token = raw(content.get("access_token"))
    if token is None:
        return Unusable(where, "holds no sign-in: run `kimi login`")
    return Credential(
        kind="cli",
        where=where,
        secrets={"token": Secret(token)},
        expires_at=moment(content.get("expires_at")),
    )


PROVIDER = Provider(
    name="kimi",
    aliases=frozenset({"kimi", "kimi-coding", "kimi-code", "moonshot-kimi"}),
    interval_s=300,
    hosts=frozenset({"www.kimi.com", *_CODE_HOSTS}),
    sources=(
        _in_variables("KIMI_AUTH_TOKEN", "KIMI_MANUAL_COOKIE"),
        _in_variables("KIMI_CODE_API_KEY", "KIMI_API_KEY"),
        in_json(("KIMI_CODE_HOME", ".kimi-code"), "credentials", "kimi-code.json", read=_cli),
        in_openclaw("kimi", "kimi-coding", "kimi-code"),
    ),
    read=read,
    missing="set KIMI_AUTH_TOKEN to the kimi-auth cookie of kimi.com, or KIMI_CODE_API_KEY to a Code key",
    side_calls={"stats": 0},
    advice={
        "auth_expired": "Sign-in expired: sign in at kimi.com and copy kimi-auth again, or start `kimi` once",
        "no_plan": "The sign-in works, but there is no coding plan on it",
    },
)
