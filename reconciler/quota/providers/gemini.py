from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from reconciler.jsontypes import Json, JsonObject
from reconciler.quota.credential import Credential, Unusable
from reconciler.quota.jwt import claims
from reconciler.quota.numbers import number, share
from reconciler.quota.part import Notes, Part
from reconciler.quota.provider import Ask, Found, Login, Provider, Source
from reconciler.quota.refusal import Reply
from reconciler.quota.renewal import Token, renew
from reconciler.quota.shape import AccountId, Window, window
from reconciler.quota.times import moment
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import Wire
from reconciler.quota.words import obj, raw, rows, shown, slug
from reconciler.quota.world import World
from reconciler.secret import Secret


_API: Final = "https://cloudcode-pa.googleapis.com/v1internal"
_PROJECTS: Final = "https://cloudresourcemanager.googleapis.com/v1/projects"
_TOKEN: Final = "https://oauth2.googleapis.com/token"  # noqa: S105  an address
_DAY_S: Final = 86_400
_HOUR: Final = timedelta(hours=1)
_SOON: Final = timedelta(seconds=60)
_FAMILIES: Final = (("flash-lite", "flash_lite"), ("flash", "flash"), ("pro", "pro"))
_CLOSED: Final = "Google closed Gemini CLI for personal accounts; use Antigravity"
_CONSTANT: Final = re.compile(r"OAUTH_CLIENT_(ID|SECRET)\s*=\s*[\"']([^\"'\s]{8,200})[\"']")
_INSTALLED: Final = (
    "/usr/lib/node_modules",
    "/usr/local/lib/node_modules",
    "/opt/homebrew/lib/node_modules",
)
_MODULE: Final = "@google/gemini-cli-core/dist/src/code_assist/oauth2.js"


async def read(ask: Ask, wire: Wire) -> Part:
    """Read the daily request quota of every model family; an old token is renewed in memory only."""
    ask = await _fresh(ask, wire)
    try:
        return await _read(ask, wire)
    except Trouble as trouble:
        if trouble.kind != "auth_expired" or "refresh" not in ask.credential.secrets:
            raise
    return await _read(await _with_new_token(ask, wire), wire)


async def _read(ask: Ask, wire: Wire) -> Part:
    facts, memory = ask.credential.facts, ask.memory
    part = Part(account=AccountId(label=facts.get("label")))
    loaded = moment(memory.get("loaded_at"))
    if loaded is not None and loaded + _HOUR > ask.now:
        part += Part(plan=memory.get("plan"), plan_raw=memory.get("tier_id"), memory=memory)
    else:
        part += await load(ask, wire)
        if "project" not in part.memory:
            part += await projects(ask, wire)
    question = {"project": part.memory["project"]} if "project" in part.memory else {}
    return quota((await _post(ask, wire, "retrieveUserQuota", question)).body) + part


async def load(ask: Ask, wire: Wire) -> Part:
    """Read tier and project; an account that is served no more says so here."""
    question = {"metadata": {"ideType": "GEMINI_CLI", "pluginType": "GEMINI"}}
    body = (await _post(ask, wire, "loadCodeAssist", question)).body
    tier = obj(body.get("currentTier"))
    if not tier:
        _ineligible(body)
    named = body.get("cloudaicompanionProject")
    project = raw(named) or raw(obj(named).get("id")) or raw(obj(named).get("projectId"))
    tier_id = shown(tier.get("id"))
    plan = shown(obj(body.get("paidTier")).get("name")) or _plan(tier_id, ask.credential.facts)
    memory = {"project": project, "tier_id": tier_id, "plan": plan, "loaded_at": ask.now.isoformat()}
    return Part(plan=plan, plan_raw=tier_id, memory={key: value for key, value in memory.items() if value})


