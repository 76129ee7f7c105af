"""The one shape of what a provider says about one account; every number is a Decimal, every time UTC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime, Field

from reconciler.facts.model import Document


Status = Literal["ok", "partial", "unavailable", "error"]
State = Literal["ok", "exhausted", "not_started", "unlimited", "not_included", "unknown"]
Calendar = Literal["day", "week", "month"]
Unit = Literal["percent", "requests", "messages", "credits", "tokens", "usd", "units"]
MoneyKind = Literal["balance", "spend", "budget"]
ErrorKind = Literal[
    "no_credentials",
    "auth_expired",
    "forbidden_scope",
    "blocked",
    "rate_limited",
    "no_plan",
    "unsupported",
    "server_error",
    "bad_response",
    "network",
    "timeout",
]


class AccountId(Document):
    """Whose account answered; display data, never a secret."""

    id: str | None = None
    label: str | None = None
    org: str | None = None


class Window(Document):
    """One limit of one account."""

    id: str
    name: str
    duration_s: int | None = Field(None, description="null for calendar months and for unknown lengths")
    calendar: Calendar | None = None
    used_fraction: Decimal | None = Field(None, description="0 to 1 and above; null is unknown, never zero")
    used: Decimal | None = None
    limit: Decimal | None = None
    unit: Unit = "percent"
    resets_at: AwareDatetime | None = Field(None, description="UTC, whole seconds; null is unknown")
    scope: str | None = Field(None, description="model or feature that the limit is for; null is all")
    state: State = "unknown"


class Money(Document):
    """A balance (money left), a spend (no cap) or a budget (spent of a cap); credits stay credits."""

    id: str
    kind: MoneyKind
    amount: Decimal
    limit: Decimal | None = None
    unit: str = Field(description="ISO currency, or credits")
    period: Calendar | None = None
    resets_at: AwareDatetime | None = None


class TokenUse(Document):
    """What one model used, as the provider counts it; input includes what was cached, *cost* is in US dollars."""

    model: str
    day: date | None = Field(None, description="null is the whole period that was asked for")
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cost: Decimal | None = None


class ErrorInfo(Document):
    """Why there is no reading; *message* is our own text and names the fix."""

    kind: ErrorKind
    message: str
    http_status: int | None = None
    retry_after_s: int | None = None


class Answer(Document):
    """What one account's provider said at one time."""

    provider: str
    source: str
    status: Status
    taken_at: AwareDatetime
    account: AccountId = AccountId()
    plan: str | None = None
    plan_raw: str | None = None
    windows: tuple[Window, ...] = ()
    money: tuple[Money, ...] = ()
    usage: tuple[TokenUse, ...] = ()
    warnings: tuple[str, ...] = ()
    error: ErrorInfo | None = None
    memory: dict[str, str] = Field(
        default_factory=dict, description="identifiers and times that save a call next time; no secret"
    )


def window(
    window_id: str,
    fraction: Decimal | None,
    *,
    name: str | None = None,
    duration_s: int | None = None,
    calendar: Calendar | None = None,
    used: Decimal | None = None,
    limit: Decimal | None = None,
    unit: Unit = "percent",
    resets_at: AwareDatetime | None = None,
    scope: str | None = None,
    rolling: bool = False,
    state: State | None = None,
) -> Window:
    """Make a window whose state follows from *fraction*, unless *state* says what a fraction cannot.

    *rolling* tells that a missing reset of an unused window means that it has not begun.
    """
    if state is None:
        state = _state(fraction, begun=resets_at is not None or not rolling)
    else:
        fraction = None
    return Window(
        id=window_id,
        name=name or _name(window_id),
        duration_s=duration_s,
        calendar=calendar,
        used_fraction=fraction,
        used=used,
        limit=limit,
        unit=unit,
        resets_at=resets_at,
        scope=scope,
        state=state,
    )


def _state(fraction: Decimal | None, *, begun: bool) -> State:
    if fraction is None:
        return "unknown"
    if fraction >= 1:
        return "exhausted"
    return "ok" if fraction or begun else "not_started"


def _name(window_id: str) -> str:
    scope, _, base = window_id.rpartition(":")
    known = {"session": "5-hour session", "weekly": "weekly limit", "monthly": "monthly limit"}
    return f"{known.get(base, base.replace('_', ' '))}{f' of {scope}' if scope else ''}"


def strictest(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Join windows of one id: the higher known fraction stands, with the first counts and reset that are known."""
    found: dict[str, Window] = {}
    for each in windows:
        found[each.id] = _joined(found[each.id], each) if each.id in found else each
    return tuple(found.values())


def _joined(first: Window, second: Window) -> Window:
    fractions = [each.used_fraction for each in (first, second) if each.used_fraction is not None]
    leading = first
    if fractions and first.used_fraction != max(fractions):
        leading = second
    counted = first if first.limit is not None else second
    return leading.model_copy(
        update={
            "used": counted.used,
            "limit": counted.limit,
            "unit": counted.unit,
            "resets_at": leading.resets_at or first.resets_at or second.resets_at,
        }
    )
