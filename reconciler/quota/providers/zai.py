from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

from reconciler.jsontypes import JsonObject
from reconciler.quota.credential import Credential, api_key
from reconciler.quota.look import in_openclaw
from reconciler.quota.numbers import number, of_percent, share, tidy, whole
from reconciler.quota.part import Notes, Part
from reconciler.quota.provider import Ask, Found, Login, Provider, Source, beside
from reconciler.quota.refusal import Reply
from reconciler.quota.shape import Money, TokenUse, Unit, Window, strictest, window
from reconciler.quota.times import day_start, moment
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import Wire
from reconciler.quota.words import duration_name, obj, raw, rows, shown
from reconciler.quota.world import World


_GLOBAL: Final = "api.z.ai"
_MAINLAND: Final = "open.bigmodel.cn"
_REPORT: Final = "https://www.bigmodel.cn/api/biz/account/query-customer-account-report"
_UNITS: Final[dict[str, Unit]] = {
    "TOKENS_LIMIT": "tokens",
    "CREDIT_LIMIT": "credits",
    "TIME_LIMIT": "requests",
}
_UNIT_S: Final = {1: 86_400, 3: 3600, 4: 86_400, 6: 604_800}
_MONTHS: Final = 5
_SESSION_S: Final = 18_000
_FINE: Final = (200, 0, None)
_NOT_SIGNED_IN: Final = frozenset({401, 1000, 1001, 1002, 1003, 1004})
_TOO_FAST: Final = frozenset({429, 1302, 1303, 1305})
_DAY_S: Final = 86_400


async def read(ask: Ask, wire: Wire) -> Part:
    """Read the coding plan's limits."""
    facts = ask.credential.facts
    params = {"type": "2"} if "organization" in facts or "project" in facts else None
    headers = _headers(ask)
    if "organization" in facts:
        headers |= {"bigmodel-organization": facts["organization"]}
    if "project" in facts:
        headers |= {"bigmodel-project": facts["project"]}
    url = f"https://{_host(ask)}/api/monitor/usage/quota/limit"
    reply = await wire.get(url, headers=headers, params=params, refusal=_refusal)
    part = limits(obj(reply.body.get("data")))
    plan = await beside("subscription", ask, subscription, wire)
    part = plan + part + Part(plan=ask.memory.get("plan"))
    part += await beside("usage", ask, usage, wire)
    return part + (await beside("balance", ask, balance, wire) if _host(ask) == _MAINLAND else Part())


def limits(data: JsonObject) -> Part:
    """Read the limits; `usage` is the limit, `currentValue` what is used of it."""
    notes, found = Notes(), []
    monthly: list[Window] = []
    for row in notes.objects(data.get("limits"), "limits"):
        kind = raw(row.get("type"))
        if kind == "TIME_LIMIT":
            monthly.append(_row(kind, row))
        elif kind in _UNITS:
            found.append(_row(kind, row))
    windows = strictest(found)
    taken = {each.id for each in windows}
    apart = (
        each.model_copy(update={"id": f"mcp_{each.id}"}) if each.id in taken else each for each in monthly
    )
    level = next((named for key in ("level", "planName", "plan") if (named := shown(data.get(key)))), None)
    part = Part(windows=windows + strictest(apart), plan=level.title() if level else None, plan_raw=level)
    return notes.onto(part)


def _row(kind: str, row: JsonObject) -> Window:
    unit, times = whole(row.get("unit")), whole(row.get("number"))
    monthly = kind == "TIME_LIMIT" and (unit, times) == (_MONTHS, 1)
    length = _UNIT_S.get(unit or 0)
    seconds = length * times if length and times and times > 0 else None
    fraction, used, limit = _use(row)
    return window(
        "mcp_monthly" if monthly else duration_name(seconds),
        fraction,
        name="MCP tools, monthly" if monthly else None,
        duration_s=seconds,
        calendar="month" if monthly else None,
        used=used,
        limit=limit,
        unit=_UNITS[kind] if limit is not None else "percent",
        resets_at=moment(row.get("nextResetTime")),
        scope="mcp" if kind == "TIME_LIMIT" else None,
        rolling=seconds == _SESSION_S,
    )


def _use(row: JsonObject) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    limit, current, left = (number(row.get(key)) for key in ("usage", "currentValue", "remaining"))
    if limit is not None and limit > 0:
        known = [each for each in (current, limit - left if left is not None else None) if each is not None]
        if known:
            return share(max(known), limit), max(known), limit
    return of_percent(number(row.get("percentage"))), None, None


async def subscription(ask: Ask, wire: Wire) -> Part:
    """Read the product's name of the plan that is valid now."""
    url = f"https://{_host(ask)}/api/biz/subscription/list"
    body = (await wire.get(url, headers=_headers(ask), refusal=_refusal)).body
    valid = (obj(each) for each in rows(body.get("data")) if obj(each).get("status") == "VALID")
    named = next((name for each in valid if (name := shown(each.get("productName")))), None)
    return Part(plan=named, memory={"plan": named} if named else {})


