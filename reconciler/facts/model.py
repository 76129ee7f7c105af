from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from reconciler.canonical import digest, refuse_floats
from reconciler.names import DEFAULT_ACCOUNT


def _without_floats(value: dict[str, Any]) -> dict[str, Any]:
    try:
        refuse_floats(value)
    except TypeError as error:
        raise ValueError("write the fraction as a text") from error
    return value


FreeForm = Annotated[dict[str, Any], AfterValidator(_without_floats)]
"""JSON of the host's own shape; what is digested holds no float."""


class Document(BaseModel):
    """A frozen document whose keys are camelCase in JSON; unknown keys are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    def dump(self) -> dict[str, Any]:
        """Return plain JSON without the keys that are not set."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class PromptFacts(Document):
    """What is kept of a prompt; its text never enters the facts."""

    sha256: str
    chars: int
    words: dict[str, int] = Field(default_factory=dict, description="hits of words from our own list")
    leads: tuple[str, ...] = Field((), description="the first of these words in the text's order")
    shape: dict[str, int] = Field(
        default_factory=dict, description="counts of code, steps, formulas and the like"
    )
    addressed: bool = Field(default=False, description="whether the text tells its judge what to think of it")
    secret: bool = Field(default=False, description="whether the text holds what looks like a key")
    parts: tuple[PromptPart, ...] | None = Field(
        None, description="of a job's prompt that tells its work in steps; absent where it has no two"
    )


class PromptPart(Document):
    """A step of a prompt, or what stands before or after its steps; named by its range alone."""

    begin: int = Field(description="of its first character, from 0")
    end: int = Field(description="after its last character")
    shared: bool = Field(default=False, description="whether it is no step but belongs to every one")
    features: PromptFacts


class UsageFacts(Document):
    """What a slot used lately, as counted in the ledger; tokens without overlap (`input` excludes the cached ones)."""

    days: int = Field(description="how many days were looked at, up to 30, fewer where it is known for less")
    runs: int = 0
    failed: int = Field(0, description="of the runs of a job")
    requests: int = Field(0, description="to models; a run of tools makes several, a failing model too")
    unmetered: int = Field(
        0, description="requests whose tokens the host did not record; they count by the length of their text"
    )
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    largest_request: int = Field(0, description="input tokens of the largest request, cached ones included")
    models: dict[str, int] = Field(default_factory=dict, description="requests by the model that really ran")

    @property
    def tokens(self) -> int:
        return self.input + self.output + self.cache_read + self.cache_write


class SchedulerFacts(Document):
    """What the host's scheduler remembers of a job."""

    next_run_at: AwareDatetime | None = Field(None, description="by the host's own count, after its back-off")
    last_run_at: AwareDatetime | None = None
    errors: int = Field(0, description="runs in a row that failed, up to the last one")


class JobFacts(Document):
    """One cron job, by the host's own words."""

    id: str
    name: str
    enabled: bool = True
    agent_id: str | None = None
    effective_agent_id: str | None = None
    declaration_key: str | None = Field(None, description="set on jobs that OpenClaw made itself")
    account_owned: bool = Field(
        default=False, description="made from a chat account, which alone may edit it without harm"
    )
    session_target: str | None = None
    schedule: FreeForm = Field(default_factory=dict)
    payload_kind: str
    model: str | None = None
    fallbacks: tuple[str, ...] | None = None
    thinking: str | None = None
    prompt: PromptFacts | None = None
    usage: UsageFacts | None = Field(None, description="absent where the ledger knows of no run")
    scheduler: SchedulerFacts | None = Field(None, description="absent where the host told nothing of it")
    revision: str = Field(description="the host's configRevision, or our digest of the definition")


class HostModel(Document):
    """One model that the host knows, as it told us."""

    ref: str
    context_window: int | None = None
    available: bool | None = Field(None, description="null where the host cannot be asked")
    reason: str | None = None
    passing: bool = Field(
        default=False, description="whether the host named a time at which it is available again"
    )


class AskedFacts(Document):
    """What people asked an agent lately: counts over a sample of messages, of which nothing else is kept."""

    messages: int = Field(description="how many were judged")
    kinds: dict[str, int] = Field(default_factory=dict, description="messages by task kind")
    doubtful: int = Field(0, description="messages whose kind is in doubt")
    pictures: int = Field(0, description="messages that held a picture")


class AgentFacts(Document):
    """What is known of an agent's work beside its model settings."""

    id: str
    asked: AskedFacts | None = None
    description: PromptFacts | None = Field(
        None, description="features of its name and persona, where they hold a word of our list"
    )
    checklist: PromptFacts | None = Field(None, description="features of its HEARTBEAT.md")
    usage: UsageFacts | None = Field(None, description="of its conversations, without jobs and heartbeats")
    heartbeat_usage: UsageFacts | None = None


class HostFacts(Document):
    """One OpenClaw installation."""

    id: str = Field(description="stable identity; a plan is made for one host")
    label: str
    version: str | None = None
    layout: Literal["modern", "legacy", "none"]
    jobs_from: Literal["gateway", "jobs.json", "sqlite", "none"]
    zone: str | None = Field(None, description="IANA time zone that schedules without one are read in")
    gateway: bool = Field(description="whether a gateway answered; without one the facts are offline")
    config: FreeForm = Field(description="the model settings of openclaw.json, nothing else of it")
    jobs: tuple[JobFacts, ...] = ()
    agents: tuple[AgentFacts, ...] = Field((), description="agents of whose work something is known")
    models: tuple[HostModel, ...] = ()


