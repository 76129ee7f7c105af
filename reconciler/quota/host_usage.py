from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from reconciler.jsontypes import JsonObject
from reconciler.quota.numbers import number, of_percent, tidy
from reconciler.quota.part import Notes
from reconciler.quota.shape import Answer, Calendar, ErrorInfo, Money, MoneyKind, Window, strictest, window
from reconciler.quota.times import moment
from reconciler.quota.words import raw, shown, slug


SOURCE: Final = "openclaw"
# OpenClaw's labels: the id that the same window has when its provider is asked directly, and its length in seconds.
_LABELS: Final = {
    "5h": ("session", 18_000),
    "5-hour": ("session", 18_000),
    "session": ("session", 18_000),
    "day": ("daily", 86_400),
    "daily": ("daily", 86_400),
    "7d": ("weekly", 604_800),
    "week": ("weekly", 604_800),
    "weekly": ("weekly", 604_800),
}
_KINDS: Final[dict[str, MoneyKind]] = {"budget": "budget", "balance": "balance", "spend": "spend"}
_PERIODS: Final[dict[str, Calendar]] = {"day": "day", "week": "week", "month": "month"}


def answers(status: JsonObject, now: datetime) -> tuple[Answer, ...]:
    """Read what the host itself knows, the RPC `usage.status`; a provider that it does not name is unknown.

    The snapshot is cached by the host for a while, so its own time counts, not *now*.
    """
    notes = Notes()
    taken_at = min(moment(status.get("updatedAt")) or now, now)
    found = (_answer(row, taken_at) for row in notes.objects(status.get("providers"), "providers"))
    return tuple(each for each in found if each is not None)


def _answer(row: JsonObject, taken_at: datetime) -> Answer | None:
    provider, notes = shown(row.get("provider")), Notes()
    if provider is None:
        return None
    windows, money = strictest(_windows(row, notes)), tuple(_money(row, notes))
    error = None
    if raw(row.get("error")) and not windows and not money:
        error = ErrorInfo(kind="server_error", message="OpenClaw could not ask this provider")
    elif not windows and not money:
        error = ErrorInfo(kind="no_plan", message="OpenClaw knows no quota of this provider")
    good = "partial" if notes.incomplete else "ok"
    bad = "error" if error and error.kind == "server_error" else "unavailable"
    return Answer(
        provider=provider,
        source=SOURCE,
        status=bad if error else good,
        taken_at=taken_at,
        plan=shown(row.get("plan")),
        plan_raw=shown(row.get("plan")),
        windows=windows,
        money=money,
        warnings=tuple(dict.fromkeys(notes.warnings)),
        error=error,
    )


def _windows(row: JsonObject, notes: Notes) -> Iterator[Window]:
    for each in notes.objects(row.get("windows"), "windows"):
        label = shown(each.get("label"))
        if label is None or not slug(label):
            notes.skipped("a window without a label")
            continue
        window_id, seconds = _LABELS.get(slug(label), (slug(label), None))
        yield window(
            window_id,
            of_percent(number(each.get("usedPercent"))),
            name=label,
            duration_s=seconds,
            resets_at=moment(each.get("resetAt")),
        )


def _money(row: JsonObject, notes: Notes) -> Iterator[Money]:
    for each in notes.objects(row.get("billing"), "billing"):
        kind = _KINDS.get(raw(each.get("type")) or "")
        amount = number(each.get("amount", each.get("used")))
        if kind is None:
            notes.skipped("an entry of billing")
        elif amount is None:
            notes.unread("an amount of billing")
        else:
            limit = number(each.get("limit"))
            yield Money(
                id=kind,
                kind=kind,
                amount=tidy(amount),
                limit=limit,
                unit=shown(each.get("unit")) or "credits",
                period=_PERIODS.get(raw(each.get("period")) or ""),
                resets_at=moment(each.get("resetAt")),
            )