async def usage(ask: Ask, wire: Wire) -> Part:
    """Read the tokens of every model today."""
    start = day_start(ask.now)
    end = start + timedelta(seconds=_DAY_S - 1)
    params = {"startTime": f"{start:%Y-%m-%d %H:%M:%S}", "endTime": f"{end:%Y-%m-%d %H:%M:%S}"}
    url = f"https://{_host(ask)}/api/monitor/usage/model-usage"
    reply = await wire.get(url, headers=_headers(ask), params=params, refusal=_refusal)
    notes = Notes()
    found = tuple(
        TokenUse(
            model=shown(row.get("modelName")) or "unknown",
            day=start.date(),
            total_tokens=sum(whole(each) or 0 for each in rows(row.get("tokensUsage"))),
        )
        for row in notes.objects(obj(reply.body.get("data")).get("modelDataList"), "modelDataList")
    )
    return notes.onto(Part(usage=found))


async def balance(ask: Ask, wire: Wire) -> Part:
    """Read the money on a mainland account."""
    body = (await wire.get(_REPORT, headers=_headers(ask), refusal=_refusal)).body
    data = obj(body.get("data"))
    left = number(data.get("availableBalance", data.get("balance")))
    if left is None:
        raise Trouble("bad_response", http_status=200)
    return Part(money=(Money(id="balance", kind="balance", amount=tidy(left), unit="CNY"),))


def _refusal(reply: Reply) -> Trouble | None:
    """Read the error that a 200 may hold."""
    body = obj(reply.json)
    if reply.status != 200 or not body or ("code" not in body and "success" not in body):  # noqa: PLR2004
        return None
    code = whole(body.get("code"))
    if body.get("success") is not False and code in _FINE:
        return None
    if code in _NOT_SIGNED_IN:
        return Trouble("auth_expired", http_status=200)
    if "plan" in reply.said or "套餐" in reply.said:
        return Trouble("no_plan", http_status=200, status="unavailable")
    if code in _TOO_FAST:
        return Trouble("rate_limited", http_status=200)
    return Trouble("server_error" if code is not None and code >= 500 else "bad_response", http_status=200)  # noqa: PLR2004


def _host(ask: Ask) -> str:
    return _MAINLAND if ask.credential.facts.get("region") == "china" else _GLOBAL


def _headers(ask: Ask) -> dict[str, str]:
    return {"authorization": f"Bearer {ask.token}", "accept": "application/json"}


def _find(world: World, login: Login) -> Found:
    if login.path:
        return None
    found = world.variable("Z_AI_API_KEY", "ZAI_API_KEY")
    if found:
        china = world.environ.get("Z_AI_REGION", "").strip().lower() in {"china", "cn", "mainland"}
        return _key(world, *found, china=china)
    found = world.variable("BIGMODEL_API_KEY", "ZHIPU_API_KEY", "ZHIPUAI_API_KEY", "GLM_API_KEY")
    if found:
        return _key(world, *found, china=True)
    host = urlsplit(world.environ.get("ANTHROPIC_BASE_URL", "").strip()).hostname
    found = world.variable("ANTHROPIC_AUTH_TOKEN") if host in {_GLOBAL, _MAINLAND} else None
    return _key(world, *found, china=host == _MAINLAND) if found else None


def _key(world: World, where: str, value: str, *, china: bool) -> Credential:
    organization = world.environ.get("BIGMODEL_ORGANIZATION", "").strip()
    project = world.environ.get("BIGMODEL_PROJECT", "").strip()
    facts = {"region": "china" if china else "global", "organization": organization, "project": project}
    return api_key(where, value, **{name: fact for name, fact in facts.items() if fact})


PROVIDER = Provider(
    name="zai",
    aliases=frozenset({"zai", "z-ai", "zai-coding", "bigmodel", "zhipu", "glm"}),
    interval_s=300,
    hosts=frozenset({_GLOBAL, _MAINLAND, "www.bigmodel.cn"}),
    sources=(
        Source(where="Z_AI_API_KEY (with Z_AI_REGION), BIGMODEL_API_KEY, ANTHROPIC_AUTH_TOKEN", find=_find),
        in_openclaw("zai", "z-ai", "zai-coding", "bigmodel"),
    ),
    read=read,
    missing="set Z_AI_API_KEY, and Z_AI_REGION=china for a key of open.bigmodel.cn",
    side_calls={"subscription": _DAY_S, "balance": 0, "usage": 3600},
    advice={
        "auth_expired": "The key is not valid here; a key of open.bigmodel.cn needs Z_AI_REGION=china",
        "no_plan": "Key works, but there is no coding plan on it",
    },
)
