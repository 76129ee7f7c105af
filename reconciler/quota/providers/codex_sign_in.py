"""How Codex and OpenCode keep a ChatGPT sign-in."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from reconciler.jsontypes import Json, JsonObject
from reconciler.quota.credential import Credential, Unusable, signed_in
from reconciler.quota.jwt import claims
from reconciler.quota.times import moment
from reconciler.quota.words import obj, raw, shown
from reconciler.secret import Secret


_CLAIM: Final = "https://api.openai.com/auth"
_PROFILE: Final = "https://api.openai.com/profile"


def of_codex(content: JsonObject, where: str) -> Credential | Unusable:
    """Read the content of Codex's `auth.json`."""
    tokens = obj(content.get("tokens"))
    access, personal = raw(tokens.get("access_token")), raw(content.get("personal_access_token"))
    if access is None and personal is not None:
        return Credential(kind="pat", where=where, secrets={"token": Secret(personal)})
    if access is None:
        if raw(content.get("OPENAI_API_KEY")):
            return Unusable(where, "holds an API key, which has no ChatGPT quota: run `codex login`")
        return Unusable(where, "holds no ChatGPT sign-in: run `codex login`")
    found = _signed_in(where, access, raw(tokens.get("id_token")) or "", raw(tokens.get("account_id")))
    return replace(found, secrets=signed_in(access, raw(tokens.get("refresh_token"))))


def of_opencode(content: JsonObject, where: str) -> Credential | Unusable:
    """Read the content of OpenCode's `auth.json`."""
    entry = obj(content.get("openai"))
    access = raw(entry.get("access"))
    if access is None:
        return Unusable(where, "holds no ChatGPT sign-in: run `codex login`")
    return _signed_in(where, access, "", raw(entry.get("accountId")))


def _signed_in(where: str, access: str, identity: str, account: str | None) -> Credential:
    told = [claims(identity), claims(access)]
    accounts = [account, *(obj(each.get(_CLAIM)).get("chatgpt_account_id") for each in told)]
    labels = [each.get("email") or obj(each.get(_PROFILE)).get("email") for each in told]
    facts = {
        "account_id": next((found for each in accounts if (found := _plain(each))), None),
        "label": next((found for each in labels if (found := shown(each))), None),
    }
    return Credential(
        kind="oauth",
        where=where,
        secrets={"token": Secret(access)},
        facts={key: value for key, value in facts.items() if value},
        expires_at=moment(claims(access).get("exp")),
    )


def _plain(value: Json) -> str | None:
    """Return an id that may stand in a header and in a path."""
    found = raw(value)
    return found if found and found.isascii() and found.replace("-", "").replace("_", "").isalnum() else None
