from __future__ import annotations

from typing import Annotated

import typer


def _lift(belt: str, what: str) -> object:
    return typer.Option(f"--lift-{belt}", help=f"Once: {what}.")


ContextTooSmall = Annotated[bool, _lift("context-too-small", "accept a model that cannot hold the prompt")]
EmptyFacts = Annotated[bool, _lift("empty-facts", "go on although the jobs could not be read")]
OutsideAllowList = Annotated[bool, _lift("outside-allow-list", "write a model that the host does not allow")]
OverQuota = Annotated[bool, _lift("over-quota", "use more of a quota than criticalThreshold")]
PlanExpired = Annotated[bool, _lift("plan-expired", "apply a plan past its time")]
SlotOnHold = Annotated[bool, _lift("slot-on-hold", "change slots that are on hold")]
StaleFacts = Annotated[bool, _lift("stale-facts", "trust facts older than maxFactAgeMinutes")]
TooManyChanges = Annotated[bool, _lift("too-many-changes", "change more than maxChanges allows")]
UnknownModel = Annotated[bool, _lift("unknown-model", "write a model that the host does not know")]


def lifted(**belts: bool) -> frozenset[str]:
    """Return the names of the belts whose flag was given."""
    return frozenset(name.replace("_", "-") for name, given in belts.items() if given)
