"""What may stand in a policy file; each description is also the hover text of the JSON Schema."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag
from pydantic.alias_generators import to_camel

from reconciler.policy.values import (
    Confidence,
    Count,
    DayOfWeek,
    Duration,
    Hour,
    Hours,
    Line,
    Minutes,
    Model,
    ModelPattern,
    Moment,
    Money,
    Name,
    Pattern,
    Prose,
    Share,
    Times,
    TimeZone,
    whole,
)


Mode = Literal["manual", "dry-run", "auto"]
Task = Literal["coding", "reasoning", "creative", "simple"]
QuotaSource = Literal["api", "manual", "unlimited", "self-tracked"]
QuotaType = Literal["tokens", "messages", "requests", "budget"]
Tier = Literal["premium", "standard", "budget", "free", "local"]
LocalType = Literal["lmstudio", "ollama", "mlx", "vllm", "openai-compatible"]
LocalPreference = Literal["never", "simple-only", "when-available", "prefer"]
Objective = Literal["frugal", "best-fit"]
Modality = Literal["text", "image", "audio", "video"]
Thinking = Literal["off", "minimal", "low", "medium", "high", "xhigh", "adaptive", "max", "ultra"]
WhenExhausted = Literal["defer", "leave"]
Split = Literal["propose", "never"]
Version = Literal["tactician/v1"]
Kind = Literal["RoutingPolicy", "ModelCatalog", "PolicyTest"]


class Part(BaseModel):
    """A mapping of the file; unknown keys and loose types (`"5"` for 5) are refused."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        alias_generator=to_camel,
        populate_by_name=True,
        defer_build=True,
    )


class Daily(Part):
    type: Literal["daily"] = Field(description="The limit starts anew every day.")
    hour: Hour = Field(0, description="Hour of the reset, 0 to 23.")
    timezone: TimeZone = Field("UTC", description="IANA time zone that the hour is read in.")


class Weekly(Part):
    type: Literal["weekly"] = Field(description="The limit starts anew every week.")
    day_of_week: DayOfWeek = Field(description="Day of the reset: 0 is Sunday, 6 is Saturday.")
    hour: Hour = Field(0, description="Hour of the reset, 0 to 23.")
    timezone: TimeZone = Field("UTC", description="IANA time zone that the day and the hour are read in.")


class Monthly(Part):
    type: Literal["monthly"] = Field(description="The limit starts anew every month.")
    day_of_month: Annotated[int, *whole(1, 31, "days")] = Field(
        1, description="Day of the reset; in a shorter month the last day counts."
    )
    hour: Hour = Field(0, description="Hour of the reset, 0 to 23.")
    timezone: TimeZone = Field("UTC", description="IANA time zone that the day and the hour are read in.")


class Fixed(Part):
    type: Literal["fixed"] = Field(description="The limit ends once, at a known moment.")
    at: Moment = Field(description="Local date and time of the end, such as 2026-12-01T07:00.")
    timezone: TimeZone = Field("UTC", description="IANA time zone that the moment is read in.")


class Rolling(Part):
    type: Literal["rolling"] = Field(description="The window begins with the first use after the last one.")
    window_hours: Annotated[int, *whole(1, 24 * 31, "hours")] = Field(5, description="Length of the window.")


ResetSchedule = Annotated[Daily | Weekly | Monthly | Fixed | Rolling, Field(discriminator="type")]


class Budget(Part):
    monthly_limit: Money = Field(description="US dollars that may be spent in a calendar month.")
    alert_threshold: Share = Field(Decimal("0.8"), description="Share of the budget that raises a warning.")


class Account(Part):
    name: Name = Field(description="Your name for this login.")
    credentials_path: Line = Field(description="File that holds its credentials; `~` is the home directory.")
    refresh: bool = Field(
        False,
        description="Renew an expired sign-in of Claude Code or Codex and write it back to that file; "
        "otherwise only its own program does.",
    )


class Local(Part):
    type: LocalType = Field(description="Program that serves the models.")
    endpoint: Line = Field(description="Base URL of the server, without user or password.")
    models: tuple[Line, ...] = Field((), description="Models it may be used for; without it, all it offers.")


class Provider(Part):
    quota_source: QuotaSource = Field(
        description="Where the used share comes from: the provider's API, you, nowhere, or our own count."
    )
    quota_type: QuotaType = Field("tokens", description="Unit of `limit` and of what is counted.")
    tier: Tier = Field("standard", description="How freely its models may be used.")
    priority: Annotated[int, *whole(0, 1000, "points")] = Field(
        50, description="Within the tier, higher is preferred."
    )
    reset_schedule: ResetSchedule | None = Field(None, description="When the limit starts anew.")
    limit: Annotated[int, *whole(1, 10**15, "units")] | None = Field(
        None, description="What one period allows, in units of quotaType."
    )
    budget: Budget | None = Field(None, description="Money that may be spent on a pay-per-use provider.")
    accounts: tuple[Account, ...] = Field((), description="Several logins of this provider.")
    local: Local | None = Field(None, description="The local server behind this provider.")


