from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from reconciler.jsontypes import Json, JsonObject
from reconciler.quota.look import in_json
from reconciler.quota.numbers import number, of_percent, tidy, whole
from reconciler.quota.part import Notes, Part
from reconciler.quota.provider import Ask, Provider, Rotation, beside
from reconciler.quota.providers.codex_sign_in import of_codex, of_opencode
from reconciler.quota.refusal import Reply
from reconciler.quota.renewal import Token, renew
from reconciler.quota.shape import AccountId, Money, Window, strictest, window
from reconciler.quota.times import iso, moment
from reconciler.quota.wire import Wire
from reconciler.quota.words import duration_name, obj, raw, shown, slug


_API: Final = "https://chatgpt.com/backend-api"
_AUTH: Final = "https://auth.openai.com"
_DAY_S: Final = 86_400
_NO_CAP: Final = frozenset({"none", "off", "disabled", "no_limit"})
_WORKSPACES: Final = frozenset(
    {
        "team",
        "business",
        "self_serve_business_usage_based",
        "enterprise",
        "enterprise_cbp_usage_based",
    }
)
_PLANS: Final = {
    "plus": "Plus",
    "pro": "Pro",
    "prolite": "Pro Lite",
    "go": "Go",
    "free": "Free",
    "guest": "Guest",
    "free_workspace": "Free Workspace",
    "team": "Team",
    "business": "Business",
    "self_serve_business_usage_based": "Business",
    "enterprise": "Enterprise",
    "enterprise_cbp_usage_based": "Enterprise",
    "edu": "Edu",
    "education": "Education",
    "k12": "K-12",
    "quorum": "Quorum",
}


async def read(ask: Ask, wire: Wire) -> Part:
    """Read the windows of Codex; their names come from their length, for the slots are not positional."""
    if ask.credential.kind == "pat" and "account_id" not in ask.credential.facts:
        who = await whoami(ask, wire)
        ask = _with_account(ask, who.account.id)
    else:
        who = Part()
    reply = await wire.get(f"{_API}/wham/usage", headers=_headers(ask))
    part = usage(reply, ask) + who
    part += await beside("resets", ask, resets, wire)
    if part.plan_raw in _WORKSPACES and "account_id" in ask.credential.facts:
        part += await beside("monthly", ask, monthly, wire)
    return part


def usage(reply: Reply, ask: Ask) -> Part:
    """Read the answer of `wham/usage`."""
    body, notes = reply.body, Notes()
    account = AccountId(
        id=ask.credential.facts.get("account_id") or shown(body.get("account_id")),
        label=shown(body.get("email")) or ask.credential.facts.get("label"),
    )
    main = notes.known(body, "rate_limit")
    windows = [*_windows(main, "", ask.now, notes)]
    for row in notes.objects(body.get("additional_rate_limits"), "additional_rate_limits"):
        name = shown(row.get("limit_name")) or shown(row.get("metered_feature"))
        if name is None or not slug(name) or not isinstance(row.get("rate_limit"), dict):
            notes.skipped("an entry of additional_rate_limits")
        else:
            windows += _windows(obj(row.get("rate_limit")), name, ask.now, notes)
    review = notes.known(body, "code_review_rate_limit")
    windows += _windows(review, "code_review", ask.now, notes)
    _blocked(body, main, notes)
    money = [*_credits(body, reply, notes), *_individual(body, main, ask.now, notes)]
    part = Part(windows=strictest(windows), money=tuple(money), account=account)
    return notes.onto(part + plan(body.get("plan_type")))


def _windows(limits: JsonObject | None, scope: str, now: datetime, notes: Notes) -> Iterator[Window]:
    prefix = f"{scope if scope == 'code_review' else slug(scope)}:" if scope else ""
    for key in ("primary_window", "secondary_window"):
        found = notes.known(limits, key) if limits else None
        if found is not None:
            seconds = whole(found.get("limit_window_seconds"))
            seconds = seconds if seconds and seconds > 0 else None
            yield window(
                prefix + duration_name(seconds),
                of_percent(number(found.get("used_percent"))),
                duration_s=seconds,
                resets_at=_reset(found, now),
                scope=scope or None,
                rolling=True,
            )


def _reset(found: JsonObject, now: datetime) -> datetime | None:
    at = moment(found.get("reset_at"))
    seconds = whole(found.get("reset_after_seconds"))
    if at is None and seconds is not None and 0 < seconds < 10 * 365 * _DAY_S:
        return now + timedelta(seconds=seconds)
    return at


def _blocked(body: JsonObject, main: JsonObject | None, notes: Notes) -> None:
    if main and main.get("allowed") is False:
        why = obj(body.get("rate_limit_reached_type")).get("type") or body.get("rate_limit_reached_type")
        notes.warnings.append(f"blocked: {shown(why) or 'the provider does not say why'}")


def _credits(body: JsonObject, reply: Reply, notes: Notes) -> Iterator[Money]:
    found = notes.known(body, "credits")
    if found is None or found.get("has_credits") is not True or found.get("unlimited") is True:
        return
    balance = number(found.get("balance"))
    if balance is None:
        balance = number(reply.headers.get("x-codex-credits-balance"))
    if balance is not None:
        yield Money(id="credits", kind="balance", amount=tidy(balance), unit="credits")
    elif found.get("balance") is not None:
        notes.unread("the credit balance")


