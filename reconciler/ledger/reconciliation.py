"""What one run of the reconcile loop found and did, as JSON and as the ledger keeps it."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime, Field

from reconciler.facts.model import Document
from reconciler.names import DEFAULT_ACCOUNT, account_name
from reconciler.policy.document import Mode


Outcome = Literal[
    "observed", "planned", "in-sync", "applied", "partial", "held-back", "refused", "waiting", "failed"
]
"""What became of a run.

`observed`: manual mode, nothing was decided; `planned`: dry-run mode, the plan was written to a file; `in-sync`: auto
mode, nothing is to change; `held-back`: there are changes, and none that auto mode may make now; `refused`: a belt or
somebody else's change; `waiting`: the last runs failed, so nothing was tried.
"""


class LeftAlone(Document):
    """A change that the policy wants and auto mode does not make, and why."""

    address: str
    reason: str


class Alarm(Document):
    """A window that passed a threshold, told once."""

    provider: str
    account: str = DEFAULT_ACCOUNT
    window: str
    level: Literal["warning", "critical"]
    used_fraction: Decimal
    resets_at: AwareDatetime | None = None

    @property
    def text(self) -> str:
        until = f", starts anew {self.resets_at:%Y-%m-%d %H:%M} UTC" if self.resets_at else ""
        name = f"{account_name(self.provider, self.account)} {self.window}"
        return f"{name}: {self.used_fraction:.0%} used ({self.level}){until}"


class Intervention(Document):
    """A slot that was put back or on hold because it fared badly, and why."""

    address: str
    reason: str
    record: str | None = Field(None, description="of the rollback; absent where nothing was put back")


class Reconciliation(Document):
    """One run of the loop."""

    api_version: Literal["tactician/v1"] = "tactician/v1"
    kind: Literal["Reconciliation"] = "Reconciliation"
    at: AwareDatetime
    host: str | None = Field(None, description="absent where the host could not be read")
    mode: Mode
    outcome: Outcome
    slots: int = 0
    wanted: int = Field(0, description="changes that the policy wants now")
    changed: tuple[str, ...] = Field((), description="addresses that were written")
    left_alone: tuple[LeftAlone, ...] = ()
    record: str | None = None
    file: str | None = Field(
        None, description="that was written: the plan in dry-run mode, the facts in manual mode"
    )
    alarms: tuple[Alarm, ...] = ()
    interventions: tuple[Intervention, ...] = ()
    problems: tuple[str, ...] = ()
    failures: int = Field(0, description="runs in a row that failed, this one included")
    retry_at: AwareDatetime | None = Field(None, description="nothing is tried before it")
