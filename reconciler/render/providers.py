"""What providers are configured, and where their credentials were looked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from reconciler.quota.account import Account
from reconciler.quota.credentials import Survey
from reconciler.render.lines import wrapped
from reconciler.text import printable


_CELL = 30
_REASONS = {
    "no_credentials": "no sign-in found",
    "auth_expired": "sign-in expired",
    "forbidden_scope": "not allowed to read",
    "rate_limited": "asked to slow down",
    "no_plan": "no plan on it",
    "server_error": "the provider fails",
    "bad_response": "not understood",
    "network": "not reached",
    "timeout": "too slow",
}


def providers_text(accounts: tuple[Account, ...]) -> str:
    """Return a table of the accounts: tier, priority, where the quota is known from, and whether that works."""
    if not accounts:
        return "The policy names no providers.\n"
    rows: list[tuple[str, ...]] = [("ACCOUNT", "TIER", "PRIORITY", "SOURCE", "WORKS")]
    rows += [
        (each.name, each.tier, str(each.priority), each.quota_source, works(each))
        for each in sorted(accounts, key=lambda each: (-each.priority, each.name))
    ]
    return "".join(f"{line}\n" for line in _table(rows))


def works(account: Account) -> str:
    """Tell in a few words whether the quota of the account is known."""
    if account.quota_source == "unlimited":
        return "yes, nothing to read"
    if account.error:
        return f"no: {_REASONS.get(account.error.kind, account.error.kind.replace('_', ' '))}"
    if account.money or any(each.state != "unknown" for each in account.windows):
        return f"{'in part' if account.status == 'partial' else 'yes'}, {account.source}"
    if account.quota_source == "api":
        return "not asked yet" if account.reader else "no reader for it"
    return "nothing known yet"


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Align the columns; the last takes the rest of the line and goes on below itself."""
    clean = [tuple(printable(cell, at_most=_CELL) for cell in row) for row in rows]
    widths = [max(len(row[column]) for row in clean) for column in range(len(clean[0]) - 1)]
    for row in clean:
        start = "".join(f"{cell:<{width}}  " for cell, width in zip(row, widths, strict=False))
        yield from wrapped(row[-1], start)


def credentials_text(surveys: Iterable[tuple[str, Survey]], now: datetime) -> str:
    """Return for each account the places that were looked at, in order, and what to do if nothing was found."""
    return "\n".join("\n".join(_survey(name, survey, now)) for name, survey in surveys) + "\n"


def _survey(name: str, survey: Survey, now: datetime) -> Iterator[str]:
    yield printable(f"{name} ({survey.provider})")
    for position, look in enumerate(survey.looks, 1):
        text = f"{position}. {look.where}: {_outcome(look.found, look.note, look.expires_at, now)}"
        yield from wrapped(text, "  ", "     ")
    if survey.missing:
        yield from wrapped(f"→ {survey.missing}", "  ", "    ")


def _outcome(found: bool, note: str | None, expires_at: datetime | None, now: datetime) -> str:  # noqa: FBT001  one of four facts of a look
    if not found:
        return note or "nothing"
    if expires_at is None:
        return "found"
    return f"found, {'expired' if expires_at <= now else 'expires'} {expires_at:%Y-%m-%d %H:%M} UTC"