class Reading(Document):
    """What was learnt about one window of one account at one time."""

    provider: str
    account: str = DEFAULT_ACCOUNT
    window: str
    used_fraction: Decimal | None = Field(None, description="0 to 1 and above; null is unknown, never zero")
    used: Decimal | None = None
    limit: Decimal | None = None
    unit: str | None = Field(None, description="of used and limit")
    resets_at: datetime | None = None
    taken_at: datetime
    source: str


ServerState = Literal["ready", "loading", "asleep", "needs-key", "broken", "down"]


class LocalModel(Document):
    """One chat model of a local server; what nobody says of it is null."""

    id: str = Field(description="what the server calls it; requests name it so")
    format: Literal["gguf", "mlx", "hf", "ollama"] | None = None
    family: str | None = None
    parameters: int | None = None
    active_parameters: int | None = Field(
        None, description="those used for one token, of a mixture of experts"
    )
    size_bytes: int | None = None
    quantization: str | None = None
    quantization_source: Literal["server", "config.json", "name"] | None = None
    bits_per_weight: Decimal | None = None
    quality: Decimal | None = Field(
        None, description="share of the full-precision quality that is left; null is unknown"
    )
    speed: Decimal | None = Field(None, description="times the speed of 16-bit weights; null is unknown")
    context: int | None = Field(None, description="tokens that a request can use as the server runs now")
    loaded: bool | None = Field(None, description="whether it is in memory; null where nobody can ask")


class NotOffered(Document):
    """A model that is never offered for chat, and why."""

    id: str
    why: str


class LocalServer(Document):
    """One model server that was found, or whose configured address did not answer."""

    kind: str
    url: str = Field(description="base address, without /v1")
    also_at: tuple[str, ...] = Field((), description="other addresses of the same server")
    version: str | None = None
    state: ServerState
    note: str | None = Field(None, description="what a person should know of the state")
    evidence: str = Field(description="what told the kind")
    routable: bool = Field(description="whether its models may be used without the policy naming it")
    providers: tuple[str, ...] = Field((), description="the policy's providers with this address")
    models: tuple[LocalModel, ...] = ()
    not_offered: tuple[NotOffered, ...] = ()


class HeldSlot(Document):
    """A slot that is to be left alone, until a time or until it is resumed."""

    address: str
    reason: str
    until: AwareDatetime | None = None

    @property
    def text(self) -> str:
        end = f"until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else "until it is resumed"
        return f"on hold {end}: {self.reason}"


HEARTBEAT: Final = "heartbeat:"
"""What the name of an agent's heartbeat begins with among the jobs of a history; newer hosts declare theirs so."""


class JobUse(Document):
    """What the runs of one job, or of one agent's heartbeat, used at one provider, in the unit of its history."""

    job: str = Field(description="its id, or heartbeat:<agent>")
    runs: int = Field(description="that were answered")
    mean: int
    p90: int = Field(description="what nine of ten runs stay below")
    last_day: int | None = Field(
        None, description="runs anywhere in the last 24 hours; absent for a job that is younger"
    )
    share: Decimal = Field(Decimal(1), description="of the job's runs that landed at this provider, 0 to 1")


class LearntLimit(Document):
    """A limit that its provider does not tell, in the unit of the history."""

    account: str
    window: str
    limit: int = Field(
        description="what all accounts of the provider used while this one's share rose by all"
    )


class History(Document):
    """What a provider was used for, hour by hour; whole numbers, money in millionths of a dollar."""

    provider: str
    unit: Literal["tokens", "requests", "usd"]
    begin: AwareDatetime = Field(description="of the first hour; the last one ends when the facts were taken")
    hours: tuple[int, ...] = Field(
        (), description="of people and agents, without the runs of jobs and heartbeats"
    )
    job_hours: tuple[int, ...] = Field((), description="of the runs of jobs and heartbeats")
    jobs: tuple[JobUse, ...] = ()
    blocked: tuple[int, ...] = Field(
        (),
        description="positions of hours in which a limit was used up: little use then is not little demand",
    )
    limits: tuple[LearntLimit, ...] = Field(
        (), description="learnt from pairs of readings and the use that was counted between them"
    )
    coverage: Decimal = Field(
        Decimal(1), description="share of the requests whose amount is recorded; the rest is estimated"
    )


class Facts(Document):
    """Everything read from the world for one run; "now" is a fact."""

    api_version: Literal["tactician/v1"] = "tactician/v1"
    kind: Literal["Facts"] = "Facts"
    taken_at: AwareDatetime
    host: HostFacts
    readings: tuple[Reading, ...] = ()
    servers: tuple[LocalServer, ...] = Field((), description="local model servers, found or configured")
    holds: tuple[HeldSlot, ...] = ()
    history: tuple[History, ...] = Field((), description="what forecasts learn from")
    problems: tuple[str, ...] = Field((), description="what could not be read, and why")

    def digest(self) -> str:
        """Return the digest of the facts without their time: equal worlds, equal digests.

        When jobs run next is left out as well: it moves with the time.
        Facts that were recorded before there was a history have the digest that they had then.
        """
        left_out: dict[str, Any] = {"taken_at": True, "host": {"jobs": {"__all__": {"scheduler"}}}}
        if not self.history:
            left_out["history"] = True
        plain = self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=left_out)
        return digest(plain, checked=True)  # the types of this module let no float in