class Scores(Part):
    coding: Share | None = Field(None, description="How well it codes, 0 to 1.")
    reasoning: Share | None = Field(None, description="How well it reasons, 0 to 1.")
    creative: Share | None = Field(None, description="How well it writes, 0 to 1.")
    simple: Share | None = Field(None, description="How well it does simple work, 0 to 1.")
    instruction: Share | None = Field(None, description="How well it follows instructions, 0 to 1.")
    speed: Share | None = Field(None, description="How fast it writes, 0 to 1.")


class TokenPrices(Part):
    input: Money | None = Field(None, description="US dollars for a million input tokens.")
    output: Money | None = Field(None, description="US dollars for a million output tokens.")
    cache_read: Money | None = Field(None, description="US dollars for a million tokens read from the cache.")
    cache_write: Money | None = Field(
        None, description="US dollars for a million tokens written to the cache."
    )


class PriceTier(TokenPrices):
    """The prices of long requests; a key that is absent leaves the ordinary price."""

    above: Annotated[int, *whole(1, 100_000_000, "tokens")] = Field(
        description="Input tokens of a request above which these prices hold."
    )


class Prices(TokenPrices):
    tiers: tuple[PriceTier, ...] | None = Field(
        None, description="Prices of long requests, the longer the later; an empty list says there are none."
    )


class ModelFacts(Part):
    """What the owner knows better than the built-in catalog; a key that is absent leaves the catalog's value."""

    scores: Scores = Field(default_factory=Scores, description="Scores that replace those of the catalog.")
    prices: Prices = Field(default_factory=Prices, description="Prices that replace those of the catalog.")
    context: Annotated[int, *whole(1, 100_000_000, "tokens")] | None = Field(
        None, description="Context length in tokens."
    )
    max_output: Annotated[int, *whole(1, 100_000_000, "tokens")] | None = Field(
        None, description="Longest answer in tokens."
    )
    input: Annotated[tuple[Modality, ...], Field(min_length=1)] | None = Field(
        None, description="What it takes: text, image, audio, video."
    )
    tokens_per_task: Annotated[int, *whole(1, 10_000_000, "tokens")] | None = Field(
        None, description="Tokens it writes for a benchmark question; 17000 is usual."
    )


class Quantized(Part):
    """What the owner measured of a quantization; a key that is absent leaves the published number."""

    quality: Share | None = Field(None, description="Share of the full-precision quality that is left.")
    speed: Times | None = Field(None, description="Times the speed of 16-bit weights.")


class Match(Part):
    """All keys that are present must match; a match without keys covers every slot."""

    job: Pattern | None = Field(None, description="Name of the job; `*` stands for any text.")
    agent: Pattern | None = Field(
        None, description="Id of the agent; its jobs and heartbeat are covered too."
    )
    slot: Pattern | None = Field(None, description="Address of the slot, such as agent/main/heartbeat.")
    task: Task | None = Field(None, description="What the prompt of the slot asks for.")
    provider: Pattern | None = Field(None, description="Provider of the model that the slot has today.")


class When(Part):
    """The rule counts only while the reading of a window says so; an unknown reading never does."""

    provider: Name = Field(description="Provider whose quota is looked at.")
    account: Name | None = Field(None, description="One account; without it, any account.")
    window: Pattern | None = Field(None, description="One window, such as weekly; without it, any window.")
    used_above: Share = Field(description="Used share above which the rule counts.")


class Timing(Part):
    """How free a plan is with the time of a job."""

    flexible: Duration = Field(
        description="A job may be moved in time by at most so much, such as 6h or 90m."
    )


class RuleSpec(Part):
    name: Line = Field(description="What plans call this rule.")
    match: Match = Field(default_factory=Match, description="Slots that the rule is for.")
    when: When | None = Field(None, description="Condition on a quota.")
    pin: Model | None = Field(None, description="The one model these slots shall have.")
    allow: Annotated[tuple[ModelPattern, ...], Field(min_length=1)] | None = Field(
        None, description="The only models these slots may have; `*` stands for any text."
    )
    deny: tuple[ModelPattern, ...] | None = Field(
        None, description="Models these slots may not have; an empty list lifts what an earlier rule denied."
    )
    protect: bool | None = Field(None, description="Leave these slots as they are.")
    task: Task | None = Field(None, description="Treat the prompt as this kind, whatever it looks like.")
    thinking: Thinking | None = Field(None, description="The thinking level that these slots shall have.")
    schedule: Timing | None = Field(None, description="Whether these jobs may be moved in time.")
    when_exhausted: WhenExhausted | None = Field(
        None,
        description="defer: a job for which nothing has quota left waits for the reset; leave: it goes on failing.",
    )
    split: Split | None = Field(
        None,
        description="propose: say which job could be two, one of them on a cheaper model; never: do not (the default).",
    )
    note: Prose | None = Field(None, description="A reason for people.")


