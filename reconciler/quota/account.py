"""What is known of the quota of one account, from whom, and how old it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime, Field

from reconciler.facts.model import Document, HeldSlot, Reading
from reconciler.ledger.owner import Point
from reconciler.ledger.reconciliation import Reconciliation
from reconciler.names import DEFAULT_ACCOUNT, account_name
from reconciler.policy.document import Provider, QuotaSource, Rolling, Tier
from reconciler.quota.numbers import share
from reconciler.quota.shape import Answer, ErrorInfo, Money, Unit, Window, window
from reconciler.usage.quota import Standing
from reconciler.usage.resets import agree


_UNITS: dict[str, Unit] = {
    "tokens": "tokens",
    "messages": "messages",
    "requests": "requests",
    "budget": "usd",
}
OWNER, COUNTED = "owner", "own-count"
_NOBODY = "none"  # the source of an answer that nobody gave
_MAIN = {
    "daily": "daily",
    "weekly": "weekly",
    "monthly": "monthly",
    "fixed": "until the end",
    "rolling": "session",
}


class Account(Document):
    """One account of a provider of the policy; what is not known is absent, never zero."""

    provider: str = Field(description="as the policy and OpenClaw call it")
    account: str = DEFAULT_ACCOUNT
    reader: str | None = Field(None, description="who asks the provider, where somebody does")
    quota_source: QuotaSource
    tier: Tier
    priority: int
    status: Literal["ok", "partial", "unavailable", "error", "unknown"] = "unknown"
    source: str | None = Field(None, description="where the numbers come from, such as oauth or own-count")
    plan: str | None = None
    label: str | None = Field(None, description="whose login it is, as the provider says")
    taken_at: AwareDatetime | None = None
    stale: bool = Field(default=False, description="older than it should be: the provider does not answer")
    windows: tuple[Window, ...] = ()
    money: tuple[Money, ...] = ()
    coverage: Decimal | None = Field(
        None, description="share of the counted requests whose amount is recorded"
    )
    warnings: tuple[str, ...] = ()
    error: ErrorInfo | None = None
    next_ask_at: AwareDatetime | None = Field(None, description="the provider is not asked sooner")

    @property
    def name(self) -> str:
        return account_name(self.provider, self.account)

    @property
    def known(self) -> bool:
        """Whether anything is known of what is left."""
        told = any(each.state != "unknown" for each in self.windows)
        return told or bool(self.money) or self.quota_source == "unlimited"


class QuotaStatus(Document):
    """Where the quota of every account of the policy stands."""

    api_version: Literal["tactician/v1"] = "tactician/v1"
    kind: Literal["QuotaStatus"] = "QuotaStatus"
    taken_at: AwareDatetime
    accounts: tuple[Account, ...] = ()
    holds: tuple[HeldSlot, ...] = ()
    reconciled: Reconciliation | None = Field(
        None, description="the last run of the reconcile loop; absent where none was"
    )


def bare(name: str, provider: Provider, account: str = DEFAULT_ACCOUNT) -> Account:
    """Return an account of which nothing is known yet."""
    return Account(
        provider=name,
        account=account,
        quota_source=provider.quota_source,
        tier=provider.tier,
        priority=provider.priority,
    )


def answered(
    account: Account, reader: str, *, good: Answer | None, latest: Answer | None, next_ask: datetime | None
) -> Account:
    """Put the provider's own answers in; the last good one stands while the provider does not answer."""
    error = latest.error if latest else None
    shown = good if good and (latest is None or latest.error) else latest
    if shown is None:
        return account.model_copy(update={"reader": reader, "next_ask_at": next_ask})
    return account.model_copy(
        update={
            "reader": reader,
            "status": shown.status,
            "source": shown.source if shown.source != _NOBODY else None,
            "plan": shown.plan,
            "label": shown.account.label,
            "taken_at": shown.taken_at,
            "stale": error is not None and shown is good,
            "windows": shown.windows,
            "money": shown.money,
            "warnings": shown.warnings,
            "error": error,
            "next_ask_at": next_ask,
        }
    )


def counted(account: Account, provider: Provider, standing: Standing, now: datetime) -> Account:
    """Put in where a quota stands by our own count or by the owner's word."""
    main = _of_standing(provider, standing)
    windows = (main, *(each for each in account.windows if each.id != main.id))
    found = standing.state in {"known", "calibrated", "said"}
    return account.model_copy(
        update={
            "status": "ok" if found or standing.state == "unlimited" else "unknown",
            "source": (OWNER if standing.state == "said" else COUNTED) if found else account.source,
            "taken_at": now if found else account.taken_at,
            "windows": windows,
            "coverage": standing.coverage,
            "warnings": (*account.warnings, *_remarks(standing)),
        }
    )


def _of_standing(provider: Provider, standing: Standing) -> Window:
    return window(
        main_window(provider),
        standing.used_fraction,
        used=standing.used,
        limit=standing.limit,
        unit=_UNITS[standing.unit],
        resets_at=standing.window.end,
        state="unlimited" if standing.state == "unlimited" else None,
    )


def main_window(provider: Provider) -> str:
    """Name the window that the policy's schedule describes."""
    if provider.reset_schedule is None:
        return "budget" if provider.budget else "quota"
    return _MAIN[provider.reset_schedule.type]


