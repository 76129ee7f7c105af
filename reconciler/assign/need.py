from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from reconciler.assign.candidate import Candidate
from reconciler.facts.model import Reading
from reconciler.policy.document import LocalPreference, Task
from reconciler.policy.model import Policy


RESERVE_TOKENS = 16_000
"""Room for system text, tools and the answer beside the prompt.

A recorded run of a one-line job read 6,705 tokens; tool results come on top.
"""


@dataclass(frozen=True, slots=True)
class Need:
    """What a slot's model must have: a score for its task *kind*, and *context* tokens."""

    kind: Task
    threshold: Decimal
    context: int


def need_of(kind: Task, policy: Policy, *, tokens: int, rivals: Iterable[Task] = ()) -> Need:
    """Return what *kind* asks for; where it may as well be one of the *rivals*, the highest threshold counts."""
    threshold: Decimal = max(getattr(policy.quality_thresholds, each) for each in (kind, *rivals))
    return Need(kind, threshold, _rounded_up(tokens + RESERVE_TOKENS))


def shortcoming(candidate: Candidate, need: Need, *, preference: LocalPreference) -> str | None:
    """Tell why *candidate* cannot do the work, None where it can.

    An unknown score or context is said to be unknown; it is never taken for good enough.
    """
    if candidate.blocked:
        return candidate.blocked
    if candidate.local and (preference == "never" or (preference == "simple-only" and need.kind != "simple")):
        return f"local, and localModelPreference is {preference}"
    score = candidate.scores.get(need.kind)
    if score is None:
        return f"its {need.kind} score is unknown"
    if score < need.threshold:
        return f"too weak for {need.kind} by {need.threshold - score} ({score} < {need.threshold})"
    if candidate.context is not None and candidate.context < need.context:
        return f"context {_thousands(candidate.context)} < {_thousands(need.context)}"
    return None


def exhausted(readings: tuple[Reading, ...], policy: Policy) -> Mapping[str, str]:
    """Return, by provider, why its quota keeps new work away; unknown readings keep nothing away.

    With several accounts the provider is exhausted when each of them is; an account of the policy
    that nobody could read is not.
    """
    by_account: dict[str, dict[str, str | None]] = {
        name: {account.name: None for account in provider.accounts}
        for name, provider in policy.providers.items()
    }
    for reading in readings:
        accounts = by_account.setdefault(reading.provider, {})
        accounts[reading.account] = accounts.get(reading.account) or _over(reading, policy.critical_threshold)
    return {
        provider: next(filter(None, accounts.values()))
        for provider, accounts in by_account.items()
        if accounts and all(accounts.values())
    }


def _over(reading: Reading, limit: Decimal) -> str | None:
    used = reading.used_fraction
    if used is None or used < limit or ":" in reading.window:
        return None
    return f"{reading.window} window is {used:.0%} used"


def _rounded_up(tokens: int) -> int:
    """Round to the next 4,000, so that slots of like size share one ranking."""
    return -(-tokens // 4_000) * 4_000


def _thousands(tokens: int) -> str:
    return f"{tokens // 1000}k"