class QualityThresholds(Part):
    coding: Share = Field(Decimal("0.8"), description="Least coding score for coding work.")
    reasoning: Share = Field(Decimal("0.75"), description="Least reasoning score for reasoning work.")
    creative: Share = Field(Decimal("0.6"), description="Least creative score for creative work.")
    simple: Share = Field(Decimal("0.4"), description="Least score for simple work.")


class Fallbacks(Part):
    count: Annotated[int, *whole(0, 10, "fallbacks")] = Field(
        2, description="How many fallbacks a slot gets."
    )
    distinct_providers: bool = Field(True, description="Each fallback comes from another provider.")


class Safety(Part):
    max_changes: Count = Field(10, description="A plan with more changes is refused.")
    max_changed_share: Share = Field(
        Decimal("0.3"), description="A plan that changes a larger share of the slots is refused."
    )
    max_fact_age_minutes: Minutes = Field(30, description="Older facts are refused.")
    minimum_gain: Share = Field(Decimal("0.05"), description="Least improvement that is worth a change.")
    cool_down_hours: Hours = Field(
        6, description="For a timer: how long a changed slot is left alone. Nothing reads it yet."
    )


class RoutingSpec(Part):
    mode: Mode = Field("dry-run", description="What may happen by itself.")
    providers: dict[Name, Provider] = Field(
        {}, description="The providers you have, by their name in OpenClaw."
    )
    quality_thresholds: QualityThresholds = Field(
        default_factory=QualityThresholds, description="Least score for each kind of task."
    )
    prediction_horizon_hours: Annotated[int, *whole(1, 24 * 31, "hours")] = Field(
        24, description="How far ahead forecasts look."
    )
    warning_threshold: Share = Field(Decimal("0.8"), description="Used share that raises a warning.")
    critical_threshold: Share = Field(
        Decimal("0.95"), description="Used share from which a provider's models are not chosen."
    )
    quota_confidence: Confidence = Field(
        Decimal("0.9"), description="How sure it must be that a quota lasts until its reset."
    )
    optimization_interval_minutes: Minutes = Field(
        60, description="For a timer: how often it reconciles. Nothing reads it yet."
    )
    local_model_preference: LocalPreference = Field(
        "simple-only", description="What local models are used for."
    )
    objective: Objective = Field(
        "frugal", description="frugal: cheapest that is good enough; best-fit: best that the quota affords."
    )
    models: dict[Model, ModelFacts] = Field({}, description="Your own numbers for models.")
    quantization: dict[Line, Quantized] = Field(
        {}, description="Your own numbers for quantizations of local models, such as Q4_K_M or 4bit."
    )
    fallbacks: Fallbacks = Field(default_factory=Fallbacks, description="Which fallbacks a slot gets.")
    rules: tuple[RuleSpec, ...] = Field(
        (), description="Every rule that matches is applied, in order; the later wins key by key."
    )
    safety: Safety = Field(default_factory=Safety, description="Limits of what one plan may do.")


class CatalogSpec(Part):
    models: dict[Model, ModelFacts] = Field({}, description="Your own numbers for models.")


class ExpectModel(Part):
    model: Model = Field(description="The model that the slot shall have in the plan.")


def _expectation(value: object) -> str:
    return "a mapping" if isinstance(value, dict | ExpectModel) else "a word"


Expected = Annotated[
    Annotated[ExpectModel, Tag("a mapping")] | Annotated[Literal["unchanged", "blocked"], Tag("a word")],
    Discriminator(_expectation),
]


class TestSpec(Part):
    facts: Line = Field(description="Recorded facts, a path relative to this file.")
    expect: dict[Line, Expected] = Field(
        min_length=1, description="What the plan shall say, by the address of the slot."
    )


class Metadata(Part):
    name: Line = Field(description="Your name for this file.")


class Document(Part):
    api_version: Version = Field(description="Version of this format.")
    metadata: Metadata | None = Field(None, description="What this file is called.")


class Header(Document):
    """What all kinds have in common; `spec` is looked at later, when those of all files are merged."""

    kind: Kind = Field(description="What this document is.")
    spec: dict[str, Any] = Field(description="Its content.")


class RoutingPolicy(Document):
    """Which model may stand where."""

    kind: Literal["RoutingPolicy"] = Field(description="What this document is.")
    spec: RoutingSpec = Field(description="The policy.")


class ModelCatalog(Document):
    """Numbers of models that replace those of the built-in catalog."""

    kind: Literal["ModelCatalog"] = Field(description="What this document is.")
    spec: CatalogSpec = Field(description="The numbers.")


class PolicyTest(Document):
    """What the policy must decide on recorded facts."""

    kind: Literal["PolicyTest"] = Field(description="What this document is.")
    spec: TestSpec = Field(description="The facts and the expectation.")
