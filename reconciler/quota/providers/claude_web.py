"""claude.ai with a browser's cookie: best effort, for the web site may refuse programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from reconciler.jsontypes import Json, JsonObject
from reconciler.quota.credential import Credential
from reconciler.quota.part import Part
from reconciler.quota.provider import Ask, Found, Login, Source, beside
from reconciler.quota.providers import claude_body
from reconciler.quota.refusal import Reply
from reconciler.quota.shape import AccountId
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import Wire
from reconciler.quota.words import obj, raw, rows, shown
from reconciler.quota.world import World
from reconciler.secret import Secret


_API: Final = "https://claude.ai/api"
_SESSION_VARIABLES: Final = ("CLAUDE_SESSION_KEY", "CLAUDE_AI_SESSION_KEY", "CLAUDE_WEB_SESSION_KEY")
_COOKIE_VARIABLES: Final = ("CLAUDE_COOKIES", "CLAUDE_WEB_COOKIE")
_SEATS: Final = {"team_standard": "Team", "team_tier_1": "Team Premium"}


async def read(ask: Ask, wire: Wire) -> Part:
    """Choose the organisation and read its usage; a cookie that the server renews is used from there on."""
    organization = ask.memory.get("org_id")
    part = Part()
    if organization is None:
        reply = await _get(ask, wire, "/organizations")
        ask, part = _renewed(ask, reply), choose(reply.json, ask.credential)
        organization = part.memory["org_id"]
    ask = replace(ask, memory={**ask.memory, "org_id": organization})
    part += Part(account=AccountId(label=ask.memory.get("label"), org=organization))
    part = await beside("account", ask, account, wire) + part
    reply = await _get(ask, wire, f"/organizations/{organization}/usage")
    ask = _renewed(ask, reply)
    part = claude_body.usage(reply.body) + part
    part += await beside("overage", ask, overage, wire)
    return part + await beside("prepaid", ask, prepaid, wire)


async def organizations(ask: Ask, wire: Wire) -> Part:
    """Find the organisation whose usage is meant."""
    return choose((await _get(ask, wire, "/organizations")).json, ask.credential)


async def account(ask: Ask, wire: Wire) -> Part:
    """Read e-mail address and plan; the membership is that of the chosen organisation."""
    body = (await _get(ask, wire, "/account")).body
    label = shown(body.get("email_address"))
    part = Part(account=AccountId(label=label), memory={"label": label} if label else {})
    for each in rows(body.get("memberships")):
        organization = obj(obj(each).get("organization"))
        if organization.get("uuid") == ask.memory.get("org_id"):
            return part + _seat(obj(each), organization)
    return part


async def overage(ask: Ask, wire: Wire) -> Part:
    """Read the money spent beyond the plan."""
    path = f"/organizations/{ask.memory['org_id']}/overage_spend_limit"
    return claude_body.overage((await _get(ask, wire, path)).body)


async def prepaid(ask: Ask, wire: Wire) -> Part:
    """Read the prepaid balance."""
    path = f"/organizations/{ask.memory['org_id']}/prepaid/credits"
    return claude_body.prepaid((await _get(ask, wire, path)).body)


def choose(listed: Json, credential: Credential) -> Part:
    """Choose the organisation: the cookie's, else the first with chat, else the first that is not only the API.

    Raises:
        Trouble: there is none.
    """
    known = {uuid: each for each in rows(listed) if (uuid := _plain(obj(each).get("uuid")))}
    candidates = [
        credential.facts.get("org_id"),
        *(uuid for uuid, each in known.items() if "chat" in rows(obj(each).get("capabilities"))),
        *(uuid for uuid, each in known.items() if rows(obj(each).get("capabilities")) != ["api"]),
    ]
    chosen = next((each for each in candidates if each in known), None)
    if chosen is None:
        raise Trouble("no_plan" if isinstance(listed, list) else "bad_response", status="unavailable")
    named = claude_body.plan(None, obj(known[chosen]).get("rate_limit_tier"))
    return named + Part(account=AccountId(org=chosen), memory={"org_id": chosen})


def _plain(value: Json) -> str | None:
    """Return an id that may stand in a path."""
    found = raw(value)
    return found if found and found.replace("-", "").isalnum() and found.isascii() else None


def _seat(membership: JsonObject, organization: JsonObject) -> Part:
    seat = raw(membership.get("seat_tier"))
    if seat in _SEATS:
        return Part(plan=_SEATS[seat], plan_raw=seat)
    return claude_body.plan(None, organization.get("rate_limit_tier"))


async def _get(ask: Ask, wire: Wire, path: str) -> Reply:
    headers = {"cookie": ask.credential.secret("cookie"), "accept": "application/json"}
    return await wire.get(_API + path, headers=headers, refusal=_refusal)


def _refusal(reply: Reply) -> Trouble | None:
    if reply.status == 403 and "invalid authorization" in reply.said:  # noqa: PLR2004
        elsewhere = "for organization" in reply.said
        return Trouble("forbidden_scope" if elsewhere else "auth_expired", http_status=403)
    return None


def _renewed(ask: Ask, reply: Reply) -> Ask:
    session = reply.cookies.get("sessionKey")
    if not session:
        return ask
    others = [each for each in _pairs(ask.credential.secret("cookie")) if each[0] != "sessionKey"]
    cookie = _header([("sessionKey", session), *others])
    return replace(ask, credential=replace(ask.credential, secrets={"cookie": Secret(cookie)}))


def _find(world: World, login: Login) -> Found:
    if login.path:
        return None
    session, cookies = world.variable(*_SESSION_VARIABLES), world.variable(*_COOKIE_VARIABLES)
    pairs = dict(_pairs(cookies[1])) if cookies else {}
    if session:
        pairs |= dict(_pairs(session[1])) if "sessionKey=" in session[1] else {"sessionKey": session[1]}
    elif cookies and not pairs:
        pairs = {"sessionKey": cookies[1]}
    if "sessionKey" not in pairs:
        return None
    kept = [(name, pairs[name]) for name in ("sessionKey", "cf_clearance") if name in pairs]
    organization = _plain(pairs.get("lastActiveOrg"))
    return Credential(
        kind="web",
        where=" and ".join(found[0] for found in (session, cookies) if found),
        secrets={"cookie": Secret(_header(kept))},
        facts={"org_id": organization} if organization else {},
    )


def _pairs(cookie: str) -> list[tuple[str, str]]:
    """Split a `Cookie` header; a bare value gives nothing."""
    halves = (each.strip().partition("=") for each in cookie.removeprefix("Cookie:").split(";"))
    return [(name, value) for name, equals, value in halves if equals]


def _header(pairs: Sequence[tuple[str, str]]) -> str:
    return "; ".join(f"{name}={value}" for name, value in pairs)


SOURCE: Final = Source(where=", ".join((*_SESSION_VARIABLES, *_COOKIE_VARIABLES)), find=_find)
