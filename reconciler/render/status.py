"""Where the quota of every account stands, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from reconciler.forecast.prediction import WindowForecast
from reconciler.quota.account import Account
from reconciler.quota.shape import Money, Window
from reconciler.render.amounts import bar, chance, duration, percent, quantity, resets
from reconciler.render.lines import wrapped
from reconciler.text import printable


_LABEL = 18
_WHOLE = Decimal("0.01")
_FRESH = timedelta(minutes=1)
_RED, _YELLOW, _GREEN, _PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[0m"
_STATES = {
    "unlimited": "unlimited",
    "not_included": "not part of the plan",
    "not_started": "not begun",
    "unknown": "unknown",
}


@dataclass(frozen=True, slots=True)
class Look:
    """How it is shown: *colour* and bars on a terminal; from *warning* and *critical* the used share is marked."""

    now: datetime
    warning: Decimal
    critical: Decimal
    colour: bool = False


def status_text(accounts: tuple[Account, ...], look: Look, forecasts: tuple[WindowForecast, ...] = ()) -> str:
    """Return every account with its windows and money, and a line for each window that has a forecast.

    What is not known is said to be unknown.
    """
    if not accounts:
        return "The policy names no providers.\n"
    return (
        "\n".join("\n".join(_account(account, look, _by_window(account, forecasts))) for account in accounts)
        + "\n"
    )


def _by_window(account: Account, forecasts: tuple[WindowForecast, ...]) -> dict[str, WindowForecast]:
    mine = (account.provider, account.account)
    return {each.window: each for each in forecasts if (each.provider, each.account) == mine}


def _account(account: Account, look: Look, forecasts: Mapping[str, WindowForecast]) -> Iterator[str]:
    words = [
        account.name,
        f"({account.tier})",
        account.plan or "",
        _whose(account),
        _origin(account, look.now),
    ]
    yield from wrapped("  ".join(filter(None, words)), "", "    ")
    for window in account.windows:
        yield from _window(window, look)
        yield from _forecast(forecasts.get(window.id), look)
    for money in account.money:
        yield from _money(money, look)
        yield from _forecast(forecasts.get(money.id), look)
    if account.error:
        wait = account.next_ask_at
        later = f" (asked again from {wait:%H:%M} UTC)" if wait and wait > look.now else ""
        yield from wrapped(f"{account.error.message}{later}", "  ! ")
    elif not account.windows and not account.money:
        yield from wrapped(_nothing(account, look.now), "  ")
    for warning in account.warnings:
        yield from wrapped(warning, "  - ")


def _nothing(account: Account, now: datetime) -> str:
    if account.quota_source == "unlimited":
        return "unlimited"
    if account.next_ask_at and account.next_ask_at > now:
        return (
            f"unknown: asked just now, with no answer yet (asked again from {account.next_ask_at:%H:%M} UTC)"
        )
    if account.quota_source == "api":
        return "unknown: nobody was asked yet" if account.reader else "unknown: no reader for this provider"
    return f"unknown: say what is used with tactician set-usage {account.provider} 40%"


def _whose(account: Account) -> str:
    return f"of {account.label}" if account.label else ""


def _origin(account: Account, now: datetime) -> str:
    if account.taken_at is None or account.source is None:
        return f"{account.quota_source}, unknown" if account.quota_source != "unlimited" else "unlimited"
    age = now - account.taken_at
    when = "now" if age < _FRESH else f"{duration(age)} ago"
    return f"{account.source}, {when}{', stale' if account.stale else ''}"


def _window(window: Window, look: Look) -> Iterator[str]:
    fraction = window.used_fraction
    if fraction is None:
        amount = f"{quantity(window.used)} {_unit(window)} used, limit " if window.used is not None else ""
        text = amount + _STATES.get(window.state, "used up" if window.state == "exhausted" else "unknown")
    else:
        text = f"used{_of(window)}"
    if window.state not in {"unlimited", "not_included", "not_started"}:
        text += f", {resets(window.resets_at, look.now)}"
    yield from _row(window.name, text, fraction, look)


def _of(window: Window) -> str:
    if window.used is None or window.limit is None or window.unit == "percent":
        return ""
    return f" ({quantity(window.used)} of {quantity(window.limit)} {_unit(window)})"


def _unit(window: Window) -> str:
    return "USD" if window.unit == "usd" else window.unit


def _money(money: Money, look: Look) -> Iterator[str]:
    amount, fraction = f"{quantity(money.amount)} {money.unit}", None
    if money.kind == "balance":
        text = f"{amount} left"
    elif money.kind == "budget" and money.limit:
        fraction = money.amount / money.limit
        text = f"spent ({amount} of {quantity(money.limit)})"
    else:
        text = f"{amount} spent"
    if money.period:
        text += f" this {money.period}"
    if money.resets_at:
        text += f", {resets(money.resets_at, look.now)}"
    yield from _row(money.id.replace("_", " "), text, fraction, look)


def _forecast(found: WindowForecast | None, look: Look) -> Iterator[str]:
    if found is None or found.at_reset is None or found.chance_by_reset is None:
        return
    end = found.at_reset
    span = f"{percent(end.low.quantize(_WHOLE))} to {percent(end.high.quantize(_WHOLE))}"
    text = f"foretold ({span}), used up before: {chance(found.chance_by_reset)}"
    yield from _row("  at the reset", text, end.median.quantize(_WHOLE), look)


def _row(label: str, text: str, fraction: Decimal | None, look: Look) -> Iterator[str]:
    """Write a line with the share in front; colour is put on after the line is broken, because it takes no room."""
    first = f"  {printable(label, at_most=_LABEL - 1):<{_LABEL}}"
    if fraction is None:
        yield from wrapped(text, first)
        return
    shown = percent(fraction)
    mark = f"{bar(fraction)} {shown:>7}" if look.colour else shown
    lines = wrapped(text, f"{first}{mark} ")
    for line in lines:
        yield line.replace(mark, f"{_paint(fraction, look)}{mark}{_PLAIN}", 1) if look.colour else line


def _paint(fraction: Decimal, look: Look) -> str:
    if fraction >= look.critical:
        return _RED
    return _YELLOW if fraction >= look.warning else _GREEN
