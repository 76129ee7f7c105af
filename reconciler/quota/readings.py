from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from reconciler.facts.model import Reading
from reconciler.quota.numbers import share
from reconciler.quota.shape import Answer, Window


def readings(answer: Answer, *, provider: str, account: str) -> Iterator[Reading]:
    """Write an answer as facts: its windows, and its budgets as windows of the period.

    Args:
        answer: what was learnt; one without windows and budgets gives no facts, which means unknown.
        provider: the policy's name for the provider, which is OpenClaw's.
        account: the policy's name for the account.
    """
    found = [(each.id, _used(each), each.resets_at) for each in answer.windows if _limits(each.state)]
    found += [
        (each.id, share(each.amount, each.limit), each.resets_at)
        for each in answer.money
        if each.kind == "budget"
    ]
    for window, fraction, resets_at in found:
        yield Reading(
            provider=provider,
            account=account,
            window=window,
            used_fraction=fraction,
            resets_at=resets_at,
            taken_at=answer.taken_at,
            source=answer.source,
        )


def _limits(state: str) -> bool:
    return state not in {"unlimited", "not_included"}


def _used(window: Window) -> Decimal | None:
    """A cap of nothing has no fraction, but it is used up."""
    return (
        Decimal(1) if window.state == "exhausted" and window.used_fraction is None else window.used_fraction
    )
