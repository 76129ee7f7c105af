from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from reconciler.jsontypes import Json, JsonObject
from reconciler.quota.credential import Credential, Unusable, api_key
from reconciler.quota.look import in_json
from reconciler.quota.numbers import number, of_percent_left, share, tidy
from reconciler.quota.part import Notes, Part
from reconciler.quota.provider import Ask, Found, Login, Provider, Source, beside
from reconciler.quota.refusal import Reply
from reconciler.quota.shape import AccountId, Money, State, Unit, Window, window
from reconciler.quota.times import moment
from reconciler.quota.trouble import Trouble
from reconciler.quota.wire import Wire
from reconciler.quota.words import obj, raw, rows, shown, slug
from reconciler.quota.world import World


_API: Final = "https://api.github.com"
_HOST: Final = "github.com"
_IDS: Final = {"premium_interactions": "premium", "chat": "chat", "completions": "completions"}
_PLANS: Final = {
    "individual": "Pro",
    "individual_pro": "Pro+",
    "business": "Business",
    "enterprise": "Enterprise",
    "free": "Free",
}
_UNUSABLE: Final = {
    "github_pat_": "is a personal access token, which cannot read Copilot: run `gh auth login`",
    "ghp_": "is a classic token, which cannot read Copilot: run `gh auth login`",
    "ghs_": "is a token of GitHub Actions, which cannot read Copilot: run `gh auth login`",
}
_VARIABLES: Final = ("COPILOT_GITHUB_TOKEN", "COPILOT_API_TOKEN", "GITHUB_TOKEN", "GH_TOKEN")
_DAY_S: Final = 86_400
_UNLIMITED: Final = Decimal(-1)


async def read(ask: Ask, wire: Wire) -> Part:
    """Read the monthly allowances of the seat."""
    headers = {
        "authorization": f"token {ask.token}",
        "accept": "application/json",
        "editor-version": "vscode/1.96.2",
        "editor-plugin-version": "copilot-chat/0.26.7",
        "user-agent": "GitHubCopilotChat/0.26.7",
        "x-github-api-version": "2025-04-01",
    }
    reply = await wire.get(f"{_API}/copilot_internal/user", headers=headers, refusal=_refusal)
    part = seat(reply.body)
    named = {"login": reply.body.get("login"), "organization": _first(reply.body)}
    memory = {**ask.memory, **{key: name for key, value in named.items() if (name := _plain(value))}}
    ask = replace(ask, memory=memory)
    pooled = reply.body.get("copilot_plan") in {"business", "enterprise"}
    if pooled and "organization" in memory:
        return part + await beside("organization", ask, _allowed(organization), wire)
    if reply.body.get("token_based_billing") is True and "login" in memory and not pooled:
        return part + await beside("billing", ask, _allowed(billing), wire)
    return part


def seat(body: JsonObject) -> Part:
    """Read the snapshots; old free plans tell totals and what is left of them instead."""
    notes = Notes()
    snapshots = notes.known(body, "quota_snapshots") or {}
    resets_at = moment(body.get("quota_reset_date_utc")) or moment(body.get("quota_reset_date"))
    by_token = body.get("token_based_billing") is True
    windows: list[Window] = []
    money: list[Money] = []
    for key, value in snapshots.items():
        name = _IDS.get(key) or slug(shown(key) or "")
        if not isinstance(value, dict) or not name:
            if value is not None and key in _IDS:
                notes.unread(f"quota_snapshots.{key}")
            elif value is not None:
                notes.skipped("an entry of quota_snapshots")
            continue
        credited = name == "premium" and (by_token or value.get("token_based_billing") is True)
        found = _snapshot(name, value, "credits" if credited else "requests", resets_at)
        windows.append(found)
        money += _pooled(found, value)
    known = {each.id for each in windows}
    windows += [each for each in _legacy(body) if each.id not in known]
    part = Part(
        windows=tuple(windows), money=tuple(money[:1]), account=AccountId(label=shown(body.get("login")))
    )
    return notes.onto(part + _plan(body))


