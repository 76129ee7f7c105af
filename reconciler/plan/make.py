from __future__ import annotations

from reconciler.assign.own import merged
from reconciler.assign.settings import with_settings
from reconciler.catalog.model import Catalog, CatalogModel, shipped
from reconciler.facts.model import Facts
from reconciler.plan.build import build
from reconciler.plan.effects import safe
from reconciler.plan.model import Plan
from reconciler.plan.order import decide_in_order
from reconciler.policy.model import Policy


def make_plan(policy: Policy, facts: Facts, *, safe_only: bool = False) -> Plan:
    """Go the whole pure way: slots and their tasks, the wanted choices, the plan.

    With *safe_only* the slots that this host could not put back exactly are left alone.
    """
    catalog = owners_catalog(policy)
    wanted = with_settings(policy, facts, decide_in_order(policy, facts, catalog), catalog)
    return build(policy, facts, safe(wanted, facts) if safe_only else wanted, catalog)


def owners_catalog(policy: Policy) -> Catalog:
    """Return the shipped catalog with the owner's own numbers in front."""
    catalog = shipped()
    return catalog.overlay(
        {ref: merged(own, catalog.find(ref) or CatalogModel(ref)) for ref, own in policy.models.items()}
    )
