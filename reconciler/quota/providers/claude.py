from __future__ import annotations

from datetime import datetime
from typing import Final

from reconciler.jsontypes import JsonObject
from reconciler.quota.credential import Credential, Unusable, signed_in
from reconciler.quota.look import in_json, in_variables
from reconciler.quota.part import Part
from reconciler.quota.provider import Ask, Provider, Rotation, beside
from reconciler.quota.providers import claude_body, claude_web
from reconciler.quota.renewal import Token, renew
from reconciler.quota.shape import AccountId
from reconciler.quota.times import moment
from reconciler.quota.wire import Wire
from reconciler.quota.words import obj, raw, rows, shown


API: Final = "https://api.anthropic.com"
_DAY_S: Final = 86_400


async def read(ask: Ask, wire: Wire) -> Part:
    """Read the subscription's windows: by Claude Code's sign-in, or by the cookie of claude.ai."""
    if ask.credential.kind == "web":
        return await claude_web.read(ask, wire)
    reply = await wire.get(f"{API}/api/oauth/usage", headers=_headers(ask))
    facts = ask.credential.facts
    remembered = ask.memory
    part = claude_body.usage(reply.body)
    part += claude_body.plan(facts.get("subscription"), facts.get("tier"))
    part += Part(account=AccountId(id=remembered.get("account_id"), label=remembered.get("label")))
    return part + await beside("profile", ask, profile, wire)


async def profile(ask: Ask, wire: Wire) -> Part:
    """Read whose sign-in it is."""
    body = (await wire.get(f"{API}/api/oauth/profile", headers=_headers(ask))).body
    person, organization = obj(body.get("account")), obj(body.get("organization"))
    kind = raw(organization.get("organization_type")) or ""
    account = AccountId(
        id=shown(person.get("uuid")), label=shown(person.get("email")), org=shown(organization.get("uuid"))
    )
    memory = {"account_id": account.id, "label": account.label}
    return Part(
        account=account, memory={key: value for key, value in memory.items() if value}
    ) + claude_body.plan(kind.removeprefix("claude_"), organization.get("rate_limit_tier"))


async def renewed(ask: Ask, wire: Wire) -> Token:
    """Renew the sign-in; Claude Code is signed out unless the new one is written back to its file."""
    fields = {
        "grant_type": "refresh_token",
        "refresh_token": ask.credential.secret("refresh"),
        "client_id": "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
    }
    return await renew(wire, "https://platform.claude.com/v1/oauth/token", fields, now=ask.now)


def put(content: JsonObject, token: Token, _now: datetime) -> JsonObject:
    """Write a renewed sign-in into the content of Claude Code's file."""
    entry = {
        **obj(content.get("claudeAiOauth")),
        "accessToken": token.access_token.reveal(),
        "refreshToken": token.refresh_token.reveal(),
        "expiresAt": int(token.expires_at.timestamp() * 1000) if token.expires_at else None,
    }
    return {**content, "claudeAiOauth": entry}


def _headers(ask: Ask) -> dict[str, str]:
    return {
        "authorization": f"Bearer {ask.token}",
        "anthropic-beta": "oauth-2025-04-20",
        "accept": "application/json",
        # Other agents share a bucket that answers 429 for hours.
        "user-agent": "claude-code/2.1.0",
    }


def _sign_in(content: JsonObject, where: str) -> Credential | Unusable:
    entry = obj(content.get("claudeAiOauth"))
    token = raw(entry.get("accessToken"))
    if token is None:
        return Unusable(where, "holds no Claude sign-in: start `claude` and sign in")
    scopes = rows(entry.get("scopes"))
    if scopes and "user:profile" not in scopes:
        return Unusable(where, "holds a setup-token, which cannot read usage: sign in with `claude`")
    facts = {"subscription": shown(entry.get("subscriptionType")), "tier": shown(entry.get("rateLimitTier"))}
    return Credential(
        kind="oauth",
        where=where,
        secrets=signed_in(token, raw(entry.get("refreshToken"))),
        facts={key: value for key, value in facts.items() if value},
        expires_at=moment(entry.get("expiresAt")),
    )


PROVIDER = Provider(
    name="claude",
    aliases=frozenset({"anthropic", "claude-cli", "claude"}),
    interval_s=300,
    hosts=frozenset({"api.anthropic.com", "claude.ai", "platform.claude.com"}),
    sources=(
        in_variables("CLAUDE_CODE_OAUTH_TOKEN", kind="oauth"),
        in_json(("CLAUDE_CONFIG_DIR", ".claude"), ".credentials.json", read=_sign_in),
        claude_web.SOURCE,
    ),
    read=read,
    missing="sign in with `claude`, or set CLAUDE_SESSION_KEY to the sessionKey cookie of claude.ai",
    side_calls={"profile": _DAY_S, "account": _DAY_S, "overage": 0, "prepaid": 0},
    advice={
        "auth_expired": "Sign-in expired: start `claude` once, or copy the claude.ai cookie again",
        "forbidden_scope": "This token cannot read usage; sign in with `claude` (a setup-token is not enough)",
        "blocked": "claude.ai blocked this machine (Cloudflare); your login may be fine: sign in with `claude`",
        "no_plan": "The sign-in works, but there is no plan with a quota on it",
    },
    rotation=Rotation(renewed, put),
)
