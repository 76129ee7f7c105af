from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from reconciler.assign.local import LocalServers, Standing
from reconciler.catalog.model import Catalog, CatalogModel
from reconciler.facts.model import Facts, HostFacts
from reconciler.jsontypes import Json
from reconciler.openclaw.refs import split_profile
from reconciler.policy.document import Tier
from reconciler.policy.model import Policy
from reconciler.servers.names import plain_names


_THOUSANDTH = Decimal("0.001")


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

    def __init__(self, policy: Policy, facts: Facts, catalog: Catalog) -> None:
        host = facts.host
        self._policy = policy
        self._local = LocalServers(policy, facts.servers)
        self._catalog = catalog
        self._windows = {**dict.fromkeys(self._local.refs()), **_windows(host)}
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
        plain = split_profile(ref)[0]
        model = self._find(plain, local=provider is not None and provider.tier == "local")
        standing = self._local.standing(plain)
        return Candidate(
            ref=ref,
            provider=name,
            tier=provider.tier if provider else None,
            priority=provider.priority if provider else 0,
            price=self._price(plain, model),
            scores=self._scores(plain, model, standing),
            context=self._context(plain, model, standing),
            blocked=self._blocked.get(plain) or (standing.blocked if standing else None),
            passing=plain in self._passing if plain in self._blocked else bool(standing and standing.passing),
        )

    def _price(self, ref: str, model: CatalogModel | None) -> Decimal | None:
        """Return the price that the host states for this model, else the catalog's.

        A stated 0 is what configurations hold where nobody knew; only an owner's server is really free.
        """
        input_, output = self._costs.get(ref, (Decimal(0), Decimal(0)))
        if input_ or output:
            return CatalogModel(ref, price_input=input_, price_output=output).blended_price()
        return model.blended_price() if model else None

    def _find(self, ref: str, *, local: bool) -> CatalogModel | None:
        """Look a model up by its name; local ones carry their quantization and file type in theirs."""
        if (found := self._catalog.find(ref)) or not local:
            return found
        names = plain_names(ref.partition("/")[2])
        return next(filter(None, (self._catalog.find(name) for name in names)), None)

    def _scores(
        self, ref: str, model: CatalogModel | None, standing: Standing | None
    ) -> Mapping[str, Decimal]:
        """Return the scores less what quantization takes; the owner's own numbers are of the model as it is."""
        scores = model.scores if model else {}
        if standing is None or standing.quality is None:
            return scores
        own = (
            {kind for kind, score in self._policy.models[ref].scores if score is not None}
            if ref in self._policy.models
            else set()
        )
        return {
            kind: score if kind in own else (score * standing.quality).quantize(_THOUSANDTH)
            for kind, score in scores.items()
        }

    def _context(self, ref: str, model: CatalogModel | None, standing: Standing | None) -> int | None:
        """Return the usable context: no more than the server has now, and than the host believes."""
        window, given = self._windows.get(ref), standing.context if standing else None
        if standing and standing.adjustable and window:
            given = None
        told = [size for size in (window, given) if size]
        return min(told, default=None) or (model.context_window if model else None)

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