def _individual(body: JsonObject, main: JsonObject | None, now: datetime, notes: Notes) -> Iterator[Money]:
    places = (body, main or {}, obj(body.get("spend_control")))
    found = next(
        (each["individual_limit"] for each in places if each.get("individual_limit") is not None), None
    )
    if found is None:
        return
    found = obj(found)
    limit, used = number(found.get("limit")), number(found.get("used"))
    left = number(found.get("remaining"))
    if used is None and limit is not None and left is not None:
        used = limit - left
    percent = number(found.get("used_percent"))
    if used is None and limit is not None and percent is not None:
        used = limit * percent / 100
    if used is None:
        notes.unread("individual_limit")
        return
    yield _budget(used, limit, _reset(found, now))


def _budget(used: Decimal, cap: Decimal | None, resets_at: datetime | None = None) -> Money:
    return Money(
        id="individual_limit",
        kind="spend" if cap is None else "budget",
        amount=tidy(used),
        limit=cap,
        unit="credits",
        period="month",
        resets_at=resets_at,
    )


def plan(kind: Json) -> Part:
    """Name the plan; a kind that is not known is shown as it is."""
    named = shown(kind)
    return Part(plan=_PLANS.get(named, named) if named else None, plan_raw=named)


async def resets(ask: Ask, wire: Wire) -> Part:
    """Read how many free resets are left; the route that uses one up is never called."""
    headers = _headers(ask) | {"openai-beta": "codex-1", "originator": "Codex Desktop"}
    body = (await wire.get(f"{_API}/wham/rate-limit-reset-credits", headers=headers)).body
    notes, ends = Notes(), []
    for row in notes.objects(body.get("credits"), "credits"):
        end = moment(row.get("expires_at"))
        if row.get("status") == "available" and end is not None:
            ends.append(end)
    count = whole(body.get("available_count"))
    memory = {"available_count": str(count)} if count is not None else {}
    return notes.onto(Part(memory=memory | ({"next_expiry": iso(min(ends))} if ends else {})))


async def monthly(ask: Ask, wire: Wire) -> Part:
    """Read what a member of a workspace has used of a monthly limit."""
    account = ask.credential.facts["account_id"]
    url = f"{_API}/accounts/{account}/spend-controls/current-user/monthly-usage"
    body, notes = (await wire.get(url, headers=_headers(ask))).body, Notes()
    used, cap = number(body.get("current_month_usage")), obj(body.get("effective_monthly_limit"))
    if used is None:
        notes.unread("current_month_usage")
        return notes.onto(Part())
    modes = {raw(cap.get("enforcement_mode")), raw(cap.get("limit_mode"))}
    uncapped = any(mode and mode.lower() in _NO_CAP for mode in modes)
    return Part(money=(_budget(used, None if uncapped else number(cap.get("limit"))),))


async def whoami(ask: Ask, wire: Wire) -> Part:
    """Read whose personal access token it is."""
    url = f"{_AUTH}/api/accounts/v1/user-auth-credential/whoami"
    body = (await wire.get(url, headers={"authorization": f"Bearer {ask.token}"})).body
    account = AccountId(id=shown(body.get("chatgpt_account_id")), label=shown(body.get("email")))
    return Part(account=account) + plan(body.get("chatgpt_plan_type"))


async def renewed(ask: Ask, wire: Wire) -> Token:
    """Renew the sign-in; Codex is signed out unless the new one is written back to its file."""
    fields = {
        "client_id": "app_EMoamEEZ73f0CkXaXp7hrann",
        "grant_type": "refresh_token",
        "refresh_token": ask.credential.secret("refresh"),
        "scope": "openid profile email",
    }
    return await renew(wire, f"{_AUTH}/oauth/token", fields, now=ask.now)


def put(content: JsonObject, token: Token, now: datetime) -> JsonObject:
    """Write a renewed sign-in into the content of Codex's file."""
    tokens = {
        **obj(content.get("tokens")),
        "access_token": token.access_token.reveal(),
        "refresh_token": token.refresh_token.reveal(),
        **({"id_token": token.id_token.reveal()} if token.id_token else {}),
    }
    return {**content, "tokens": tokens, "last_refresh": iso(now)}


def _headers(ask: Ask) -> dict[str, str]:
    account = ask.credential.facts.get("account_id")
    return {
        "authorization": f"Bearer {ask.token}",
        "accept": "application/json",
        "user-agent": "codex-cli",
        **({"chatgpt-account-id": account} if account else {}),
    }


def _with_account(ask: Ask, account: str | None) -> Ask:
    facts = {**ask.credential.facts, **({"account_id": account} if account else {})}
    return replace(ask, credential=replace(ask.credential, facts=facts))


PROVIDER = Provider(
    name="codex",
    aliases=frozenset({"openai-codex", "codex", "openai"}),
    interval_s=300,
    hosts=frozenset({"chatgpt.com", "auth.openai.com"}),
    sources=(
        in_json(("CODEX_HOME", ".codex"), "auth.json", read=of_codex),
        in_json(("", ".config/codex"), "auth.json", read=of_codex),
        in_json(("", ".local/share/opencode"), "auth.json", read=of_opencode),
    ),
    read=read,
    missing="run `codex login`",
    side_calls={"resets": _DAY_S, "monthly": 0},
    advice={
        "auth_expired": "Sign-in expired: run `codex login`",
        "forbidden_scope": "This sign-in does not belong to the workspace: run `codex login` again",
        "bad_response": "The answer is not in the known form; is a chatgpt_base_url set?",
    },
    rotation=Rotation(renewed, put),
)
