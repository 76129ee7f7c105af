"""What the owner says of a model, put in front of what a list says."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from reconciler.catalog.model import CatalogModel, Tier
from reconciler.policy.document import PriceTier, TokenPrices
from reconciler.policy.model import ModelFacts


def merged(own: ModelFacts, known: CatalogModel) -> CatalogModel:
    """Return *known* with the owner's numbers in front, key by key."""
    scores: dict[str, Decimal] = {kind: score for kind, score in own.scores if score is not None}
    return replace(
        repriced(own, known),
        scores={**known.scores, **scores},
        own=scores,
        own_tokens=own.tokens_per_task,
        context_window=own.context or known.context_window,
        max_output=own.max_output or known.max_output,
        modalities=own.input or known.modalities,
        source=f"{known.source}, overridden by the policy".removeprefix(", "),
    )


def repriced(own: ModelFacts, known: CatalogModel) -> CatalogModel:
    """Return *known* with the owner's prices in front; tiers belong to the prices that they were listed with."""
    told = _told(own.prices)
    kept = () if told else known.tiers
    return replace(
        known,
        price_input=told.get("input", known.price_input),
        price_output=told.get("output", known.price_output),
        price_cache_read=told.get("cacheRead", known.price_cache_read),
        price_cache_write=told.get("cacheWrite", known.price_cache_write),
        tiers=kept if own.prices.tiers is None else _tiers(own.prices.tiers),
    )


def _tiers(told: tuple[PriceTier, ...]) -> tuple[Tier, ...]:
    return tuple(Tier(tier.above, _told(tier)) for tier in sorted(told, key=lambda tier: tier.above))


def _told(prices: TokenPrices) -> dict[str, Decimal]:
    named = {
        "input": prices.input,
        "output": prices.output,
        "cacheRead": prices.cache_read,
        "cacheWrite": prices.cache_write,
    }
    return {name: price for name, price in named.items() if price is not None}
