"""Simulated accounts: limits in windows that start anew, as providers have them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from reconciler.facts.model import Reading


SESSION, WEEK, MONTH = timedelta(hours=5), timedelta(days=7), timedelta(days=30)
Name = Literal["session", "weekly", "monthly"]
Limit = tuple[Name, timedelta, int]
"""A window, how long it is, and what it allows."""
_PLACES = Decimal("0.0001")


@dataclass(slots=True)
class Window:
    """One limit. A session begins with the first use after the last one's end, the others follow on each other."""

    name: Name
    length: timedelta
    limit: int
    ends: datetime | None = None
    used: int = 0

    def roll(self, now: datetime) -> None:
        """Start anew what is over by *now*."""
        if self.ends is None or now < self.ends:
            return
        self.used = 0
        if self.name == "session":
            self.ends = None
        else:
            self.ends += ((now - self.ends) // self.length + 1) * self.length

    def use(self, amount: int, now: datetime) -> None:
        if self.ends is None and amount:
            self.ends = now + self.length
        self.used += amount

    @property
    def full(self) -> bool:
        return self.used >= self.limit


@dataclass(frozen=True)
class Plan:
    """What an account allows: the limit of each window, in its unit; `usd` is millionths of a dollar.

    *billed* says that each token is paid for. Where *shown* is false, its readings tell a percentage alone.
    """

    provider: str
    unit: Literal["tokens", "usd"]
    windows: tuple[Limit, ...]
    billed: bool = False
    shown: bool = True


@dataclass
class Account:
    """One login and what is gone of each of its windows."""

    plan: Plan
    begin: datetime
    windows: list[Window] = field(init=False)

    def __post_init__(self) -> None:
        self.windows = [
            Window(name, length, limit, None if name == "session" else self.begin + length)
            for name, length, limit in self.plan.windows
        ]

    def full(self, now: datetime) -> bool:
        for window in self.windows:
            window.roll(now)
        return any(window.full for window in self.windows)

    def use(self, tokens: int, micro_usd: int, now: datetime) -> None:
        """Take what was used off every window, also what a limit would have cut short."""
        amount = tokens if self.plan.unit == "tokens" else micro_usd
        for window in self.windows:
            window.roll(now)
            window.use(amount, now)

    def readings(self, now: datetime) -> Iterator[Reading]:
        """Yield what a reader would find."""
        for window in self.windows:
            window.roll(now)
            scale = 1 if self.plan.unit == "tokens" else 10**6
            yield Reading(
                provider=self.plan.provider,
                window=window.name,
                used_fraction=(Decimal(window.used) / window.limit).quantize(_PLACES),
                used=Decimal(window.used) / scale if self.plan.shown else None,
                limit=Decimal(window.limit) / scale if self.plan.shown else None,
                unit=self.plan.unit if self.plan.shown else None,
                resets_at=window.ends,
                taken_at=now,
                source="simulated",
            )
