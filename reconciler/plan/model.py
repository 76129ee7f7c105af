from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from reconciler.canonical import digest
from reconciler.facts.model import Document, FreeForm


CONFIG = "openclaw.json"
JOBS = "jobs"


class ChoiceText(Document):
    """A model and its ordered fallbacks, as refs."""

    primary: str
    fallbacks: tuple[str, ...] | None = Field(None, description="absent where the slot has no place for them")


class Rejected(Document):
    """A candidate that was not chosen, and why."""

    model: str
    reason: str


class Because(Document):
    """Why a change is made: the owner's rule, or the default policy, and the facts it rests on."""

    reason: str
    rule: str | None = Field(None, description="file:line:col of the rule that decided")
    task: str | None = None
    threshold: str | None = Field(None, description="the score that the task asks for, 0 to 1")
    difficulty: Literal["low", "medium", "high"] | None = None
    confidence: str | None = Field(
        None, description="how sure the task is, 0 to 1; a low one raises the threshold"
    )
    evidence: tuple[str, ...] = ()


class Before(Document):
    """What stands in the slot as the plan is made: the precondition of the change."""

    configured: Any = Field(
        None, description="the raw value, of a job its model and fallbacks; absent where nothing is set"
    )
    effective: ChoiceText | None = None
    inherited_from: str | None = None
    prompt: str | None = Field(None, description="digest of the prompt that was judged")


class Change(Document):
    """One slot, before and after."""

    address: str
    action: Literal["change-model", "add-fallback"]
    document: Literal["openclaw.json", "jobs"]
    title: str = Field(description="the job's or agent's name, cleaned for display")
    before: Before
    after: ChoiceText
    safe: bool = Field(description="whether this host can undo the change exactly")
    side_effects: tuple[str, ...] = ()
    because: Because
    why_not: str | None = Field(None, description="name of the list under `verdicts`")


class AddProvider(Document):
    """One local server that OpenClaw is told of, because a slot of this plan gets a model of it."""

    address: str = Field(description="provider/ and its id in OpenClaw")
    action: Literal["add-local-provider"] = "add-local-provider"
    document: Literal["openclaw.json"] = "openclaw.json"
    title: str
    before: None = Field(None, description="nothing stands there; what does is never overwritten")
    after: FreeForm = Field(description="the entry below models.providers, or one of its models")
    pointer: str = Field(description="where it is added")
    safe: bool = True
    side_effects: tuple[str, ...] = ()
    because: Because


SettingAction = Literal["set-thinking", "change-schedule", "defer-job", "wake-job"]


class Setting(Document):
    """One setting of a slot beside its choice of models, before and after."""

    address: str
    action: SettingAction
    document: Literal["openclaw.json", "jobs"]
    title: str = Field(description="the job's or agent's name, cleaned for display")
    before: Any = Field(None, description="what stands there; absent where nothing does")
    after: Any
    schedule: FreeForm | None = Field(
        None,
        description="of a job whose next run is moved: the schedule, which stays, that the run is one of",
    )
    safe: bool = Field(description="whether this host can undo the change exactly")
    side_effects: tuple[str, ...] = ()
    because: Because


class Belt(Document):
    """A safety check and what it found; a tripped belt makes apply refuse."""

    name: str
    tripped: bool
    detail: str = ""


class Finding(Document):
    """Something about a slot that the owner should know although nothing is changed."""

    address: str
    level: Literal["info", "warning"]
    text: str


class PlanHost(Document):
    """Who the plan is for."""

    id: str
    label: str
    version: str | None = None
    layout: Literal["modern", "legacy", "none"]


class Patches(Document):
    """RFC 6902 operations on the two documents; each that overwrites has a test before it."""

    config: tuple[dict[str, Any], ...] = Field((), alias=CONFIG)
    jobs: tuple[dict[str, Any], ...] = Field((), description="on the list keyed by job id")


