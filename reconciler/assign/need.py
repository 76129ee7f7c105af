from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from reconciler.assign.candidate import Candidate
from reconciler.assign.cost import USUAL_LOAD, Load, load_of
from reconciler.facts.model import Reading, UsageFacts
from reconciler.kinds import Kind
from reconciler.policy.document import LocalPreference
from reconciler.policy.model import Policy
from reconciler.tasks.classify import Task


RESERVE_TOKENS = 16_000
"""Room for system text and the answer beside the prompt.

A recorded run of a one-line job read 6,705 tokens; OpenClaw refuses models with less than 16,000.
"""
RESERVE_WITH_TOOLS = 28_000
"""The same for a job that uses tools, whose results come on top; OpenClaw warns below 32,000."""
UNSURE_BELOW = Decimal("0.3")
"""Confidence from which a score is taken as it is; below it, it has to clear the threshold by up to 0.03.

A judgement: it leaves what was measured a year ago alone and catches most of what was only estimated.
"""
_MARGIN = Decimal("0.1")
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Need:
    """What a slot's model must have: a score for its task *kind*, and *context* tokens.

    *thinking* is the level that the slot runs at, *vision* that it is given pictures, *tools* that it uses them, *doubtful* that the kind is
    in doubt, *load* the tokens of one run, by which costs are compared.
    """

    kind: Kind
    threshold: Decimal
    context: int
    vision: bool = False
    tools: bool = False
    thinking: str | None = None
    doubtful: bool = False
    load: Load = USUAL_LOAD


def need_of(
    task: Task,
    policy: Policy,
    *,
    thinking: str | None = None,
    usage: UsageFacts | None = None,
    verbosity: Decimal = Decimal(1),
) -> Need:
    """Return what a task asks for; where it may as well be one of its rivals, the highest threshold counts.

    The context is that of the prompt with a reserve, or of the largest request that was measured. *verbosity* is
    that of the model which *usage* was measured on.
    """
    threshold: Decimal = max(getattr(policy.quality_thresholds, each) for each in (task.kind, *task.rivals))
    reserve = RESERVE_WITH_TOOLS if task.tools else RESERVE_TOKENS
    measured = usage.largest_request if usage else 0
    return Need(
        task.kind,
        threshold,
        _rounded_up(max(task.tokens + reserve, measured)),
        vision=task.vision,
        tools=task.tools,
        thinking=thinking,
        doubtful=bool(task.rivals),
        load=load_of(usage, verbosity).rounded(),
    )


def shortcoming(
    candidate: Candidate, need: Need, *, preference: LocalPreference, settled: bool = False
) -> str | None:
    """Tell why *candidate* cannot do the work, None where it can.

    An unknown score is said to be unknown; it is never taken for good enough. The model that is *settled* in the
    slot has shown that it takes what it is given.
    """
    if candidate.blocked:
        return candidate.blocked
    if candidate.local and (reason := _kept_from_local(need, preference)):
        return f"local, and {reason}"
    score = candidate.scores.get(need.kind)
    if score is None:
        return f"its {need.kind} score is unknown"
    if score < need.threshold:
        return f"too weak for {need.kind} by {need.threshold - score} ({score} < {need.threshold})"
    return _too_small(candidate, need) or (None if settled else _unable(candidate, need))


def _too_small(candidate: Candidate, need: Need) -> str | None:
    if candidate.context is None or candidate.context >= need.context:
        return None
    return f"context {_thousands(candidate.context)} < {_thousands(need.context)}"


def _unable(candidate: Candidate, need: Need) -> str | None:
    """Tell of a model that is known to take no pictures or tools; a word in a prompt alone proves no need of them."""
    if need.tools and not candidate.tools:
        return "the host says that it cannot use tools"
    blind = need.vision and candidate.inputs and "image" not in candidate.inputs
    return "takes no pictures" if blind else None


def doubt(candidate: Candidate, need: Need) -> str | None:
    """Tell why a model that would do might not, because little is known of its score; None where enough is."""
    score = candidate.scores[need.kind]
    confidence = candidate.confidence.get(need.kind, UNSURE_BELOW)
    margin = (max(UNSURE_BELOW - confidence, Decimal(0)) * _MARGIN).quantize(_HUNDREDTH, ROUND_HALF_UP)
    if score >= need.threshold + margin:
        return None
    return (
        f"not surely good enough for {need.kind} ({score}, confidence {confidence}: "
        f"{need.threshold + margin} wanted)"
    )


def _kept_from_local(need: Need, preference: LocalPreference) -> str | None:
    if preference == "never" or (preference == "simple-only" and need.kind != "simple"):
        return f"localModelPreference is {preference}"
    if preference == "simple-only" and need.doubtful:
        return "whether the task is simple is in doubt"
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
        accounts[reading.account] = accounts.get(reading.account) or over(reading, policy.critical_threshold)
    return {
        provider: next(filter(None, accounts.values()))
        for provider, accounts in by_account.items()
        if accounts and all(accounts.values())
    }


def over(reading: Reading, limit: Decimal) -> str | None:
    """Tell how far a window of a whole account is used up, None where it is not, or where nobody knows."""
    used = reading.used_fraction
    if used is None or used < limit or ":" in reading.window:
        return None
    return f"{reading.window} window is {used:.0%} used"


def _rounded_up(tokens: int) -> int:
    """Round to the next 4,000, so that slots of like size share one ranking."""
    return -(-tokens // 4_000) * 4_000


def _thousands(tokens: int) -> str:
    return f"{tokens // 1000}k"