def _ineligible(body: JsonObject) -> None:
    for each in rows(body.get("ineligibleTiers")):
        code, said = raw(obj(each).get("reasonCode")), shown(obj(each).get("reasonMessage"))
        if code == "UNSUPPORTED_CLIENT":
            raise Trouble("unsupported", message=_CLOSED, status="unavailable")
        if code == "VALIDATION_REQUIRED":
            message = "Google wants this account checked: start `gemini` and follow it"
            raise Trouble("forbidden_scope", message=message, status="unavailable")
        if code is not None:
            raise Trouble("unsupported", message=said, status="unavailable")


def _plan(tier: str | None, facts: Mapping[str, str]) -> str | None:
    if tier == "free-tier":
        return "Workspace" if "workspace" in facts else "Free"
    return {"standard-tier": "Standard", "legacy-tier": "Legacy"}.get(tier or "", tier)


async def projects(ask: Ask, wire: Wire) -> Part:
    """Find the project that Google made for Gemini."""
    headers = {"authorization": f"Bearer {ask.token}", "accept": "application/json"}
    try:
        body = (await wire.get(_PROJECTS, headers=headers)).body
    except Trouble as trouble:
        if trouble.kind in {"auth_expired", "rate_limited"}:
            raise
        return Part(warnings=(f"projects could not be read: {trouble.kind}",))
    for each in rows(body.get("projects")):
        project = raw(obj(each).get("projectId"))
        labels = obj(obj(each).get("labels"))
        if project and (project.startswith("gen-lang-client") or "generative-language" in labels):
            return Part(memory={"project": project})
    return Part()


def quota(body: JsonObject) -> Part:
    """Read the buckets; of every family the one with the least left stands."""
    notes = Notes()
    families: dict[str, list[Window]] = {}
    for row in notes.objects(body.get("buckets"), "buckets"):
        model = shown(row.get("modelId"))
        if model is None or not slug(model):
            notes.skipped("an entry of buckets")
        else:
            found = _bucket(model, row)
            families.setdefault(found.id, []).append(found)
    return notes.onto(Part(windows=tuple(_lowest(found) for found in families.values())))


def _bucket(model: str, row: JsonObject) -> Window:
    family = next((name for sign, name in _FAMILIES if sign in model), f"model:{slug(model)}")
    left, resets_at = number(row.get("remainingFraction")), moment(row.get("resetTime"))
    absent = left == 0 and _epoch(row.get("resetTime"))
    return window(
        family,
        None if left is None else share(1 - left, Decimal(1)),
        name=f"{family.replace('_', ' ')}, daily",
        duration_s=_DAY_S,
        unit="requests",
        resets_at=resets_at,
        scope=family,
        state="not_included" if absent else None,
    )


def _epoch(value: Json) -> bool:
    return (raw(value) or "").startswith("1970-01-01")


def _lowest(found: list[Window]) -> Window:
    """Return the fullest live bucket; buckets of models that the tier lacks, or that say nothing, count last."""
    order = {"unknown": 1, "not_included": 0}
    return max(found, key=lambda each: (order.get(each.state, 2), each.used_fraction or 0))


async def _post(ask: Ask, wire: Wire, method: str, question: JsonObject) -> Reply:
    headers = {
        "authorization": f"Bearer {ask.token}",
        "content-type": "application/json",
        "accept": "application/json",
    }
    return await wire.post(
        f"{_API}:{method}", headers=headers, content=json.dumps(question), refusal=_refusal
    )


def _refusal(reply: Reply) -> Trouble | None:
    if reply.status == 403 and "no longer supported" in reply.said:  # noqa: PLR2004
        return Trouble("unsupported", message=_CLOSED, http_status=403, status="unavailable")
    return None


async def renewed(ask: Ask, wire: Wire) -> Token:
    """Renew the access token; Google's refresh token stays as it is, so nobody is signed out."""
    secrets = ask.credential.secrets
    fields = {
        "client_id": secrets["client_id"].reveal(),
        "client_secret": secrets["client_secret"].reveal(),
        "refresh_token": secrets["refresh"].reveal(),
        "grant_type": "refresh_token",
    }
    return await renew(wire, _TOKEN, fields, now=ask.now, form=True)


