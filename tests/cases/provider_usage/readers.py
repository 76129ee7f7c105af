"""Which call of which provider a recorded request belongs to, and the credential that it was made with."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit

from reconciler.quota.credential import Credential, api_key
from reconciler.quota.jwt import claims
from reconciler.quota.provider import Ask, Provider
from reconciler.quota.providers import (
    claude,
    claude_admin,
    claude_web,
    codex,
    copilot,
    deepseek,
    gemini,
    kimi,
    minimax,
    openai_admin,
    openrouter,
    synthetic,
    xai,
    zai,
)
from reconciler.quota.registry import providers
from reconciler.quota.wire import Wire
from reconciler.quota.words import obj
from reconciler.secret import Secret
from tests.cases.provider_usage.case import Case


Run = Callable[[Ask, Wire], Awaitable[object]]


@dataclass(frozen=True)
class Reader:
    """How requests to addresses that match *pattern* are made; *side* names a call beside the main one."""

    provider: str
    pattern: str
    run: Run
    main: bool = False
    side: str | None = None

    def knows(self, url: str) -> bool:
        return re.fullmatch(self.pattern, url) is not None


READERS = (
    Reader("claude", r".*/api/oauth/usage", claude.read, main=True),
    Reader("claude", r".*/api/oauth/profile", claude.profile, side="profile"),
    Reader("claude", r".*/api/organizations", claude_web.organizations),
    Reader("claude", r".*/api/organizations/[^/]+/usage", claude.read, main=True),
    Reader("claude", r".*/overage_spend_limit", claude_web.overage, side="overage"),
    Reader("claude", r".*/prepaid/credits", claude_web.prepaid, side="prepaid"),
    Reader("claude", r".*/api/account", claude_web.account, side="account"),
    Reader("claude", r".*platform\.claude\.com/v1/oauth/token", claude.renewed),
    Reader("codex", r".*/wham/usage", codex.read, main=True),
    Reader("codex", r".*/rate-limit-reset-credits", codex.resets, side="resets"),
    Reader("codex", r".*/monthly-usage", codex.monthly, side="monthly"),
    Reader("codex", r".*/whoami", codex.whoami),
    Reader("codex", r".*auth\.openai\.com/oauth/token", codex.renewed),
    Reader("kimi", r".*/coding/v1/usages", kimi.read, main=True),
    Reader("kimi", r".*/GetUsages", kimi.read, main=True),
    Reader("kimi", r".*/GetSubscriptionStats", kimi.stats, side="stats"),
    Reader("zai", r".*/usage/quota/limit", zai.read, main=True),
    Reader("zai", r".*/subscription/list", zai.subscription, side="subscription"),
    Reader("zai", r".*/usage/model-usage", zai.usage, side="usage"),
    Reader("zai", r".*/query-customer-account-report", zai.balance, side="balance"),
    Reader("openrouter", r".*/api/v1/key", openrouter.read, main=True),
    Reader("openrouter", r".*/api/v1/credits", openrouter.balance, side="credits"),
    Reader("openrouter", r".*/api/v1/activity", openrouter.activity, side="activity"),
    Reader("copilot", r".*/copilot_internal/user", copilot.read, main=True),
    Reader("copilot", r".*/ai_credit/usage", copilot.billing, side="billing"),
    Reader("copilot", r".*/billing/usage/summary", copilot.organization, side="organization"),
    Reader("gemini", r".*:retrieveUserQuota", gemini.read, main=True),
    Reader("gemini", r".*:loadCodeAssist", gemini.load),
    Reader("gemini", r".*/v1/projects", gemini.projects),
    Reader("gemini", r".*oauth2\.googleapis\.com/token", gemini.renewed),
    Reader("minimax", r".*/token_plan/remains", minimax.read, main=True),
    Reader("deepseek", r".*/user/balance", deepseek.read, main=True),
    Reader("synthetic", r".*/v2/quotas", synthetic.read, main=True),
    Reader("xai", r".*/prepaid/balance", xai.read, main=True),
    Reader("openai_admin", r".*/organization/costs", openai_admin.read, main=True),
    Reader("openai_admin", r".*/organization/usage/completions", openai_admin.usage, side="usage"),
    Reader("claude_admin", r".*/cost_report", claude_admin.read, main=True),
    Reader("claude_admin", r".*/usage_report/messages", claude_admin.usage, side="usage"),
)


@dataclass(frozen=True)
class Call:
    """What to run for a case."""

    provider: Provider
    run: Run
    ask: Ask


def call_of(case: Case) -> Call | None:
    """Choose the main read if any of its requests is recorded, else the call of the first request."""
    known = [next((each for each in READERS if each.knows(url.url)), None) for url in case.exchanges]
    first = known[0]
    if first is None:
        return None
    chosen = first
    if "extract" not in case.expected:
        chosen = next((each for each in known if each and each.main), first)
    ask = Ask(
        credential=_credential(case),
        now=case.now,
        memory=_memory(case),
        side_calls=frozenset(each.side for each in known if each and each.side),
    )
    return Call(provider=providers()[first.provider], run=chosen.run, ask=ask)


def _memory(case: Case) -> dict[str, str]:
    """Tell what earlier calls have told: the context, and what a request holds though nothing recorded tells it."""
    memory = {key: value for key, value in case.context.items() if isinstance(value, str)}
    organization = re.search(r"claude\.ai/api/organizations/([^/]+)/", case.first.url)
    if organization and not any(each.url.endswith("/api/organizations") for each in case.exchanges):
        memory["org_id"] = organization[1]
    owner = re.search(r"api\.github\.com/(orgs|users)/([^/]+)/", case.first.url)
    if owner:
        memory["organization" if owner[1] == "orgs" else "login"] = owner[2]
    if case.provider == "gemini" and not any(each.url.endswith(":loadCodeAssist") for each in case.exchanges):
        memory["loaded_at"] = case.now.isoformat()
        memory |= {key: value for key, value in obj(case.first.body).items() if key == "project"}
    return memory


def _credential(case: Case) -> Credential:
    made = _MAKERS.get(case.provider, _key)(case)
    secrets = {name: Secret(value) for name, value in _renewal_fields(case).items()}
    return replace(made, secrets={**made.secrets, **secrets})


def _renewal_fields(case: Case) -> dict[str, str]:
    """Find the secrets of a renewal in the recorded body, which is an object or a form."""
    for each in case.exchanges:
        fields = each.body if isinstance(each.body, dict) else dict(parse_qsl(each.body or ""))
        if fields.get("grant_type") == "refresh_token":
            names = {"refresh_token": "refresh", "client_id": "client_id", "client_secret": "client_secret"}
            return {ours: fields[theirs] for theirs, ours in names.items() if theirs in fields}
    return {}


def _bearer(case: Case) -> str:
    return (case.header("authorization") or "none").partition(" ")[2] or "none"


def _claude(case: Case) -> Credential:
    if case.strategy == "web":
        return Credential(
            kind="web", where="case", secrets={"cookie": Secret(case.header("cookie") or "none")}
        )
    if case.strategy == "admin":
        return api_key("case", case.header("x-api-key") or "none", kind="admin")
    stored = case.context.get("credential", {})
    facts = {"subscription": stored.get("subscriptionType"), "tier": stored.get("rateLimitTier")}
    return api_key(
        "case", _bearer(case), kind="oauth", **{key: value for key, value in facts.items() if value}
    )


def _codex(case: Case) -> Credential:
    account = case.header("chatgpt-account-id")
    kind = "pat" if case.strategy == "pat" else "oauth"
    return api_key("case", _bearer(case), kind=kind, **({"account_id": account} if account else {}))


def _key(case: Case) -> Credential:
    return api_key("case", _bearer(case))


def _host(case: Case) -> str:
    return urlsplit(case.first.url).netloc


def _kimi(case: Case) -> Credential:
    return api_key("case", _bearer(case), kind="web" if case.strategy == "web" else "api", host=_host(case))


def _zai(case: Case) -> Credential:
    facts = {}
    if "bigmodel.cn" in case.first.url:
        facts["region"] = "china"
    if case.first.query.get("type") == "2":
        facts["organization"] = case.header("bigmodel-organization") or "none"
        facts["project"] = case.header("bigmodel-project") or "none"
    return api_key("case", _bearer(case), **facts)


def _xai(case: Case) -> Credential:
    team = re.search(r"/teams/([^/]+)/", case.first.url)
    return api_key("case", _bearer(case), kind="management", team=team[1] if team else "none")


def _gemini(case: Case) -> Credential:
    told = {**case.context, **case.context.get("credential", {})}
    identity = next((claims(value) for key, value in told.items() if key == "id_token"), {})
    facts = {
        "workspace": identity.get("hd") or told.get("hd"),
        "label": identity.get("email") or told.get("email"),
    }
    return api_key(
        "case", _bearer(case), kind="oauth", **{key: str(value) for key, value in facts.items() if value}
    )


_MAKERS: dict[str, Callable[[Case], Credential]] = {
    "claude": _claude,
    "codex": _codex,
    "gemini": _gemini,
    "kimi": _kimi,
    "minimax": lambda case: api_key("case", _bearer(case), host=_host(case)),
    "zai": _zai,
    "openai_admin": lambda case: api_key("case", _bearer(case), kind="admin"),
    "xai": _xai,
}