def _remarks(standing: Standing) -> Iterator[str]:
    if standing.disagreement:
        yield standing.disagreement
    if learnt := standing.calibration:
        points = f"{learnt.points} reading{'s' * (learnt.points != 1)} of yours"
        spread = f", between {learnt.low:,.0f} and {learnt.high:,.0f}" if learnt.low != learnt.high else ""
        yield f"the limit of about {learnt.limit:,.0f} is learnt from {points}{spread}"
    if standing.coverage is not None and standing.coverage < 1:
        yield f"{standing.coverage:.0%} of the requests have recorded amounts, the others are estimated"


def worded(account: Account, points: Iterable[Point], provider: Provider) -> Account:
    """Let the owner's word stand where it is newer than the last reading of its window."""
    found = account
    for point in points:
        if found.taken_at is None or found.stale or point.at > found.taken_at:
            found = _with_word(found, point, provider)
    return found


def _with_word(account: Account, point: Point, provider: Provider) -> Account:
    window_id = point.window or _only_window(account)
    before = next((each for each in account.windows if each.id == window_id), None)
    limit = before.limit if before else None
    fraction = Decimal(0) if point.kind == "reset" else point.used_fraction
    fraction = share(point.used, limit) if fraction is None else fraction
    word = window(
        window_id,
        fraction,
        name=before.name if before else None,
        used=Decimal(0) if point.kind == "reset" else point.used,
        limit=limit,
        unit=before.unit if before and point.used is None else _UNITS[provider.quota_type],
        resets_at=before.resets_at if before and point.kind == "set" else None,
    )
    kept = [word if each.id == window_id else each for each in account.windows]
    if before is None:
        kept.append(word)
    remark = f"{word.name}: what you said at {point.at:%Y-%m-%d %H:%M} UTC"
    return account.model_copy(
        update={
            "windows": tuple(kept),
            "warnings": (*account.warnings, remark),
            "source": account.source or OWNER,
            "taken_at": account.taken_at or point.at,
            "status": "ok" if account.status == "unknown" else account.status,
        }
    )


def _only_window(account: Account) -> str:
    return account.windows[0].id if len(account.windows) == 1 else "quota"


def from_host(account: Account, answer: Answer) -> Account:
    """Let what OpenClaw itself learnt stand where nothing better is known."""
    if account.windows and not account.stale:
        return account
    if answer.error or (account.taken_at and account.taken_at >= answer.taken_at):
        return account
    return answered(account, answer.source, good=None, latest=answer, next_ask=account.next_ask_at)


def with_reset(account: Account, provider: Provider, now: datetime) -> Account:
    """Say where the provider resets its window at another time than the policy's schedule; the provider is believed."""
    schedule = provider.reset_schedule
    if schedule is None or isinstance(schedule, Rolling):
        return account
    main = next((each for each in account.windows if each.id == main_window(provider)), None)
    said = agree(schedule, main.resets_at, now).disagreement if main else None
    return account.model_copy(update={"warnings": (*account.warnings, said)}) if said else account


def with_budget(account: Account, provider: Provider, standing: Standing, now: datetime) -> Account:
    """Put in what was spent of the owner's monthly budget: as the provider says, else as we counted until *now*."""
    assert provider.budget is not None
    spent = next(
        (
            each
            for each in account.money
            if each.kind == "spend" and each.period == "month" and each.unit == "USD"
        ),
        None,
    )
    amount = spent.amount if spent else standing.used
    if amount is None or not (spent or amount or account.known):
        return (
            account  # what others spend with the key is not counted, so nothing counted is not nothing spent
        )
    budget = Money(
        id="policy_budget",
        kind="budget",
        amount=amount,
        limit=provider.budget.monthly_limit,
        unit="USD",
        period="month",
        resets_at=standing.window.end,
    )
    money = (*(each for each in account.money if each is not spent), budget)
    counted: dict[str, object] = (
        {} if spent else {"warnings": (*account.warnings, "the budget's spending is our own count")}
    )
    if not account.known:
        counted |= {"source": COUNTED, "taken_at": now}
    return account.model_copy(update={"money": money, **counted})


def readings(account: Account) -> Iterator[Reading]:
    """Write an account as facts: its windows, and its budgets as windows; what has no limit is left out."""
    if account.taken_at is None:
        return
    limited = [each for each in account.windows if each.state not in {"unlimited", "not_included"}]
    budgets = [_as_window(each) for each in account.money if each.kind == "budget"]
    for each in (*limited, *budgets):
        yield Reading(
            provider=account.provider,
            account=account.account,
            window=each.id,
            used_fraction=_used(each),
            used=each.used,
            limit=each.limit,
            unit=each.unit,
            resets_at=each.resets_at,
            taken_at=account.taken_at,
            source=account.source or COUNTED,
        )


def _as_window(money: Money) -> Window:
    fraction = share(money.amount, money.limit)
    unit: Unit = "usd" if money.unit == "USD" else "credits" if money.unit == "credits" else "units"
    return window(
        money.id, fraction, used=money.amount, limit=money.limit, unit=unit, resets_at=money.resets_at
    )


def _used(of: Window) -> Decimal | None:
    """A cap of nothing has no fraction, but it is used up."""
    return Decimal(1) if of.state == "exhausted" and of.used_fraction is None else of.used_fraction
