"""The policy as the core sees it: all files merged, defaults filled in, each rule with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

from pydantic import BaseModel

from reconciler.errors import Position
from reconciler.policy.document import (
    Fallbacks,
    LocalPreference,
    Match,
    Mode,
    ModelFacts,
    Objective,
    Provider,
    QualityThresholds,
    Quantized,
    RoutingSpec,
    Safety,
    Split,
    Task,
    Thinking,
    Timing,
    When,
    WhenExhausted,
)
from reconciler.policy.patterns import matches


__all__ = [
    "Bar",
    "Expectation",
    "Match",
    "ModelFacts",
    "Placed",
    "Policy",
    "Provider",
    "Quantized",
    "Rule",
    "Split",
    "Task",
    "Thinking",
    "When",
    "WhenExhausted",
    "matches",
]


class Placed(NamedTuple):
    """A model or a pattern and the place where the policy names it."""

    text: str
    at: Position


@dataclass(frozen=True, slots=True)
class Bar:
    """A provider that somebody keeps slots off for one run, beside what the policy says.

    *slots* are the addresses that it is about. They go *to* another provider where one is named, those *elsewhere*
    to any; where *others_stay* all else is left as it is.
    """

    provider: str
    reason: str
    slots: frozenset[str]
    others_stay: bool = False
    to: str | None = None
    elsewhere: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; a key that is None says nothing, so an earlier rule's value stays. No file can hold a *bar*."""

    name: str
    at: Position
    match: Match = field(default_factory=Match)
    when: When | None = None
    pin: Placed | None = None
    allow: tuple[Placed, ...] | None = None
    deny: tuple[Placed, ...] | None = None
    protect: bool | None = None
    task: Task | None = None
    thinking: Thinking | None = None
    schedule: Timing | None = None
    when_exhausted: WhenExhausted | None = None
    split: Split | None = None
    note: str | None = None
    bar: Bar | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """A policy test: what the plan on recorded facts must say of slots."""

    name: str
    at: Position
    facts: str
    """Path as written, relative to the file in *at*."""
    expect: Mapping[str, str]
    """Slot address to a model, `unchanged` or `blocked`; a model always holds a slash."""
    places: Mapping[str, Position] = field(default_factory=dict)
    """Place of each expectation by its slot address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Numbers are int or Decimal, never float: what is compared must compare alike on every machine."""

    mode: Mode
    providers: Mapping[str, Provider]
    quality_thresholds: QualityThresholds
    prediction_horizon_hours: int
    warning_threshold: Decimal
    critical_threshold: Decimal
    quota_confidence: Decimal
    optimization_interval_minutes: int
    local_model_preference: LocalPreference
    objective: Objective
    models: Mapping[str, ModelFacts]
    quantization: Mapping[str, Quantized]
    fallbacks: Fallbacks
    safety: Safety
    rules: tuple[Rule, ...]
    tests: tuple[Expectation, ...]
    files: tuple[str, ...]
    places: Mapping[str, Position]
    """Place of each key by its path, such as `spec.providers.openrouter.tier`."""

    @property
    def digest(self) -> str:
        """Identify the meaning of the files: comments, key order, quoting and defaults written out do not matter."""
        about = ("tests", "files", "places")
        meaning = {key.name: getattr(self, key.name) for key in fields(self) if key.name not in about}
        meaning["rules"] = [rule for rule in self.rules if rule.bar is None]
        text = json.dumps(meaning, sort_keys=True, separators=(",", ":"), default=_canonical)
        return "sha256:" + sha256(text.encode()).hexdigest()


def policy(
    spec: RoutingSpec,
    *,
    rules: tuple[Rule, ...] = (),
    tests: tuple[Expectation, ...] = (),
    files: tuple[str, ...] = (),
    places: Mapping[str, Position] = MappingProxyType({}),
) -> Policy:
    """Make the aggregate from the merged `spec`, whose own rules are replaced by the placed *rules*."""
    values = {key: value for key, value in spec if key != "rules"}
    return Policy(**values, rules=rules, tests=tests, files=files, places=places)


_YOUNG = frozenset({"thinking", "schedule", "when_exhausted", "split"})
"""Keys that rules did not have at first: a policy that does not use them keeps its digest."""


def _canonical(value: object) -> object:
    """Give `json` what it cannot write; equal numbers look equal (0.80 is 0.8, 10.00 is 10)."""
    match value:
        case Rule():
            kept = [key.name for key in fields(value) if key.name not in {"at", "bar"}]
            said = {name: _texts(getattr(value, name)) for name in kept}
            return {key: text for key, text in said.items() if text is not None or key not in _YOUNG}
        case Decimal():
            return str(value.normalize() + 0)
        case BaseModel() | Mapping():
            return dict(value)
        case _:
            raise TypeError(type(value))


def _texts(value: object) -> object:
    match value:
        case Placed():
            return value.text
        case tuple():
            return [_texts(item) for item in value]
        case _:
            return value
