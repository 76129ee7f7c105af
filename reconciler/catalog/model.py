from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from reconciler.catalog.names import candidates
from reconciler.kinds import KINDS


LEVELS = ("off", "minimal", "low", "medium", "high", "xhigh", "max")
"""OpenClaw's thinking levels, least first; "on" in the data is thinking of a depth that nobody told."""
USUAL_LEVEL = "medium"
"""What OpenClaw takes for a reasoning model where neither the host nor the provider says."""
HALF_LIFE_DAYS = 180
"""Age that halves the confidence in a number; a judgement: vendors replace a model about twice a year."""
QUOTA_PROVIDERS = frozenset(
    {
        "claude-cli",
        "github-copilot",
        "google-antigravity",
        "google-gemini-cli",
        "kimi",
        "kimi-coding",
        "minimax-portal",
        "ollama-cloud",
        "openai-codex",
        "opencode-go",
        "qwen-portal",
        "synthetic",
    }
)
"""Providers that are paid by subscription: a price of 0 there means quota, not free."""
_LEVEL_WORDS = {"adaptive": "high", "ultra": "max", "highest": "high"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where numbers come from; *estimated* ones were computed from others, not measured."""

    name: str
    title: str
    licence: str
    date: date
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """One number with its source; *confidence*, 0 to 1, is that of the source's day."""

    value: Decimal
    confidence: Decimal
    source: Source

    def confidence_on(self, today: date) -> Decimal:
        """Return the confidence that age leaves, halved every `HALF_LIFE_DAYS`."""
        age = max((today - self.source.date).days, 0)
        halves = Decimal(age) / HALF_LIFE_DAYS
        return (self.confidence * Decimal("0.5") ** halves).quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class Tier:
    """The prices of requests with more than *above* input tokens."""

    above: int
    prices: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """What is known of one model at one thinking level.

    Prices are USD per million tokens, scores 0 to 1 by task kind, the window is in tokens.
    *numbers* holds the measured dimensions with their sources: coding, reasoning, creative, simple,
    instruction, speed, and tokens, which is the mean output of a benchmark question; *own* are scores of
    the owner's and *own_tokens* the owner's word on that output, which hold at every level.
    """

    name: str
    scores: Mapping[str, Decimal] = field(default_factory=dict)
    price_input: Decimal | None = None
    price_output: Decimal | None = None
    context_window: int | None = None
    source: str = ""
    price_cache_read: Decimal | None = None
    price_cache_write: Decimal | None = None
    tiers: tuple[Tier, ...] = ()
    price_source: Source | None = None
    max_output: int | None = None
    modalities: tuple[str, ...] = ()
    quota: bool = False
    level: str | None = None
    own: Mapping[str, Decimal] = field(default_factory=dict)
    own_tokens: int | None = None
    levels: Mapping[str, Mapping[str, Number]] = field(default_factory=dict)

    @property
    def numbers(self) -> Mapping[str, Number]:
        return self.levels.get(self.level, {}) if self.level else {}

    @property
    def context_score(self) -> Decimal | None:
        """Return 0 for a window of 4,096 tokens and 1 for 1,048,576, each doubling an eighth more."""
        if self.context_window is None:
            return None
        doublings = (Decimal(max(self.context_window, 1)) / 4096).ln() / Decimal(2).ln()
        return min(max(doublings / 8, Decimal(0)), Decimal(1)).quantize(Decimal("0.01"))

    def at(self, thinking: str | None) -> CatalogModel:
        """Return the model at this thinking level, or at the nearest one that it is known at."""
        level = _nearest(thinking, self.levels)
        if level is None or level == self.level:
            return self
        told = self.levels[level]
        measured: dict[str, Decimal] = {kind: told[kind].value for kind in KINDS if kind in told}
        return replace(self, level=level, scores=MappingProxyType({**measured, **self.own}))

    def prices_for(self, input_tokens: int) -> Mapping[str, Decimal]:
        """Return the prices of a request with that many input tokens, by input, output, cacheRead, cacheWrite."""
        told = {
            "input": self.price_input,
            "output": self.price_output,
            "cacheRead": self.price_cache_read,
            "cacheWrite": self.price_cache_write,
        }
        prices = {name: price for name, price in told.items() if price is not None}
        for tier in self.tiers:
            if input_tokens > tier.above:
                prices.update(tier.prices)
        return prices


def _nearest(thinking: str | None, levels: Mapping[str, object]) -> str | None:
    if not levels:
        return None
    wanted = _LEVEL_WORDS.get(thinking or USUAL_LEVEL, thinking or USUAL_LEVEL)
    if wanted in levels:
        return wanted
    if "on" in levels and wanted != "off":
        return "on"
    place = LEVELS.index(wanted) if wanted in LEVELS else LEVELS.index(USUAL_LEVEL)
    known = [level for level in LEVELS if level in levels]
    return min(known, key=lambda level: abs(LEVELS.index(level) - place), default="on")


class Catalog:
    """Models by the names that hosts use for them."""

    def __init__(self, models: Mapping[str, CatalogModel], document: Mapping[str, Any] | None = None) -> None:
        self._models = models
        self._document = document or {"models": {}, "names": {}, "refs": {}, "sources": {}}
        self._found: dict[str, CatalogModel | None] = {}

    def find(self, ref: str) -> CatalogModel | None:
        """Return the model that the ref `provider/model` names, at its usual level, or None where it is unknown."""
        if ref not in self._found:
            self._found[ref] = self._models.get(ref) or self._listed(ref)
        return self._found[ref]

    def overlay(self, models: Mapping[str, CatalogModel]) -> Catalog:
        """Return a catalog in which the owner's *models*, by ref, go before ours."""
        return Catalog({**self._models, **models}, self._document)

    def refs(self) -> tuple[str, ...]:
        """Return a ref for every model, the maker's own where it is listed."""
        entries = self._document["models"].items()
        return tuple(sorted({entry.get("ref") or f"any/{entry['name']}" for _place, entry in entries}))

    def _listed(self, ref: str) -> CatalogModel | None:
        models, names = self._document["models"], self._document["names"]
        for name in candidates(ref):
            place = name if name in models else names.get(name)
            if place is not None:
                entry = {**models[place], **self._document["refs"].get(ref, {})}
                return _model(
                    entry, self._document["sources"], quota=ref.partition("/")[0] in QUOTA_PROVIDERS
                )
        return None


def shipped() -> Catalog:
    """Return the catalog that the package brings; where its numbers come from stands in the file."""
    return Catalog({}, _shipped())


@cache
def _shipped() -> dict[str, Any]:
    """Return the package's data, which nobody changes, read once in a process that plans again and again."""
    text = resources.files(__package__).joinpath("data", "catalog.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def _model(
    entry: Mapping[str, Any], sources: Mapping[str, Mapping[str, Any]], *, quota: bool
) -> CatalogModel:
    prices = {name: Decimal(price) for name, price in entry.get("price", {}).items()}
    model = CatalogModel(
        name=entry["name"],
        price_input=prices.get("input"),
        price_output=prices.get("output"),
        price_cache_read=prices.get("cacheRead"),
        price_cache_write=prices.get("cacheWrite"),
        tiers=tuple(_tier(tier) for tier in entry.get("tiers", ())),
        price_source=_source(entry["priceSource"], sources) if "priceSource" in entry else None,
        context_window=entry.get("window"),
        max_output=entry.get("maxOutput"),
        modalities=tuple(entry.get("input", ())),
        quota=quota,
        source=_source(entry["source"], sources).title if "source" in entry else "",
        levels=MappingProxyType(
            {
                level: MappingProxyType({name: _number(told, sources) for name, told in numbers.items()})
                for level, numbers in entry.get("levels", {}).items()
            }
        ),
    )
    return model.at(None)


def _tier(tier: Mapping[str, Any]) -> Tier:
    prices = {name: Decimal(price) for name, price in tier.items() if name != "above"}
    return Tier(tier["above"], MappingProxyType(prices))


def _number(told: list[str], sources: Mapping[str, Mapping[str, Any]]) -> Number:
    value, confidence, source = told
    return Number(Decimal(value), Decimal(confidence), _source(source, sources))


def _source(name: str, sources: Mapping[str, Mapping[str, Any]]) -> Source:
    method, _, origin = name.partition(":")  # an estimate from another level is as old as what it rests on
    told, base = sources[method], sources[origin or method]
    title = f"{told['title']}: {base['title']}" if origin else told["title"]
    day = date.fromisoformat(base["date"])
    return Source(name, title, base["licence"], day, estimated=told.get("estimated", False))