class Shift(Document):
    """The wish that a plan was made for: every slot off a provider, and onto another one where that would do."""

    away_from: str
    to: str | None = None


class Summary(Document):
    """How many slots were looked at and what became of them."""

    slots: int
    changes: int
    kept: int
    left_alone: int
    stuck: int


class CourseText(Document):
    """Where a quota goes: fractions of the limit, 0 to 1 and above."""

    at_reset: Decimal = Field(description="used share at the reset, by the median")
    used_up: AwareDatetime | None = Field(None, description="when it is gone; absent where it likely lasts")


class QuotaOutlook(Document):
    """What becomes of one quota of a provider, all its logins together, without the plan and with it."""

    provider: str
    window: str
    used: Decimal
    resets_at: AwareDatetime | None = None
    before: CourseText
    after: CourseText
    short: Decimal | None = Field(
        None, description="share of the limit that is missing, where not all that must be done fits"
    )
    binds: bool = Field(
        default=False, description="whether it keeps a slot from what it would have had otherwise"
    )
    rivals: tuple[str, ...] = Field((), description="addresses of the slots that compete for it")


class SpendOutlook(Document):
    """What a provider's models are to do in the coming week, and what that costs at list prices."""

    provider: str
    billed: bool = Field(description="whether its use is paid by the token; else the price is but a measure")
    runs_before: int
    runs_after: int
    usd_before: Decimal | None = Field(None, description="absent where a price is unknown")
    usd_after: Decimal | None = None


class Outlook(Document):
    """Money and quota, before and after; what cannot be told is left out."""

    spending: tuple[SpendOutlook, ...] = ()
    quotas: tuple[QuotaOutlook, ...] = ()
    ways_out: tuple[str, ...] = Field((), description="what would make it fit, the cheapest first")


class Plan(Document):
    """The difference between wanted and live, with reasons; canonical and digested."""

    api_version: Literal["tactician/v1"] = "tactician/v1"
    kind: Literal["Plan"] = "Plan"
    created_at: AwareDatetime
    expires_at: AwareDatetime
    host: PlanHost
    mode: Literal["manual", "dry-run", "auto"]
    objective: Literal["frugal", "best-fit"]
    policy_digest: str
    policy_files: tuple[str, ...] = ()
    facts_digest: str
    assumptions: tuple[str, ...] | None = Field(
        None,
        description="what was taken to be otherwise than it is, for the policy and facts of these digests; "
        "absent in every other plan. Such a plan is never applied",
    )
    shift: Shift | None = Field(None, description="absent in every plan that no shift asked for")
    summary: Summary
    changes: tuple[Change | AddProvider | Setting, ...] = ()
    verdicts: dict[str, tuple[Rejected, ...]] = Field(
        default_factory=dict,
        description="every rejected candidate, by the group of slots that rejects it alike",
    )
    patches: Patches = Patches()
    findings: tuple[Finding, ...] = ()
    outlook: Outlook = Outlook()
    belts: tuple[Belt, ...] = ()
    digest: str = ""

    @property
    def id(self) -> str:
        """The short name of the plan: twelve hex digits of its digest."""
        return self.digest.removeprefix("sha256:")[:12]

    @property
    def slots(self) -> tuple[Change, ...]:
        """The changes of slots alone."""
        return tuple(change for change in self.changes if isinstance(change, Change))

    @property
    def providers(self) -> tuple[AddProvider, ...]:
        """The local servers that are added."""
        return tuple(change for change in self.changes if isinstance(change, AddProvider))

    @property
    def settings(self) -> tuple[Setting, ...]:
        """What is changed of slots beside their models."""
        return tuple(change for change in self.changes if isinstance(change, Setting))

    def content(self) -> dict[str, Any]:
        """Return what is digested: everything but the digest."""
        plain = self.dump()
        plain.pop("digest", None)
        return plain

    def sealed(self) -> Plan:
        """Return the plan with the digest of its content."""
        return self.model_copy(update={"digest": digest(self.content())})
