"""The facts that a side call must get out, by the names that recorded cases use."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from reconciler.quota.part import Part


def facts(found: object) -> dict[str, Any]:
    """Return what *found* tells, under every name that a case may ask for."""
    if not isinstance(found, Part):
        return {name: _plain(getattr(found, name)) for name in getattr(found, "__slots__", ())}
    memory = {name: int(value) if value.isdecimal() else value for name, value in found.memory.items()}
    return {**memory, **_account(found), **_money(found), **_usage(found)}


def _account(part: Part) -> dict[str, Any]:
    return {
        "account_id": part.account.id,
        "label": part.account.label,
        "org_id": part.account.org,
        "plan": part.plan,
    }


def _money(part: Part) -> dict[str, Any]:
    if not part.money:
        return {}
    first = part.money[0]
    by_id = {row.id: row.amount for row in part.money}
    return {
        "amount": first.amount,
        "limit": first.limit,
        "unit": first.unit,
        "kind": first.kind,
        "capped": first.limit is not None,
        "credits_used": by_id.get("ai_credits"),
        "net_usd": by_id.get("ai_credits_net"),
    }


def _usage(part: Part) -> dict[str, Any]:
    if not part.usage:
        return {}
    spend: dict[str, Decimal] = defaultdict(Decimal)
    tokens: dict[str, int] = defaultdict(int)
    for row in part.usage:
        spend[str(row.day)] += row.cost or 0
        tokens[row.model] += row.total_tokens or 0
    return {
        "input_tokens_total": sum(row.input_tokens or 0 for row in part.usage),
        "output_tokens": sum(row.output_tokens or 0 for row in part.usage),
        "model": part.usage[0].model,
        "tokens": dict(tokens),
        "spend_by_day": dict(spend),
    }


def _plain(value: Any) -> Any:
    reveal = getattr(value, "reveal", None)
    return reveal() if reveal else value