def _snapshot(name: str, row: JsonObject, unit: Unit, resets_at: datetime | None) -> Window:
    limit, left, percent = (number(row.get(key)) for key in ("entitlement", "remaining", "percent_remaining"))
    state: State | None = None
    if row.get("unlimited") is True or (_UNLIMITED in (limit, left) and not _over(row, limit)):
        state = "unlimited"
    elif row.get("has_quota") is False or limit == 0:
        state = "not_included"
    used = limit - left if limit is not None and left is not None and state is None else None
    fraction = of_percent_left(percent)
    return window(
        name,
        share(used, limit) if fraction is None else fraction,
        name=name.replace("-", " "),
        calendar="month",
        used=used,
        limit=limit if state is None else None,
        unit=unit,
        resets_at=resets_at,
        scope=name,
        state=state,
    )


def _over(row: JsonObject, limit: Decimal | None) -> bool:
    """Tell one request beyond the allowance from the -1 that means unlimited."""
    percent = number(row.get("percent_remaining"))
    return limit is not None and limit > 0 and percent is not None and percent < 0


def _pooled(found: Window, row: JsonObject) -> Iterator[Money]:
    spent = number(row.get("credits_used"))
    if found.state == "not_included" and spent is not None and spent > 0:
        yield _credits(spent)


def _credits(spent: Decimal) -> Money:
    return Money(id="ai_credits", kind="spend", amount=tidy(spent), unit="credits", period="month")


def _legacy(body: JsonObject) -> Iterator[Window]:
    totals, left = obj(body.get("monthly_quotas")), obj(body.get("limited_user_quotas"))
    resets_at = moment(body.get("limited_user_reset_date"))
    for key in ("chat", "completions"):
        limit, remaining = number(totals.get(key)), number(left.get(key))
        if limit is not None or remaining is not None:
            row: JsonObject = {"entitlement": totals.get(key), "remaining": left.get(key)}
            yield _snapshot(key, row, "requests", resets_at)


def _plan(body: JsonObject) -> Part:
    named = shown(body.get("copilot_plan"))
    free = (raw(body.get("access_type_sku")) or "").startswith("free_")
    return Part(plan="Free" if free else _PLANS.get(named, named) if named else None, plan_raw=named)


async def organization(ask: Ask, wire: Wire) -> Part:
    """Read what the organisation's pool has used this month."""
    url = f"{_API}/orgs/{ask.memory.get('organization')}/settings/billing/usage/summary"
    return _items((await wire.get(url, headers=_billing_headers(ask), refusal=_refusal)).body)


async def billing(ask: Ask, wire: Wire) -> Part:
    """Read the AI credits of a personal plan this month."""
    url = f"{_API}/users/{ask.memory.get('login')}/settings/billing/ai_credit/usage"
    params = {"year": str(ask.now.year), "month": str(ask.now.month)}
    reply = await wire.get(url, headers=_billing_headers(ask), params=params, refusal=_refusal)
    return _items(reply.body)


def _items(body: JsonObject) -> Part:
    notes = Notes()
    credits_used, dollars = Decimal(0), Decimal(0)
    for row in notes.objects(body.get("usageItems"), "usageItems"):
        if raw(row.get("product")) == "Copilot":
            quantity, amount = number(row.get("grossQuantity")), number(row.get("netAmount"))
            if quantity is None or amount is None:
                notes.unread("a billing row")
            else:
                credits_used, dollars = credits_used + quantity, dollars + amount
    net = Money(id="ai_credits_net", kind="spend", amount=tidy(dollars), unit="USD", period="month")
    return notes.onto(Part(money=(_credits(credits_used), net)))


def _allowed(call: Callable[[Ask, Wire], Awaitable[Part]]) -> Callable[[Ask, Wire], Awaitable[Part]]:
    """Leave out what this sign-in may not see: billing is for owners, and a seat need not be one."""

    async def ask_if_allowed(ask: Ask, wire: Wire) -> Part:
        try:
            return await call(ask, wire)
        except Trouble as trouble:
            if trouble.http_status in {403, 404}:
                return Part()
            raise

    return ask_if_allowed


def _billing_headers(ask: Ask) -> dict[str, str]:
    return {
        "authorization": f"Bearer {ask.token}",
        "accept": "application/vnd.github+json",
        "x-github-api-version": "2026-03-10",
    }


