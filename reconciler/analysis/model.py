"""What `analyze` tells of a host: published as `schemas/analysis.schema.json`."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime, Field

from reconciler.facts.model import Document


class Option(Document):
    """A model that would do, at list prices; a local one costs nothing, one of unknown price has no cost."""

    model: str
    usd_a_month: Decimal | None = None
    usd_a_run: Decimal | None = None


class Judged(Document):
    """What a slot's work asks for, and how far its model is above or below that."""

    task: Literal["coding", "reasoning", "creative", "simple"]
    difficulty: Literal["low", "medium", "high"] | None = None
    confidence: Decimal | None = None
    evidence: tuple[str, ...] = ()
    threshold: Decimal = Field(description="the score that is needed, 0 to 1")
    context: int = Field(description="the tokens that the model has to hold")
    score: Decimal | None = Field(None, description="of the model in the slot; absent where unknown")
    above: Decimal | None = Field(None, description="score less threshold; negative is too weak")
    shortcoming: str | None = Field(None, description="why the model in the slot does not do")


class Used(Document):
    """What a slot used, as counted over *days*."""

    days: int
    runs_a_day: Decimal
    tokens_a_day: int
    failed_share: Decimal = Field(description="of the runs, 0 to 1")
    unmetered_share: Decimal = Field(description="of the requests, 0 to 1")
    usd_a_month: Decimal | None = Field(None, description="thirty days at list prices; absent where unknown")
    models: dict[str, int] = Field(default_factory=dict, description="requests by the model that really ran")


class SlotAnalysis(Document):
    """One slot: its work, its use, and what would be cheaper."""

    address: str
    title: str
    type: Literal["defaults", "agent", "heartbeat", "subagents", "job"]
    enabled: bool
    model: str | None = None
    tier: str | None = None
    judged: Judged | None = Field(None, description="absent where nothing is known of its work")
    used: Used | None = Field(None, description="absent where the ledger knows of no use")
    options: tuple[Option, ...] = Field((), description="the cheapest models that would do, cheapest first")
    saves_usd_a_month: Decimal | None = Field(None, description="by the first of the options")
    findings: tuple[str, ...] = ()


class Analysis(Document):
    """Every slot of a host, the one that could save most first."""

    api_version: Literal["tactician/v1"] = "tactician/v1"
    kind: Literal["Analysis"] = "Analysis"
    taken_at: AwareDatetime
    host: str
    slots: tuple[SlotAnalysis, ...] = ()
    saves_usd_a_month: Decimal = Decimal(0)
    problems: tuple[str, ...] = ()
