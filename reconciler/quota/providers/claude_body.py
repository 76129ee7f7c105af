"""The body that Anthropic's OAuth route and claude.ai both answer with."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from reconciler.jsontypes import Json, JsonObject
from reconciler.quota.numbers import minor, number, of_percent, tidy, whole
from reconciler.quota.part import Notes, Part
from reconciler.quota.shape import Money, Window, window
from reconciler.quota.times import moment
from reconciler.quota.words import obj, raw, shown, slug


_SESSION_S: Final = 18_000
_WEEK_S: Final = 604_800
_FLAT: Final = (
    ("session", _SESSION_S, ("five_hour",)),
    ("weekly", _WEEK_S, ("seven_day",)),
    ("weekly:opus", _WEEK_S, ("seven_day_opus",)),
    ("weekly:sonnet", _WEEK_S, ("seven_day_sonnet",)),
    ("weekly:oauth_apps", _WEEK_S, ("seven_day_oauth_apps",)),
    ("weekly:routines", _WEEK_S, ("seven_day_routines", "seven_day_cowork")),
)
_CENTS: Final = 2  # decimal places where the body names none
_MOST_PLACES: Final = 12
_EVERYTHING: Final = "all-models"


def usage(body: JsonObject) -> Part:
    """Read windows and pay-as-you-go money; flat windows win over the newer `limits` list."""
    notes = Notes()
    windows = {each.id: each for each in _flat(body, notes)}
    for each in _listed(body.get("limits"), notes):
        windows.setdefault(each.id, each)
    money = _extra_usage(body, notes)
    return notes.onto(Part(windows=tuple(windows.values()), money=(money,) if money else ()))


def _flat(body: JsonObject, notes: Notes) -> Iterator[Window]:
    for window_id, duration_s, keys in _FLAT:
        found = next((value for key in keys if (value := notes.known(body, key)) is not None), None)
        if found is not None:
            yield _window(window_id, duration_s, found.get("utilization"), found.get("resets_at"))


def _listed(limits: Json, notes: Notes) -> Iterator[Window]:
    for row in notes.objects(limits, "limits"):
        kind = row.get("kind")
        if kind == "session":
            yield _window("session", _SESSION_S, row.get("percent"), row.get("resets_at"))
        elif kind == "weekly_all":
            yield _window("weekly", _WEEK_S, row.get("percent"), row.get("resets_at"))
        elif kind == "weekly_scoped":
            model = shown(obj(obj(row.get("scope")).get("model")).get("display_name"))
            named = slug(model or "")
            if named and named != _EVERYTHING:
                yield _window(
                    f"weekly:{named}", _WEEK_S, row.get("percent"), row.get("resets_at"), scope=model
                )


def _window(
    window_id: str, duration_s: int, percent: Json, resets_at: Json, *, scope: str | None = None
) -> Window:
    return window(
        window_id,
        of_percent(number(percent)),
        duration_s=duration_s,
        resets_at=moment(resets_at),
        scope=scope or window_id.partition(":")[2] or None,
        rolling=True,
    )


def _extra_usage(body: JsonObject, notes: Notes) -> Money | None:
    """Read `extra_usage`, or `spend`, which tells the same money in a newer form."""
    extra = notes.known(body, "extra_usage")
    if extra is None:
        return _spend(notes.known(body, "spend"), notes)
    limit = extra.get("monthly_limit")
    if not _enabled(extra.get("is_enabled"), limit):
        return None
    places = _places(extra.get("decimal_places"))
    cap = minor(limit, places)
    spent = minor(extra.get("used_credits"), places)
    if spent is None and cap is not None:
        spent = _part_of(cap, number(extra.get("utilization")))
    if spent is None or (cap is None and limit is not None):
        notes.unread("extra_usage")
    return None if spent is None else _money(spent, cap, extra.get("currency"))


def _spend(spend: JsonObject | None, notes: Notes) -> Money | None:
    if spend is None or not _enabled(spend.get("enabled"), spend.get("limit")):
        return None
    used, limit = obj(spend.get("used")), obj(spend.get("limit"))
    spent = minor(used.get("amount_minor"), _places(used.get("exponent")))
    if spent is None:
        notes.unread("spend")
        return None
    cap = minor(limit.get("amount_minor"), _places(limit.get("exponent")))
    return _money(spent, cap, used.get("currency"))


def overage(body: JsonObject) -> Part:
    """Read claude.ai's `overage_spend_limit`, in minor units."""
    notes = Notes()
    limit = body.get("monthly_credit_limit")
    if not _enabled(body.get("is_enabled"), limit):
        return Part()
    spent = minor(body.get("used_credits"), _CENTS)
    if spent is None:
        notes.unread("the extra usage")
        return notes.onto(Part())
    return Part(money=(_money(spent, minor(limit, _CENTS), body.get("currency")),))


def prepaid(body: JsonObject) -> Part:
    """Read claude.ai's `prepaid/credits`, in minor units."""
    notes = Notes()
    left = minor(body.get("amount"), _CENTS)
    if left is None:
        notes.unread("the prepaid credits")
        return notes.onto(Part())
    return Part(
        money=(Money(id="prepaid", kind="balance", amount=left, unit=currency(body.get("currency"))),)
    )


def currency(value: Json) -> str:
    """Return an ISO currency in capitals; USD where none is named."""
    named = raw(value)
    return named.upper() if named and named.isalpha() and len(named) == 3 else "USD"  # noqa: PLR2004


def plan(subscription: Json, tier: Json) -> Part:
    """Name the plan by subscription and the multiplier at the end of the rate limit tier, as in `Max 20x`."""
    kind, level = shown(subscription), shown(tier)
    multiplier = (level or "").rpartition("_")[2]
    if not (multiplier.endswith("x") and multiplier[:-1].isdecimal()):
        multiplier = ""
    if kind is None:
        kind = next(
            (word for word in ("max", "pro", "team", "enterprise") if word in (level or "").split("_")), None
        )
    return Part(
        plan=f"{kind.title()} {multiplier}".strip() if kind else None,
        plan_raw="/".join(each for each in (kind, level) if each) or None,
    )


def _enabled(flag: Json, limit: Json) -> bool:
    return flag is True or (flag is None and limit is not None)


def _places(value: Json) -> int:
    found = whole(value)
    return found if found is not None and 0 <= found <= _MOST_PLACES else _CENTS


def _part_of(cap: Decimal, percent: Decimal | None) -> Decimal | None:
    return None if percent is None else tidy(cap * percent / 100)


def _money(spent: Decimal, cap: Decimal | None, unit: Json) -> Money:
    return Money(
        id="extra_usage",
        kind="spend" if cap is None else "budget",
        amount=spent,
        limit=cap,
        unit=currency(unit),
        period="month",
    )