def _refusal(reply: Reply) -> Trouble | None:
    if reply.status in {403, 429} and reply.headers.get("x-ratelimit-remaining") == "0":
        until = moment(reply.headers.get("x-ratelimit-reset"))
        wait = int((until - reply.now).total_seconds()) if until else 0
        return Trouble("rate_limited", http_status=reply.status, retry_after_s=wait if wait > 0 else None)
    if reply.status == 403 and "rate limit" in reply.said:  # noqa: PLR2004
        return Trouble("rate_limited", http_status=403)
    if reply.status == 404:  # noqa: PLR2004
        return Trouble("no_plan", http_status=404)
    return None


def _first(body: JsonObject) -> Json:
    return next(iter(rows(body.get("organization_login_list"))), None)


def _plain(value: Json) -> str | None:
    """Return a login that may stand in a path."""
    found = raw(value)
    return found if found and found.isascii() and found.replace("-", "").replace("_", "").isalnum() else None


def _in_variables(world: World, login: Login) -> Found:
    if login.path:
        return None
    refused: Unusable | None = None
    for name in _VARIABLES:
        value = world.environ.get(name, "").strip()
        found = _checked(name, value) if value else None
        if isinstance(found, Credential):
            return found
        refused = refused or found
    return refused


def _checked(where: str, token: str) -> Credential | Unusable:
    why = next((text for prefix, text in _UNUSABLE.items() if token.startswith(prefix)), None)
    return Unusable(where, why) if why else api_key(where, token)


def _from_gh(world: World, login: Login) -> Found:
    """Ask gh for the stored token; it would print the variables' one if it saw them."""
    if login.path:
        return None
    hidden = {"GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"}
    environ = {name: value for name, value in world.environ.items() if name not in hidden}
    command = ["gh", "auth", "token", "--hostname", _HOST]
    if login.name != "default":
        command += ["--user", login.name]
    printed = (world.run(command, environ) or "").strip()
    return _checked("gh auth token", printed) if printed else None


def _in_hosts(world: World, login: Login) -> Found:
    folders = (world.folder("GH_CONFIG_DIR", ".config/gh"), world.folder("XDG_CONFIG_HOME", ".config") / "gh")
    for path in [world.expand(login.path)] if login.path else [each / "hosts.yml" for each in folders]:
        text = world.text(path)
        try:
            block = obj(obj(YAML(typ="safe", pure=True).load(text)).get(_HOST)) if text else {}
        except YAMLError:
            return Unusable(world.short(path), "is not YAML")
        own = obj(obj(block.get("users")).get(login.name)).get("oauth_token")
        token = raw(own) or (raw(block.get("oauth_token")) if login.name == "default" or login.path else None)
        if token:
            return _checked(world.short(path), token)
    return None


def _editor(content: JsonObject, where: str) -> Credential | Unusable:
    for key, entry in content.items():
        token = raw(obj(entry).get("oauth_token"))
        if token and key.partition(":")[0] == _HOST:
            return _checked(where, token)
    return Unusable(where, "holds no sign-in of github.com")


PROVIDER = Provider(
    name="copilot",
    aliases=frozenset({"github-copilot", "copilot"}),
    interval_s=300,
    hosts=frozenset({"api.github.com"}),
    sources=(
        Source(where=", ".join(_VARIABLES), find=_in_variables),
        Source(where="gh auth token", find=_from_gh),
        Source(where="~/.config/gh/hosts.yml", find=_in_hosts),
        in_json(("", ".config/github-copilot"), "apps.json", read=_editor),
        in_json(("", ".config/github-copilot"), "hosts.json", read=_editor),
    ),
    read=read,
    missing="run `gh auth login`",
    side_calls={"organization": _DAY_S, "billing": _DAY_S},
    advice={
        "auth_expired": "Sign-in expired: run `gh auth login`",
        "forbidden_scope": "This token cannot read Copilot; use that of `gh auth login`, not a personal access token",
        "no_plan": "No Copilot seat on this account, or the wrong kind of token",
    },
)
