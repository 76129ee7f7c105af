from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from reconciler.catalog.model import Catalog, CatalogModel
from reconciler.facts.model import HostFacts
from reconciler.jsontypes import Json
from reconciler.openclaw.refs import split_profile
from reconciler.policy.document import Tier
from reconciler.policy.model import Policy


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that could stand in a slot; what is not known of it is None or absent.

    *price* is USD per million tokens, *context* tokens, *scores* 0 to 1 by task kind; *blocked* is
    the host's word on why it cannot be used now, *passing* that it will be over by itself.
    """

    ref: str
    provider: str
    tier: Tier | None
    priority: int
    price: Decimal | None
    scores: Mapping[str, Decimal]
    context: int | None
    blocked: str | None = None
    passing: bool = False

    @property
    def local(self) -> bool:
        return self.tier == "local"


class Pool:
    """The models of the policy's providers that the host knows, and a description of any other."""

    def __init__(self, policy: Policy, host: HostFacts, catalog: Catalog) -> None:
        self._policy = policy
        self._catalog = catalog
        self._windows = _windows(host)
        self._costs = dict(_costs(host.config))
        self._blocked = {
            model.ref: model.reason or "the host says it is unavailable"
            for model in host.models
            if model.available is False
        }
        self._passing = {model.ref for model in host.models if model.passing}
        self._described: dict[str, Candidate] = {}
        self.candidates = tuple(
            self.describe(ref)
            for ref in sorted(self._windows)
            if ref.partition("/")[0] in policy.providers and self._offered(ref)
        )

    def known(self, ref: str) -> bool:
        """Tell whether the host names this model anywhere."""
        return split_profile(ref)[0] in self._windows

    def describe(self, ref: str) -> Candidate:
        """Describe any model, one of the pool or not."""
        if ref not in self._described:
            self._described[ref] = self._describe(ref)
        return self._described[ref]

    def _describe(self, ref: str) -> Candidate:
        name = ref.partition("/")[0]
        provider = self._policy.providers.get(name)
        model = self._catalog.find(split_profile(ref)[0])
        return Candidate(
            ref=ref,
            provider=name,
            tier=provider.tier if provider else None,
            priority=provider.priority if provider else 0,
            price=self._price(split_profile(ref)[0], model),
            scores=model.scores if model else {},
            context=self._windows.get(split_profile(ref)[0]) or (model.context_window if model else None),
            blocked=self._blocked.get(split_profile(ref)[0]),
            passing=split_profile(ref)[0] in self._passing,
        )

    def _price(self, ref: str, model: CatalogModel | None) -> Decimal | None:
        """Return the price that the host states for this model, else the catalog's.

        A stated 0 is what configurations hold where nobody knew; only an owner's server is really free.
        """
        input_, output = self._costs.get(ref, (Decimal(0), Decimal(0)))
        if input_ or output:
            return CatalogModel(ref, price_input=input_, price_output=output).blended_price()
        return model.blended_price() if model else None

    def _offered(self, ref: str) -> bool:
        """Keep to the models that the owner lists for a local server, where he lists any."""
        provider, _, model = ref.partition("/")
        local = self._policy.providers[provider].local
        return local is None or not local.models or model in local.models


def _windows(host: HostFacts) -> dict[str, int | None]:
    """Return each known model's usable context; of two that are told the smaller one holds for sure."""
    found: dict[str, int | None] = {}
    for ref, window in _known(host):
        told = [size for size in (found.get(ref), window) if size is not None]
        found[ref] = min(told, default=None)
    return found


def _known(host: HostFacts) -> Iterator[tuple[str, int | None]]:
    """Yield refs with usable context: of the configuration, then as the gateway lists them."""
    yield from configured_models(host.config)
    for model in host.models:
        yield model.ref, model.context_window


def configured_models(config: Mapping[str, Json]) -> Iterator[tuple[str, int | None]]:
    """Yield ref and context window of every model that `openclaw.json` names under `models` and as an alias."""
    defaults = _object(_object(config.get("agents")).get("defaults"))
    for ref in _object(defaults.get("models")):
        if "*" not in ref and "/" in ref:
            yield ref, None
    for provider, entry in _object(_object(config.get("models")).get("providers")).items():
        models = _object(entry).get("models")
        for model in models if isinstance(models, list | tuple) else ():
            fields = _object(model)
            if not fields.get("id"):
                continue
            window = fields.get("contextTokens") or fields.get("contextWindow")
            yield f"{provider}/{fields.get('id')}", window if isinstance(window, int) else None


def _costs(config: Mapping[str, Json]) -> Iterator[tuple[str, tuple[Decimal, Decimal]]]:
    """Yield ref and USD per million input and output tokens of the models whose cost `openclaw.json` states."""
    for provider, entry in _object(_object(config.get("models")).get("providers")).items():
        models = _object(entry).get("models")
        for model in models if isinstance(models, list | tuple) else ():
            cost = _object(_object(model).get("cost"))
            prices = [_money(cost.get(name)) for name in ("input", "output")]
            if prices[0] is not None and prices[1] is not None:
                yield f"{provider}/{_object(model).get('id')}", (prices[0], prices[1])


def _money(value: Json) -> Decimal | None:
    told = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    price = Decimal(str(value)) if told else None
    return price if price is not None and price.is_finite() and price >= 0 else None


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
