from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from reconciler.assign.admission import refusal
from reconciler.assign.candidate import Candidate
from reconciler.assign.need import Need, doubt, shortcoming
from reconciler.assign.ruling import Ruling
from reconciler.openclaw.allowlist import AllowList
from reconciler.policy.document import LocalPreference
from reconciler.policy.model import Policy


Key = tuple[int | Decimal | str, ...]
_TIERS = {"free": 1, "budget": 3, "standard": 4, "premium": 5}
_LOCAL = {"prefer": 0, "simple-only": 0, "when-available": 2, "never": 6}
_UNKNOWN_PRICE = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates that would do, best first, and each other one with the reason against it."""

    good: tuple[Candidate, ...]
    rejected: tuple[tuple[str, str], ...]


def rank(
    candidates: tuple[Candidate, ...],
    need: Need,
    ruling: Ruling,
    policy: Policy,
    *,
    out_of_quota: Mapping[str, str],
    allowed: AllowList,
) -> Ranking:
    """Sort out who would do and order them by the policy's objective.

    Those of whose score too little is known are taken where no other would do.
    """
    good: list[Candidate] = []
    unsure: list[tuple[Candidate, str]] = []
    rejected: list[tuple[str, str]] = []
    for candidate in candidates:
        reason = (
            ruling.objection(candidate.ref)
            or refusal(allowed, candidate.ref)
            or out_of_quota.get(candidate.provider)
            or shortcoming(candidate, need, preference=preference(policy, ruling))
        )
        if reason:
            rejected.append((candidate.ref, reason))
        elif reason := doubt(candidate, need):
            unsure.append((candidate, reason))
        else:
            good.append(candidate)
    if good:
        rejected += [(candidate.ref, reason) for candidate, reason in unsure]
    else:
        good = [candidate for candidate, _ in unsure]
    if not good:
        return Ranking((), tuple(rejected))
    good.sort(key=lambda candidate: sort_key(candidate, need, policy))
    lost = [(candidate.ref, _lost(candidate, good[0], need, policy)) for candidate in good[1:]]
    return Ranking(tuple(good), (*lost, *rejected))


def _lost(candidate: Candidate, best: Candidate, need: Need, policy: Policy) -> str:
    """Tell what speaks for *best* against a candidate that would do as well."""
    if policy.objective == "best-fit":
        return f"would do, {candidate.scores[need.kind]} at {need.kind} against {best.scores[need.kind]}"
    if cost_class(candidate, policy) != cost_class(best, policy):
        return f"would do, {candidate.tier} tier"
    if candidate.priority != best.priority:
        return f"would do, its provider has priority {candidate.priority}"
    if price(candidate, need) != price(best, need):
        cost = candidate.cost(need.load)
        return "would do, at an unknown price" if cost is None else f"would do, at {cost:.4f} USD a run"
    return f"would do, {candidate.scores[need.kind]} at {need.kind}"


def preference(policy: Policy, ruling: Ruling) -> LocalPreference:
    """Return what local models are used for; a rule that lists what is allowed is the owner's nearer word."""
    return policy.local_model_preference if ruling.allow is None else "when-available"


def sort_key(candidate: Candidate, need: Need, policy: Policy) -> Key:
    """Order by the objective: `frugal` cheapest first, `best-fit` best first; the ref settles ties."""
    quality = -candidate.scores.get(need.kind, Decimal(0))
    cost = (cost_class(candidate, policy), -candidate.priority, price(candidate, need))
    if policy.objective == "frugal":
        return (*cost, quality, candidate.ref)
    preferred = 0 if candidate.local and policy.local_model_preference == "prefer" else 1
    return (preferred, quality, *cost, candidate.ref)


def cost_class(candidate: Candidate, policy: Policy) -> int:
    """Number the tiers from cheap to dear; where local models stand is the owner's preference."""
    if candidate.local:
        return _LOCAL[policy.local_model_preference]
    return _TIERS.get(candidate.tier or "premium", _TIERS["premium"])


def price(candidate: Candidate, need: Need) -> Decimal:
    """Return USD for a run; a price per token is none per task, since models differ in how much they write."""
    cost = candidate.cost(need.load)
    return _UNKNOWN_PRICE if cost is None else cost


def gain(current: Candidate, best: Candidate, need: Need, policy: Policy) -> str | None:
    """Tell what moving from *current* to *best* wins, None where it is not worth a move."""
    if policy.objective == "best-fit":
        return _better(current, best, need, policy)
    return None if current.tier is None else cheaper(current, best, need, policy)


def _better(current: Candidate, best: Candidate, need: Need, policy: Policy) -> str | None:
    if best.local and not current.local and policy.local_model_preference == "prefer":
        return "local, and local is preferred"
    better = best.scores[need.kind] - current.scores.get(need.kind, Decimal(0))
    enough = better > 0 and better >= policy.safety.minimum_gain
    return f"{better} better at {need.kind}" if enough else None


def cheaper(current: Candidate, best: Candidate, need: Need, policy: Policy) -> str | None:
    """Tell how *best* is cheaper than *current*, None where it is not by enough."""
    now, then = cost_class(current, policy), cost_class(best, policy)
    if then != now:
        return f"{best.tier} tier instead of {current.tier}" if then < now else None
    if best.priority != current.priority:
        return "its provider has the higher priority" if best.priority > current.priority else None
    had, has = current.cost(need.load), best.cost(need.load)
    if has is None or not had:
        return None
    saved = 1 - has / had
    enough = saved > 0 and saved >= policy.safety.minimum_gain
    return f"{saved:.0%} cheaper per run" if enough else None
