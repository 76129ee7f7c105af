"""What could stand in a slot, cheapest first by the policy's objective."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from reconciler.assign.candidate import Candidate
from reconciler.assign.need import Need
from reconciler.assign.rank import cost_class, gain, price
from reconciler.jsontypes import Json
from reconciler.policy.model import Policy


Price = tuple[int, ...]
"""What an option costs for one unit of work, level by level; of two options the first level that differs decides."""
_MICRO = Decimal(1_000_000)
_QUALITY = Decimal(1_000)
_TENTH_OF_CENT = 1_000  # millionths of a dollar
_HIGHEST_PRIORITY = 1_000
_IMPORTANCE = {"low": 1, "medium": 2, "high": 3}


@dataclass(frozen=True, slots=True)
class Option:
    """A model that may stand in a slot, or the one that does where it *stays*; *why* says what a move to it wins.

    With a *schedule* the job's runs are moved as well, by *later* hours, before its time where negative.
    """

    candidate: Candidate
    price: Price
    stays: bool = False
    why: str | None = None
    later: float = 0.0
    schedule: Mapping[str, Json] | None = None


def options(
    current: Candidate | None, good: tuple[Candidate, ...], need: Need, policy: Policy, *, tied: bool = False
) -> tuple[Option, ...]:
    """Return what may stand in the slot, in the order of preference; *current* is None where it cannot stay.

    A move that is not worth making costs no less than staying, so it is made only where quota forces it. Where the
    slot is *tied* to its model, because nothing is known of its work, it has no other option.
    """
    found = [Option(each, _price(each, need, policy)) for each in good]
    if current is not None:
        stay = Option(current, _price(current, need, policy), stays=True)
        found = [stay, *(() if tied else (_beside(stay, each, need, policy) for each in found))]
    return tuple(sorted(found, key=lambda option: (option.price, not option.stays)))


def _beside(stay: Option, other: Option, need: Need, policy: Policy) -> Option:
    why = gain(stay.candidate, other.candidate, need, policy)
    if why is not None:
        return Option(other.candidate, other.price, why=why)
    return Option(other.candidate, max(stay.price, other.price))


def _price(candidate: Candidate, need: Need, policy: Policy) -> Price:
    cost = (
        cost_class(candidate, policy),
        _HIGHEST_PRIORITY - candidate.priority,
        int(price(candidate, need) * _MICRO),
    )
    if policy.objective == "frugal":
        return cost
    preferred = candidate.local and policy.local_model_preference == "prefer"
    quality = int(candidate.scores.get(need.kind, Decimal(0)) * _QUALITY)
    return (int(not preferred), int(_QUALITY) - quality, *cost)


def weighed(option: Option, *, work: int, runs: int, difficulty: str | None) -> Iterator[int]:
    """Yield the levels of the option's cost for a slot that does so much *work*, in so many *runs*.

    Scarce quota counts by the work, money by the run in tenths of a cent; quality counts by the slot, that of hard
    work more (a judgement).
    """
    *quality, tier, priority, money = option.price
    for level in quality:
        yield level * _IMPORTANCE[difficulty or "medium"]
    yield from (tier * work, priority * work, money * runs // _TENTH_OF_CENT, int(not option.stays))
    yield ceil(abs(option.later))