async def _fresh(ask: Ask, wire: Wire) -> Ask:
    expires_at = ask.credential.expires_at
    if expires_at is None or expires_at - _SOON > ask.now:
        return ask
    return await _with_new_token(ask, wire)


async def _with_new_token(ask: Ask, wire: Wire) -> Ask:
    if not {"client_id", "client_secret", "refresh"} <= ask.credential.secrets.keys():
        raise Trouble("auth_expired", message="Sign-in expired: run `gemini` once to renew it")
    token = await renewed(ask, wire)
    secrets = {**ask.credential.secrets, "token": token.access_token}
    return replace(ask, credential=replace(ask.credential, secrets=secrets, expires_at=token.expires_at))


def _find(world: World, login: Login) -> Found:
    home = world.folder("GEMINI_CLI_HOME", "") / ".gemini"
    path = world.expand(login.path) if login.path else home / "oauth_creds.json"
    where = world.short(path)
    auth = obj(obj((world.json(path.parent / "settings.json") or {}).get("security")).get("auth"))
    kind = raw(auth.get("selectedType"))
    if kind in {"gemini-api-key", "vertex-ai"}:
        return Unusable(where, f"is not used: Gemini CLI is set to {kind}, which has no quota to read")
    content = world.json(path)
    if content is None:
        return None
    token = raw(content.get("access_token"))
    if token is None:
        return Unusable(where, "holds no sign-in: run `gemini` and sign in with Google")
    told = claims(raw(content.get("id_token")) or "")
    secrets = {"token": Secret(token), **_client(world)}
    refresh = raw(content.get("refresh_token"))
    if refresh:
        secrets["refresh"] = Secret(refresh)
    facts = {"label": shown(told.get("email")), "workspace": shown(told.get("hd"))}
    return Credential(
        kind="oauth",
        where=where,
        secrets=secrets,
        facts={key: value for key, value in facts.items() if value},
        expires_at=moment(content.get("expiry_date")),
        renewable=True,
    )


def _client(world: World) -> dict[str, Secret]:
    """Find the OAuth client that Gemini CLI signs in with; it is not ours to carry along."""
    given = {
        "client_id": world.environ.get("GEMINI_OAUTH_CLIENT_ID", "").strip(),
        "client_secret": world.environ.get("GEMINI_OAUTH_CLIENT_SECRET", "").strip(),
    }
    if not all(given.values()):
        given = _installed(world)
    return {name: Secret(value) for name, value in given.items()}


def _installed(world: World) -> dict[str, str]:
    named = world.environ.get("GEMINI_OAUTH2_JS_PATH", "").strip()
    packages = [Path(root) / "@google/gemini-cli/node_modules" / _MODULE for root in _INSTALLED]
    packages += [Path(root) / _MODULE for root in _INSTALLED]
    for path in [world.expand(named)] if named else packages:
        found = dict(_CONSTANT.findall(world.text(path) or ""))
        if {"ID", "SECRET"} <= found.keys():
            return {"client_id": found["ID"], "client_secret": found["SECRET"]}
    return {}


PROVIDER = Provider(
    name="gemini",
    aliases=frozenset({"google-gemini-cli", "gemini-cli", "google", "gemini"}),
    interval_s=300,
    hosts=frozenset(
        {"cloudcode-pa.googleapis.com", "cloudresourcemanager.googleapis.com", "oauth2.googleapis.com"}
    ),
    sources=(Source(where="~/.gemini/oauth_creds.json", find=_find),),
    read=read,
    missing="run `gemini` and sign in with Google",
    advice={
        "auth_expired": "Sign-in expired: run `gemini` and sign in again",
        "forbidden_scope": "This account may not use the project: check it in the Google Cloud console",
        "unsupported": _CLOSED,
    },
)
