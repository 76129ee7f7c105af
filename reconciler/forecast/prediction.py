"""The answer of `predict`, as JSON; fractions are of the limit, 0 to 1 and above."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime, Field

from reconciler.facts.model import Document
from reconciler.names import DEFAULT_ACCOUNT, account_name


Level = Literal["ok", "warning", "critical"]


class Range(Document):
    """Tenth, fiftieth and ninetieth hundredth of a fraction."""

    low: Decimal
    median: Decimal
    high: Decimal


class Times(Document):
    """When it is used up, if it is: median, and the range that holds 80 %."""

    low: AwareDatetime
    median: AwareDatetime
    high: AwareDatetime


class Step(Document):
    """One point of the burn-down."""

    at: AwareDatetime
    used: Range


class Driver(Document):
    """Who uses it until the reset."""

    kind: Literal["job", "people and agents"]
    name: str
    share: Decimal = Field(description="of the expected use, 0 to 1")
    chance_without: Decimal | None = Field(None, description="that it is used up before the reset without it")


class WindowForecast(Document):
    """What becomes of one window of one account; what cannot be told is absent, never zero."""

    provider: str
    account: str = DEFAULT_ACCOUNT
    window: str
    basis: Literal["history", "schedule-only", "rate-only", "exhausted", "unknown"]
    level: Level = "ok"
    used_fraction: Decimal | None = None
    resets_at: AwareDatetime | None = None
    at_reset: Range | None = Field(None, description="used fraction at the reset, or at the horizon")
    chance_by_reset: Decimal | None = None
    chance_by_horizon: Decimal | None = None
    horizon_hours: int | None = Field(None, description="how far that looks, where it is less than was asked")
    unsure: bool = Field(
        default=False,
        description="the chance tells little: too near to the middle, or no better than how often it happens",
    )
    used_up: Times | None = None
    per_day: Decimal | None = Field(None, description="expected use of a day, in the unit of the history")
    unit: Literal["tokens", "requests", "usd"] | None = None
    limit: Decimal | None = Field(None, description="in that unit")
    limit_learnt: bool = Field(default=False, description="from used shares and our own count")
    coverage: Decimal | None = Field(None, description="share of the requests whose amount is recorded")
    drivers: tuple[Driver, ...] = ()
    without_them: Decimal | None = Field(
        None, description="chance that it is used up before the reset without these drivers"
    )
    path: tuple[Step, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.account_name} {self.window}"

    @property
    def account_name(self) -> str:
        return account_name(self.provider, self.account)


class Prediction(Document):
    """What becomes of every window of every account."""

    api_version: Literal["tactician/v1"] = "tactician/v1"
    kind: Literal["Prediction"] = "Prediction"
    taken_at: AwareDatetime
    horizon_hours: int
    assumptions: tuple[str, ...] | None = Field(None, description="what was taken to be otherwise than it is")
    windows: tuple[WindowForecast, ...] = ()
