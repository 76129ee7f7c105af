from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.context import load_policy, now
from reconciler.cli.options import Json, Policies
from reconciler.cli.talk import out


if TYPE_CHECKING:
    from reconciler.catalog.model import Catalog

command = typer.Typer(
    no_args_is_help=True,
    help="Print what is known of models: scores, prices, windows, and where each number comes from.",
)


@command.command("list")
def list_models(policy: Policies = None, *, json: Json = False) -> int:
    """Print every model with its scores at its usual thinking level; numbers of --policy go first."""
    from reconciler.catalog.model import shipped
    from reconciler.render.models import as_json, cards, table

    catalog, own = _owners(policy) if policy else (shipped(), ())
    found = cards(catalog, (*own, *catalog.refs()), today=now().date())
    out(as_json(found) if json else table(found))
    return 0


@command.command("show")
def show_model(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Such as anthropic/claude-opus-4-6.")],
    policy: Policies = None,
    *,
    json: Json = False,
) -> int:
    """Print one model at each thinking level, each number with its source, date and confidence."""
    from reconciler.catalog.model import shipped
    from reconciler.render.models import as_json, card, text

    catalog = _owners(policy)[0] if policy else shipped()
    found = card(model, catalog, today=now().date())
    out(as_json(found) if json else text(found))
    return 0


def _owners(policy: Policies) -> tuple[Catalog, tuple[str, ...]]:
    from reconciler.plan.make import owners_catalog

    loaded = load_policy(policy)
    return owners_catalog(loaded), tuple(loaded.models)
