from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from reconciler.assign.cost import Load, run_cost, verbosity
from reconciler.assign.local import LocalServers, Standing
from reconciler.assign.own import repriced
from reconciler.catalog.model import Catalog, CatalogModel
from reconciler.facts.model import Facts, HostFacts
from reconciler.jsontypes import Json
from reconciler.kinds import KINDS
from reconciler.openclaw.refs import split_profile
from reconciler.policy.document import Tier
from reconciler.policy.model import Policy
from reconciler.servers.names import plain_names


_THOUSANDTH = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that could stand in a slot; what is not known of it is None or absent.

    *context* is in tokens, *scores* are 0 to 1 by task kind, *confidence* how sure each of them is that is not
    the owner's own; *model* has the prices, those that the host states in front; *inputs* is what it takes, text
    and image, empty where nobody says; *tools* is false where the host says that it cannot use any. *blocked* is
    the host's or the server's word on why it cannot be used now, *passing* that it will be over by itself.
    """

    ref: str
    provider: str
    tier: Tier | None
    priority: int
    model: CatalogModel | None
    scores: Mapping[str, Decimal]
    context: int | None
    blocked: str | None = None
    passing: bool = False
    confidence: Mapping[str, Decimal] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    tools: bool = True

    @property
    def local(self) -> bool:
        return self.tier == "local"

    @property
    def verbosity(self) -> Decimal:
        """How much it writes for the same task; 1 is usual."""
        return verbosity(self.model)

    def cost(self, load: Load) -> Decimal | None:
        """Return USD for a run at list prices, None where they are not known."""
        return run_cost(self.model, load)


class Pool:
    """The models of the policy's providers that the host knows, and a description of any other."""

    def __init__(self, policy: Policy, facts: Facts, catalog: Catalog) -> None:
        host = facts.host
        self._policy = policy
        self._catalog = catalog
        self._today = facts.taken_at.date()
        self._local = LocalServers(policy, facts.servers)
        self._windows = {**dict.fromkeys(self._local.refs()), **_windows(host)}
        self._costs = dict(_costs(host.config))
        self._inputs = dict(_inputs(host.config))
        self._without_tools = {
            ref
            for ref, model in _rows(host.config)
            if _object(model.get("compat")).get("supportsTools") is False
        }
        self._blocked = {
            model.ref: model.reason or "the host says it is unavailable"
            for model in host.models
            if model.available is False
        }
        self._passing = {model.ref for model in host.models if model.passing}
        self._described: dict[tuple[str, str | None], Candidate] = {}
        self._offers = tuple(
            ref
            for ref in sorted(self._windows)
            if ref.partition("/")[0] in policy.providers and self._offered(ref)
        )
        self._candidates: dict[str | None, tuple[Candidate, ...]] = {}

    def candidates(self, thinking: str | None = None) -> tuple[Candidate, ...]:
        """Return the models that may be chosen, as they are at this thinking level."""
        if thinking not in self._candidates:
            self._candidates[thinking] = tuple(self.describe(ref, thinking) for ref in self._offers)
        return self._candidates[thinking]

    def known(self, ref: str) -> bool:
        """Tell whether the host names this model anywhere."""
        return split_profile(ref)[0] in self._windows

    def describe(self, ref: str, thinking: str | None = None) -> Candidate:
        """Describe any model, one of the pool or not."""
        if (ref, thinking) not in self._described:
            self._described[ref, thinking] = self._describe(ref, thinking)
        return self._described[ref, thinking]

    def _describe(self, ref: str, thinking: str | None) -> Candidate:
        name, bare = ref.partition("/")[0], split_profile(ref)[0]
        own = self._policy.models.get(bare)
        provider = self._policy.providers.get(name)
        listed = self._find(bare, local=provider is not None and provider.tier == "local")
        model = self._priced(bare, listed.at(thinking) if listed else None)
        standing = self._local.standing(bare)
        return Candidate(
            ref=ref,
            provider=name,
            tier=provider.tier if provider else None,
            priority=provider.priority if provider else 0,
            model=model,
            scores=self._scores(bare, model, standing),
            context=self._context(bare, model, standing),
            blocked=self._blocked.get(bare) or (standing.blocked if standing else None),
            passing=bare in self._passing if bare in self._blocked else bool(standing and standing.passing),
            confidence=self._confidence(model) if model else {},
            inputs=(own and own.input) or self._inputs.get(bare) or (model.modalities if model else ()),
            tools=bare not in self._without_tools,
        )

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
        """Return the usable context: no more than the server has now, and than the host and the policy say."""
        window, given = self._windows.get(ref), standing.context if standing else None
        if standing and standing.adjustable and window:
            given = None
        own = self._policy.models.get(ref)
        told = [size for size in (window, given, own.context if own else None) if size]
        return min(told, default=None) or (model.context_window if model else None)

    def _priced(self, ref: str, model: CatalogModel | None) -> CatalogModel | None:
        """Put the prices that the host states in front of the catalog's, and the policy's in front of both.

        A stated 0 is what configurations hold where nobody knew; only an owner's server is really free.
        """
        stated = {name: price for name, price in self._costs.get(ref, {}).items() if price}
        if not stated.keys() & {"input", "output"}:
            return model
        priced = replace(
            model or CatalogModel(ref),
            price_input=stated.get("input", Decimal(0)),
            price_output=stated.get("output", Decimal(0)),
            price_cache_read=stated.get("cacheRead"),
            price_cache_write=stated.get("cacheWrite"),
            tiers=(),
        )
        own = self._policy.models.get(ref)
        return repriced(own, priced) if own else priced

    def _confidence(self, model: CatalogModel) -> Mapping[str, Decimal]:
        return {
            kind: model.numbers[kind].confidence_on(self._today)
            for kind in KINDS
            if kind in model.numbers and kind not in model.own
        }

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
    for ref, model in _rows(config):
        if model.get("id"):
            window = model.get("contextTokens") or model.get("contextWindow")
            yield ref, window if isinstance(window, int) else None


def _rows(config: Mapping[str, Json]) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Yield ref and settings of the models that `openclaw.json` describes."""
    for provider, entry in _object(_object(config.get("models")).get("providers")).items():
        models = _object(entry).get("models")
        for model in models if isinstance(models, list | tuple) else ():
            yield f"{provider}/{_object(model).get('id')}", _object(model)


def _costs(config: Mapping[str, Json]) -> Iterator[tuple[str, dict[str, Decimal]]]:
    """Yield ref and USD per million tokens, by input, output and cache, of the models whose cost is stated."""
    for ref, model in _rows(config):
        cost = _object(model.get("cost"))
        prices = {name: _money(cost.get(name)) for name in ("input", "output", "cacheRead", "cacheWrite")}
        if prices["input"] is not None and prices["output"] is not None:
            yield ref, {name: price for name, price in prices.items() if price is not None}


def _inputs(config: Mapping[str, Json]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield ref and what it takes, text and image, of the models of which the owner says so."""
    for ref, model in _rows(config):
        told = model.get("input")
        if isinstance(told, list | tuple) and told:
            yield ref, tuple(str(each) for each in told)


def _money(value: Json) -> Decimal | None:
    told = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    price = Decimal(str(value)) if told else None
    return price if price is not None and price.is_finite() and price >= 0 else None


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
