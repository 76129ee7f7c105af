from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from reconciler.catalog.model import Catalog, CatalogModel, shipped
from reconciler.facts.model import Facts
from reconciler.plan.build import build
from reconciler.plan.effects import safe
from reconciler.plan.model import Plan
from reconciler.plan.order import decide_in_order
from reconciler.policy.document import Prices
from reconciler.policy.model import ModelFacts, Policy


def make_plan(policy: Policy, facts: Facts, *, safe_only: bool = False) -> Plan:
    """Go the whole pure way: slots and their tasks, the wanted choices, the plan.

    With *safe_only* the slots that this host could not put back exactly are left alone.
    """
    catalog = owners_catalog(policy)
    wanted = decide_in_order(policy, facts, catalog)
    return build(policy, facts, safe(wanted, facts) if safe_only else wanted, catalog)


def owners_catalog(policy: Policy) -> Catalog:
    """Return the shipped catalog with the owner's own numbers in front."""
    catalog = shipped()
    return catalog.overlay({ref: _merged(ref, own, catalog) for ref, own in policy.models.items()})


def _merged(ref: str, own: ModelFacts, catalog: Catalog) -> CatalogModel:
    known = catalog.find(ref) or CatalogModel(ref)
    scores: dict[str, Decimal] = {kind: score for kind, score in own.scores if score is not None}
    prices = own.prices
    return replace(
        known,
        scores={**known.scores, **scores},
        own=scores,
        price_input=known.price_input if prices.input is None else prices.input,
        price_output=known.price_output if prices.output is None else prices.output,
        price_cache_read=known.price_cache_read if prices.cache_read is None else prices.cache_read,
        price_cache_write=known.price_cache_write if prices.cache_write is None else prices.cache_write,
        tiers=known.tiers if prices == Prices() else (),
        context_window=own.context or known.context_window,
        source=f"{known.source}, overridden by the policy".removeprefix(", "),
    )
