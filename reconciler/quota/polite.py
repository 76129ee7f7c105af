"""When a provider may be asked again; pure, the caller keeps the state."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reconciler.quota.shape import Answer


_FIRST_WAIT_S: Final = 300
_LONGEST_WAIT_S: Final = 6 * 3600
_JITTER: Final = 0.1  # of the interval, so that the accounts of a host do not ask in step


@dataclass(frozen=True, slots=True)
class Asked:
    """What is remembered of the questions to one account.

    Attributes:
        at: when it was asked last.
        refusals: how often in a row it has refused or failed.
        retry_after_s: what it asked to wait, if it did.
    """

    at: datetime
    refusals: int = 0
    retry_after_s: int | None = None


def after(last: Asked | None, answer: Answer) -> Asked:
    """Remember an answer; only one that is no refusal ends a row of them."""
    slow = answer.error is not None and answer.error.kind in {
        "rate_limited",
        "blocked",
        "server_error",
        "network",
        "timeout",
    }
    refusals = (last.refusals if last else 0) + 1 if slow else 0
    retry_after_s = answer.error.retry_after_s if answer.error else None
    return Asked(at=answer.taken_at, refusals=refusals, retry_after_s=retry_after_s)


def may_ask_at(account: str, interval_s: int, last: Asked | None) -> datetime | None:
    """Return when an account may be asked again; None where it was never asked.

    It is never sooner than the provider's interval. What the provider asked to wait is kept; where it named no
    time, the wait after a refusal doubles from five minutes to six hours.

    Args:
        account: provider and account, which spreads the accounts in time.
        interval_s: the provider's minimum interval.
        last: what is remembered.
    """
    if last is None:
        return None
    wait_s = interval_s + _spread(account, interval_s)
    if last.retry_after_s is not None:
        wait_s = max(wait_s, last.retry_after_s)
    elif last.refusals:
        doubled = _FIRST_WAIT_S * 2 ** min(last.refusals - 1, 10)
        wait_s = max(wait_s, min(doubled, _LONGEST_WAIT_S))
    return last.at + timedelta(seconds=wait_s)


def _spread(account: str, interval_s: int) -> int:
    most = int(interval_s * _JITTER)
    return int.from_bytes(hashlib.sha256(account.encode()).digest()[:4], "big") % (most + 1)
