"""What `explain` tells of one slot: published as `schemas/explanation.schema.json`."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime, Field

from reconciler.facts.model import Document, PromptFacts


Verdict = Literal["chosen", "stays", "fallback", "would-do", "ruled-out"]


class Work(Document):
    """What the slot's prompt asks for, and by which signals that is known."""

    task: Literal["coding", "reasoning", "creative", "simple"]
    difficulty: Literal["low", "medium", "high"] | None = None
    confidence: Decimal | None = Field(None, description="how sure the task is, 0 to 1")
    rivals: tuple[str, ...] = Field(
        (), description="kinds that it may be as well, whose thresholds count too"
    )
    evidence: tuple[str, ...] = ()
    prompt: PromptFacts | None = Field(None, description="what is kept of the prompt that was judged")


class Needs(Document):
    """What a model must have for it."""

    threshold: Decimal = Field(description="the score for the task, 0 to 1")
    context: int = Field(description="tokens that it has to hold")
    tools: bool = False
    vision: bool = False
    thinking: str | None = Field(None, description="the level that the slot runs at")


class Use(Document):
    """What the slot used, as counted over *days*."""

    days: int
    runs_a_day: Decimal
    tokens_a_run: int | None = None


class Matched(Document):
    """One rule whose match covers the slot."""

    name: str
    at: str = Field(description="file:line")
    says: tuple[str, ...] = Field((), description="what it demands, key by key")
    waits_for: str | None = Field(None, description="its condition, where that is not met now")


class QuotaEffect(Document):
    """What the slot would do to one window on this model."""

    window: str = Field(description="provider, account and window")
    adds: Decimal = Field(description="share of the limit that it uses until the reset")
    reaches: Decimal | None = Field(None, description="used share at the reset with it")
    gone_at: AwareDatetime | None = Field(None, description="when the window would be used up with it")


class Considered(Document):
    """One candidate: what is known of it, and what became of it."""

    model: str
    verdict: Verdict
    reason: str
    current: bool = Field(default=False, description="whether it stands in the slot now")
    tier: str | None = None
    quality: Decimal | None = Field(None, description="score for the task, 0 to 1; absent where unknown")
    above: Decimal | None = Field(None, description="quality less what is needed; negative is too weak")
    context: int | None = Field(None, description="tokens that it can hold")
    usd_a_run: Decimal | None = Field(
        None, description="at list prices; a local model costs nothing, one of unknown price has no cost"
    )
    quota_effect: tuple[QuotaEffect, ...] = ()


class Quota(Document):
    """Where one window stands that the slot's model, or one that would do, draws on."""

    window: str = Field(description="provider, account and window")
    used: Decimal | None = Field(None, description="share, 0 to 1 and above; absent where unknown")
    resets_at: AwareDatetime | None = None
    at_reset: Decimal | None = Field(None, description="used share that is foretold for the reset")
    gone_at: AwareDatetime | None = Field(None, description="when it is used up, if it is")


class Worth(Document):
    """What more of a window would bring, all slots decided anew."""

    of: str = Field(description="how much more of it: as much as the first choice of the slot takes")
    slots: tuple[str, ...] = Field((), description="addresses that would get what they rather have")
    usd_a_week: Decimal | None = Field(
        None, description="saved of what is paid by the token; absent where a price is unknown"
    )


class Choice(Document):
    """A model and its ordered fallbacks, and the addresses that they come from where they are inherited."""

    model: str | None = None
    fallbacks: tuple[str, ...] = ()
    model_from: str | None = None
    fallbacks_from: str | None = None


class Explanation(Document):
    """Why one slot has, or gets, the model that it does."""

    api_version: Literal["tactician/v1"] = "tactician/v1"
    kind: Literal["Explanation"] = "Explanation"
    taken_at: AwareDatetime
    assumptions: tuple[str, ...] | None = Field(None, description="what was taken to be otherwise than it is")
    address: str
    title: str
    type: Literal["defaults", "agent", "heartbeat", "subagents", "job"]
    outcome: Literal["change", "keep", "leave", "stuck"]
    reason: str
    rule: str | None = Field(None, description="name and file:line of the rule that decided")
    now: Choice
    then: Choice | None = Field(None, description="absent where nothing is changed")
    fallbacks: str = Field(description="what becomes of the fallbacks, in words")
    work: Work | None = Field(None, description="absent where nothing is known of it")
    needs: Needs | None = None
    use: Use | None = Field(None, description="absent where the ledger knows of no use")
    rules: tuple[Matched, ...] = ()
    hold: str | None = None
    candidates: tuple[Considered, ...] = Field(
        (), description="what was chosen or stays first, then in order"
    )
    quota: tuple[Quota, ...] = ()
    binding_window: str | None = Field(None, description="the window whose limit decided for this slot")
    worth: Worth | None = Field(None, description="of more of the binding window")
